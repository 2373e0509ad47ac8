"""Choosing a target's examples among files that no rule takes: what is offered, and the link as an edit."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from dspy_lens.cli.edits import changes_of
from support.lens_client import Editor, Home
from support.terminal import SIGNATURE

Window = Callable[..., Awaitable[Editor]]
TABLE = "id,text,label\n1,What a day!,glad\n2,Oh no.,sad\n"
PRACTICE = 'model = "offline"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    files = {"mood.py": SIGNATURE.lstrip(), "dspy-lens.toml": PRACTICE, "data/export.csv": TABLE}
    return Home.make(tmp_path, files)


def taken(editor: Editor) -> dict[str, str]:
    """What the newest edit makes of the files that it is about; it is written, as an editor that saves would."""
    changes = changes_of(plain(editor.edits[-1]))
    for it in changes:
        it.write()
    return {it.path.relative_to(editor.home.root).as_posix(): it.after for it in changes}


def plain(edit: types.WorkspaceEdit) -> dict[str, Any]:
    from pygls.protocol import default_converter

    converter = default_converter()  # type: ignore[no-untyped-call]
    unstructured: dict[str, Any] = converter.unstructure(edit)
    return unstructured


async def test_the_lens_leads_to_the_files_that_may_fit(home: Home, window: Window) -> None:
    editor = await window()
    editor.open("mood.py")
    assert await editor.lenses("mood.py") == {
        5: "⇄ Choose the examples of this signature | no examples · export.csv may fit"
    }
    first, second = await editor.code_lenses("mood.py")
    assert first.command
    assert second.command
    assert {first.command.command, second.command.command} == {"dspyLens.chooseExamples"}
    hover = await editor.hover("mood.py", 5)
    assert hover
    assert "may fit: `data/export.csv`, `sentence ← text, mood ← label`" in hover


async def test_the_files_are_shown_with_their_mapped_columns(home: Home, window: Window) -> None:
    editor = await window()
    answer = await editor.request("dspyLens/matches", {"target": "Mood"})
    assert answer["target"] == "mood:Mood"
    assert answer["matches"] == [
        {
            "source": "data/export.csv",
            "rule": None,
            "why": "other names",
            "fits": True,
            "rows": 2,
            "map": {"sentence": "text", "mood": "label"},
            "columns": [
                {"field": "sentence", "column": "text", "values": ["What a day!", "Oh no."]},
                {"field": "mood", "column": "label", "values": ["glad", "sad"]},
            ],
            "lacking": [],
            "text": "2 records · other names",
            "detail": "sentence ← text: What a day! · mood ← label: glad",
        }
    ]


async def test_the_choice_is_written_into_the_settings_and_holds(home: Home, window: Window) -> None:
    editor = await window()
    assert (await editor.command("chooseExamples", target="Mood"))["refused"]["reason"] == "declined"
    editor.answers = ["data/export.csv · sentence ← text, mood ← label"]
    answer = await editor.command("chooseExamples", target="Mood")
    assert answer == {
        "target": "mood:Mood",
        "source": "data/export.csv",
        "map": {"sentence": "text", "mood": "label"},
        "path": "dspy-lens.toml",
    }
    link = '[target."mood:Mood"]\nexamples = "data/export.csv"\nmap = { sentence = "text", mood = "label" }\n'
    assert taken(editor) == {"dspy-lens.toml": f"{PRACTICE}\n{link}"}
    editor.open("mood.py")
    assert "2 examples" in await editor.until_lens("mood.py", lambda it: "2 examples" in it)


async def test_another_choice_takes_the_place_of_the_first(home: Home, window: Window) -> None:
    home.write("more.csv", "sentence,mood\nHi,glad\n")
    home.write(
        "dspy-lens.toml",
        '[target."mood:Mood"]\nexamples = "data/export.csv" # old\nmap = { mood = "label" }\n',
    )
    editor = await window()
    matches = (await editor.request("dspyLens/matches", {"target": "Mood"}))["matches"]
    assert [(it["source"], it["rule"]) for it in matches] == [
        ("data/export.csv", "settings"),
        ("more.csv", None),
    ]
    await editor.command("chooseExamples", target="Mood", source="more.csv")
    assert taken(editor) == {"dspy-lens.toml": '[target."mood:Mood"]\nexamples = "more.csv" # old\n'}


async def test_where_the_comment_names_examples_the_comment_is_changed(home: Home, window: Window) -> None:
    commented = SIGNATURE.lstrip().replace(
        "class Mood", "# dspy-lens: examples=old.csv metric=exact\nclass Mood"
    )
    home.write("mood.py", commented)
    editor = await window()
    editor.open("mood.py")
    answer = await editor.command("chooseExamples", target="Mood", source="data/export.csv")
    assert answer["path"] == "mood.py"
    (text,) = taken(editor).values()
    assert (
        "\n# dspy-lens: examples=data/export.csv map=text:sentence,label:mood metric=exact\nclass Mood"
        in text
    )


async def test_a_settings_file_that_is_not_there_is_made_by_the_same_edit(home: Home, window: Window) -> None:
    (home.root / "dspy-lens.toml").unlink()
    editor = await window()
    await editor.command("chooseExamples", target="Mood", source="data/export.csv", map={"sentence": "text"})
    (made,) = taken(editor).values()
    assert made == '[target."mood:Mood"]\nexamples = "data/export.csv"\nmap = { sentence = "text" }\n'


async def test_what_cannot_be_linked_says_what_to_do(home: Home, window: Window) -> None:
    editor = await window()
    missing = await editor.command("chooseExamples", target="Mood", source="no.csv")
    assert missing["refused"] == {
        "reason": "missing",
        "message": "There is no file no.csv. Name one of the repository.",
    }
    home.write("dspy-lens.toml", 'target = { "mood:Mood" = { metric = "exact" } }\n')
    inline = await editor.command("chooseExamples", target="Mood", source="data/export.csv")
    assert inline["refused"]["message"].startswith(
        "dspy-lens.toml cannot be edited line by line. Write this into it"
    )
    (home.root / "data/export.csv").unlink()
    nothing = await editor.command("chooseExamples", target="Mood")
    assert nothing["refused"]["message"].startswith("No file here has columns for Mood.")
