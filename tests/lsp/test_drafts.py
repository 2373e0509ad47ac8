"""Drafts of examples in the editor: asked for with their price, written as unreviewed, reviewed by a quick fix."""

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from lsprotocol import types

from support.lens_client import Editor, Home
from support.terminal import SIGNATURE

Window = Callable[..., Awaitable[Editor]]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    settings = f'model = "offline"\ninterpreter = "{sys.executable}"\n'
    return Home.make(tmp_path, {"mood.py": SIGNATURE.lstrip(), "dspy-lens.toml": settings})


async def actions(editor: Editor, path: str, line: int) -> list[types.CodeAction]:
    place = types.Position(line - 1, 2)
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(editor.uri(path)),
        types.Range(place, place),
        types.CodeActionContext([]),
    )
    found = await editor.client.text_document_code_action_async(params)
    return [it for it in found or () if isinstance(it, types.CodeAction)]


async def test_drafts_are_offered_priced_made_and_reviewed(home: Home, window: Window) -> None:
    editor = await window("neovim@v0.10", trusted=True)
    editor.open("mood.py")
    (offered,) = [it for it in await actions(editor, "mood.py", 5) if "drafts" in it.title]
    assert offered.title == "Create examples: ask the model for 10 drafts…"
    assert offered.command is not None
    (argument,) = offered.command.arguments or ()
    assert argument == {"target": "mood:Mood", "drafts": 10}

    assert (await editor.command("createExamples", **argument))["refused"]["reason"] == "declined"
    assert editor.questions[-1].message.startswith("10 drafts of examples for Mood are asked for (est.")
    editor.answers = ["Start", "Use it"]
    started = await editor.command("createExamples", **argument)
    assert started["path"] == "evals/mood.jsonl"
    await editor.until(lambda: any("to be reviewed" in it.message for it in editor.client.messages))
    lens = "✎ Review examples for this signature |"
    assert "drafts to be reviewed" in await editor.until_lens("mood.py", lambda it: lens in it)

    editor.open("evals/mood.jsonl")
    text = editor.texts["evals/mood.jsonl"]
    one, every = [it for it in await actions(editor, "evals/mood.jsonl", 1) if "Reviewed" in it.title]
    assert one.title == "Reviewed: use this draft as an example"
    reviewed = after(text, one)
    assert "_reviewed" not in json.loads(reviewed.splitlines()[0])
    assert reviewed.count("_reviewed") == text.count("_reviewed") - 1
    home.write("evals/mood.jsonl", after(text, every))
    assert "_reviewed" not in after(text, every)
    wanted = f"no score yet · {len(text.splitlines())} examples"
    assert await editor.until_lens("mood.py", lambda it: wanted in it)


async def test_a_restricted_window_is_offered_no_drafts(window: Window) -> None:
    editor = await window(client="vscode", trusted=False)
    editor.open("mood.py")
    assert [it for it in await actions(editor, "mood.py", 5) if "drafts" in it.title] == []
    answer = await editor.command("createExamples", target="Mood", drafts=3)
    assert answer["refused"]["reason"] == "untrusted"


async def test_a_count_that_makes_no_sense_is_refused(window: Window) -> None:
    editor = await window(trusted=True)
    for drafts in (0, 101, "many"):
        answer = await editor.command("createExamples", target="Mood", drafts=drafts)
        assert answer["refused"]["reason"] == "used"


def after(text: str, action: types.CodeAction) -> str:
    """The text that the edits of an action make."""
    lines = text.split("\n")
    changes = action.edit.document_changes if action.edit else None
    whole = action.edit.changes if action.edit else None
    edits = [it for each in (whole or {}).values() for it in each]
    for change in changes or ():
        assert isinstance(change, types.TextDocumentEdit)
        edits += [it for it in change.edits if isinstance(it, types.TextEdit)]
    for it in edits:
        start, end = it.range.start, it.range.end
        assert start.line == end.line
        line = lines[start.line]
        lines[start.line] = line[: start.character] + it.new_text + line[end.character :]
    return "\n".join(lines)
