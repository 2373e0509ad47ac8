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
