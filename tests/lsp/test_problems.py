"""What is wrong is shown where it is wrong, and taken back when it is not any more."""

from collections.abc import Awaitable, Callable

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]


def messages(editor: Editor, path: str) -> list[str]:
    return [it.message for it in editor.client.diagnostics.get(editor.uri(path), ())]


async def test_a_broken_example_file_is_shown_at_its_line_although_it_is_not_open(
    home: Home, window: Window
) -> None:
    home.write("qa.jsonl", '{"question": "1?", "answer": true}\n{"question": oops\n')
    editor = await window()
    editor.open("app.py")
    await editor.until(lambda: messages(editor, "qa.jsonl"))
    assert editor.client.diagnostics[editor.uri("qa.jsonl")][0].range.start.line == 1


async def test_a_mistake_in_the_settings_is_shown_and_taken_back(home: Home, window: Window) -> None:
    home.write("dspy-lens.toml", 'model = "offline"\nthreads = "many"\n')
    editor = await window()
    editor.open("app.py")
    await editor.until(lambda: messages(editor, "dspy-lens.toml"))
    home.write("dspy-lens.toml", 'model = "offline"\n')
    await editor.until(lambda: not messages(editor, "dspy-lens.toml"))


async def test_a_file_without_problems_says_nothing(window: Window) -> None:
    editor = await window()
    editor.open("app.py")
    await editor.lenses("app.py")
    assert not any(editor.client.diagnostics.values())


async def test_an_exported_program_that_no_longer_fits_is_told_at_its_target(
    home: Home, window: Window
) -> None:
    editor = await window(trusted=True)
    editor.open("app.py")
    started = await editor.command("optimize", target="QA", optimizer="labeled")
    assert (await editor.finished(started["run"]))["state"] == "succeeded"
    answer = await editor.command("export", run=started["run"])
    assert answer["path"].endswith("/optimized/QA.json")
    assert not messages(editor, "app.py")
    editor.change(
        "app.py",
        editor.texts["app.py"].replace("answer: bool", "sure: bool = dspy.OutputField()\n    answer: bool"),
    )
    await editor.until(lambda: messages(editor, "app.py"))
    (found,) = (it for it in messages(editor, "app.py") if "optimized/QA.json" in it)
    assert "no longer fits" in found
    assert "would mix up the fields" in found
    editor.change("app.py", editor.texts["app.py"].replace("sure: bool = dspy.OutputField()\n    ", ""))
    await editor.until(lambda: not any("optimized" in it for it in messages(editor, "app.py")))
