"""Commands: each takes one object, works with none by asking, and says why it does not."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from dspy_lens.lsp.commands import COMMANDS
from support.lens_client import Editor, Home
from support.pythons import make_python

Window = Callable[..., Awaitable[Editor]]
TWO = """
    import dspy


    class First(dspy.Signature):
        question: str = dspy.InputField()
        answer: bool = dspy.OutputField()


    class Second(dspy.Signature):
        text: str = dspy.InputField()
        label: bool = dspy.OutputField()
    """


def reason(answer: Any) -> str:
    return str(answer["refused"]["reason"])


def spy(home: Home) -> Path:
    """An interpreter of the repository that leaves a trace when anybody starts it."""
    trace = home.base / "started"
    python = home.write(".venv/bin/python", f"#!/bin/sh\ntouch {trace}\nexit 1\n")
    python.chmod(0o755)
    return trace


async def test_an_untrusted_workspace_runs_nothing(home: Home, window: Window) -> None:
    trace = spy(home)
    editor = await window()
    editor.open("app.py")
    assert await editor.lenses("app.py")
    await editor.hover("app.py", 5)
    editor.save("app.py")
    await editor.request("dspyLens/estimate", {"target": "QA"})
    assert reason(await editor.command("preview", target="QA")) == "untrusted"
    assert reason(await editor.command("optimize", target="QA")) == "declined"
    assert "trust" in editor.questions[0].message
    assert await editor.command("rerunStale") == {"runs": [], "left_out": []}
    assert not trace.exists()
    await editor.command("trust")
    await editor.command("doctor")
    assert trace.exists()


async def test_a_restricted_window_runs_nothing_though_another_one_trusts_the_folder(window: Window) -> None:
    await window(trusted=True)
    restricted = await window(client="vscode", trusted=False)
    assert reason(await restricted.command("optimize", target="QA")) == "untrusted"
    assert restricted.questions == []


async def test_a_run_is_made_of_saved_files_only(window: Window) -> None:
    editor = await window(trusted=True)
    editor.open("app.py")
    editor.change("app.py", editor.texts["app.py"] + "\n# more\n")
    answer = await editor.command("optimize", target="QA")
    assert reason(answer) == "unsaved"
    assert answer["refused"]["message"] == "app.py has unsaved changes. Save and try again."


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ({"target": "Nothing"}, "missing"),
        ({"target": "QA", "cap": -1}, "used"),
        ({"target": "QA", "colour": "red"}, "used"),
        ({"target": "QA", "optimizer": "nothing"}, "used"),
        ({"target": "QA", "parameters": {"nothing": 1}}, "used"),
    ],
)
async def test_what_cannot_be_planned_is_refused_with_a_reason(
    window: Window, argument: dict[str, Any], expected: str
) -> None:
    editor = await window(client="vscode")
    answer = await editor.command("optimize", **argument)
    assert reason(answer) == expected
    assert answer["refused"]["message"]
    assert editor.client.messages == []


async def test_a_client_that_shows_no_refusals_is_told_by_message(window: Window) -> None:
    editor = await window("neovim@v0.10")
    answer = await editor.command("show", target="QA")
    assert [it.message for it in editor.client.messages] == [answer["refused"]["message"]]


async def test_without_a_target_the_user_is_asked_the_open_file_first(home: Home, window: Window) -> None:
    home.write("a_first.py", TWO)
    editor = await window()
    editor.open("app.py")
    assert reason(await editor.command("evaluate")) == "declined"
    offered = [it.title for it in editor.questions[0].actions or ()]
    assert offered == ["app:QA", "a_first:First", "a_first:Second"]


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"dspyLens.createExamples", "dspyLens.createMetric"}))
async def test_every_command_answers_without_an_argument_when_nobody_answers_questions(
    window: Window, name: str
) -> None:
    editor = await window("neovim@v0.10")
    answer = await editor.command(name.partition(".")[2])
    assert isinstance(answer, dict)


async def test_examples_are_created_beside_the_target_and_found(home: Home, window: Window) -> None:
    home.write("new/task.py", TWO)
    editor = await window()
    editor.open("new/task.py")
    assert "＋ Create examples" in (await editor.lenses("new/task.py"))[10]
    answer = await editor.command("createExamples", target="Second")
    assert answer == {"target": "new.task:Second", "path": "new/evals/second.jsonl", "created": True}
    wanted = "✎ Write examples for this signature | 10 records to be written"
    assert await editor.until_lens("new/task.py", lambda it: wanted in it)
    assert (await editor.command("createExamples", target="Second"))["created"] is False


async def test_nothing_is_created_outside_of_the_root(home: Home, window: Window) -> None:
    editor = await window()
    for path in ("../outside.jsonl", str(home.base / "outside.jsonl")):
        assert reason(await editor.command("createExamples", target="QA", path=path)) == "used"
    assert not (home.base / "outside.jsonl").exists()


async def test_a_metric_is_created_with_the_targets_fields(home: Home, window: Window) -> None:
    editor = await window()
    editor.open("app.py")
    answer = await editor.command("createMetric", target="QA")
    assert answer["path"] == "qa_metric.py"
    assert "def qa_metric(example, prediction" in (home.root / "qa_metric.py").read_text()
    assert answer["joined"] is True
    change = editor.edits[0].document_changes
    assert change is not None
    assert isinstance(change[0], types.TextDocumentEdit)
    edit = change[0].edits[0]
    assert isinstance(edit, types.TextEdit | types.AnnotatedTextEdit)
    assert edit.new_text == "# dspy-lens: metric=qa_metric:qa_metric\n"
    assert (edit.range.start, edit.range.end) == (types.Position(4, 0), types.Position(4, 0))
    editor.change("app.py", editor.texts["app.py"].replace("class QA", edit.new_text + "class QA"))
    assert "40 examples · qa_metric:qa_metric" in (await editor.lenses("app.py"))[6]


async def test_the_examples_of_a_target_are_opened(home: Home, window: Window) -> None:
    editor = await window("neovim@v0.11")
    answer = await editor.command("openExamples", target="QA")
    assert answer["path"] == "qa.jsonl"
    if answer["opened"]:
        assert editor.client.shown_documents[0].uri == editor.uri("qa.jsonl")


async def test_going_over_the_budget_is_asked_and_a_general_yes_does_not_mean_it(
    home: Home, window: Window
) -> None:
    model = 'model = "openai/gpt-4o"\nbudget = { dollars = 0.0001 }\n'
    home.write("dspy-lens.toml", f'{model}interpreter = "{sys.executable}"\n')
    editor = await window(trusted=True)
    wanted = {"target": "QA", "optimizer": "bootstrap_rs"}
    editor.answers = ["Use it"]
    assert reason(await editor.command("optimize", **wanted)) == "declined"
    assert "Start over budget" in [it.title for it in editor.questions[-1].actions or ()]
    assert "The budget has $0.0001 left" in editor.questions[-1].message
    assert reason(await editor.command("optimize", **wanted, yes=True)) == "budget"


async def test_the_doctor_names_the_key_and_the_package_that_are_missing(home: Home, window: Window) -> None:
    python = make_python(home.root / ".venv", dspy="3.4.1", pydantic="2.11")
    home.write("dspy-lens.toml", 'model = "groq/gemma2-9b-it"\noptimizer = "miprov2"\n')
    editor = await window(trusted=True)
    checks = {it["name"]: it for it in (await editor.command("doctor"))["checks"]}
    assert checks["packages"]["message"].endswith(f"Install it: {python} -m pip install optuna")
    assert checks["key"]["message"].startswith("dspy-lens.toml:1: groq/gemma2-9b-it needs a key.")
    assert [checks[it]["ok"] for it in ("packages", "key")] == [False, False]
