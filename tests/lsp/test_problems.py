"""What is wrong is shown where it is wrong, and taken back when it is not any more."""

import re
from collections.abc import Awaitable, Callable

import pytest

from support.lens_client import Editor, Home
from support.pythons import install, make_python

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


COMPILES = '''
    import dspy
    from data import train


    class QA(dspy.Signature):
        """Answer the question."""

        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()


    optimizer = dspy.MIPROv2(metric=None, auto="light")
    better = optimizer.compile(dspy.Predict(QA), trainset=train)
    '''


@pytest.mark.parametrize(
    ("settings", "source", "place"),
    [
        ('optimizer = "miprov2"', None, ("dspy-lens.toml", 2)),
        ('[target."app:QA"]\noptimizer = { name = "miprov2", auto = "light" }', None, ("dspy-lens.toml", 3)),
        ("", COMPILES, ("app.py", 13)),
    ],
)
async def test_a_package_that_the_optimizer_needs_is_told_where_it_is_chosen_until_it_is_there(
    home: Home, window: Window, settings: str, source: str | None, place: tuple[str, int]
) -> None:
    environment = home.root / ".venv"
    python = make_python(environment, dspy="3.4.1", pydantic="2.11")
    home.write("dspy-lens.toml", f'model = "offline"\n{settings}\n')
    if source:
        home.write("app.py", source)
    editor = await window(trusted=True)
    editor.open("app.py")
    path, line = place
    (told,) = await editor.until(lambda: editor.client.diagnostics.get(editor.uri(path)))
    assert (told.code, told.range.start.line + 1) == ("optimizer-package", line)
    assert told.message.endswith(
        f"needs optuna, which {python} lacks. Install it: {python} -m pip install optuna"
    )
    assert (await editor.command("install"))["refused"]["fix"] == f"{python} -m pip install optuna"
    install(environment, optuna="5.0")
    editor.change("app.py", editor.texts["app.py"] + "\n")
    await editor.until(lambda: not messages(editor, path))
    assert await editor.command("install") == {"missing": []}


async def test_what_auto_would_take_is_told_at_its_target(home: Home, window: Window) -> None:
    make_python(home.root / ".venv", dspy="3.4.1", pydantic="2.11")
    home.write("qa.jsonl", '{"question": "1?", "answer": true}\n')
    editor = await window(trusted=True)
    editor.open("app.py")
    told = await editor.until(lambda: editor.client.diagnostics.get(editor.uri("app.py")))
    assert [it.code for it in told] == ["optimizer-package"]


ASKS = """
    import dspy

    judge = dspy.Predict("question, answer -> right: bool")


    def score(example, prediction, trace=None):
        return judge(question=example.question, answer=str(prediction.answer)).right
    """


@pytest.mark.parametrize(
    ("model", "metric", "says"),
    [
        (
            "openai/gpt-4o-mini",
            ASKS,
            r"Judging all 40 examples once costs about \$0\.00.*at the price of openai/gpt-4o-mini\.",
        ),
        (
            "openai/gpt-4o-mini",
            ASKS.replace("trace=None):", "trace=None):\n        dspy.LM('openai/o9')"),
            "no price of openai/o9 is.",
        ),
        ("openai/nobody-knows", ASKS, "What that costs is unknown: no price of openai/nobody-knows is."),
        ("offline", ASKS, "The practice model does it for nothing."),
    ],
)
async def test_a_metric_that_asks_a_model_is_told_with_the_price_of_that(
    home: Home, window: Window, model: str, metric: str, says: str
) -> None:
    home.write("judging.py", metric)
    home.write("dspy-lens.toml", f'model = "{model}"\n[target."app:QA"]\nmetric = "judging:score"\n')
    editor = await window(trusted=True)
    editor.open("judging.py")
    priced = re.compile(f"asks a model once for each answer.*{says}")
    await editor.until(lambda: any(priced.search(it) for it in messages(editor, "judging.py")))
    assert len(messages(editor, "judging.py")) == 1
    editor.open("app.py")
    assert priced.search(await editor.hover("app.py", 5) or "")


async def test_a_model_without_a_key_is_told_where_it_is_named(home: Home, window: Window) -> None:
    home.write("dspy-lens.toml", 'model = "offline"\n[target."app:QA"]\nmodel = "groq/gemma2-9b-it"\n')
    editor = await window()
    editor.open("app.py")
    (told,) = await editor.until(lambda: editor.client.diagnostics.get(editor.uri("dspy-lens.toml")))
    assert (told.code, told.range.start.line) == ("settings/key", 2)
    assert "Set GROQ_API_KEY" in told.message
    home.write(".env", "export GROQ_API_KEY=gsk_none\n")
    editor.change("app.py", editor.texts["app.py"] + "\n")
    await editor.until(lambda: not messages(editor, "dspy-lens.toml"))
