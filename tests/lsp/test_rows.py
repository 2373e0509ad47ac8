"""Example files in a window: what stands at their records, on hover, and at their top."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from lsprotocol import types

from support.html import read
from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]
LINES = 40
HELD_OUT = 12


@pytest.fixture
async def editor(home: Home, window: Window) -> Editor:
    """A window that shows the examples of a signature which was optimized."""
    editor = await window(trusted=True)
    editor.open("qa.jsonl")
    return editor


async def optimized(editor: Editor) -> dict[str, Any]:
    started = await editor.command("optimize", target="app:QA", optimizer="labeled")
    finished = await editor.finished(started["run"])
    assert finished["state"] == "succeeded", finished
    return finished


async def hints(editor: Editor, path: str = "qa.jsonl", last: int = LINES) -> dict[int, str]:
    """The marks by line, which counts from 1: what stands before a record and behind it."""
    wanted = types.Range(types.Position(0, 0), types.Position(last, 0))
    found = await editor.client.text_document_inlay_hint_async(
        types.InlayHintParams(types.TextDocumentIdentifier(editor.uri(path)), wanted)
    )
    marks: dict[int, str] = {}
    for it in found or ():
        line = it.position.line + 1
        marks[line] = f"{marks[line]} {it.label}" if line in marks else str(it.label)
    return marks


async def held_out(editor: Editor, run: str) -> dict[int, dict[str, Any]]:
    """What the best program answered, by the line of the record."""
    document = await editor.request("dspyLens/run", {"run": run})
    return {it["row"] + 1: it for it in document["held_out"] if it["program"] == "best"}


async def test_held_out_records_are_marked_and_no_others(editor: Editor) -> None:
    assert await hints(editor) == {}
    finished = await optimized(editor)
    known = await held_out(editor, finished["run"])
    assert len(known) == HELD_OUT
    wanted = {
        line: f"{'✓' if it['score'] else '✗'} → {str(it['answer']['answer']).lower()}"
        for line, it in known.items()
    }
    assert await hints(editor) == wanted
    first = min(wanted)
    assert await hints(editor, last=first - 1) == {first: wanted[first]}


async def test_hovering_a_record_shows_the_answers(editor: Editor) -> None:
    finished = await optimized(editor)
    known = await held_out(editor, finished["run"])
    for line in range(1, LINES + 1):
        text = await editor.hover("qa.jsonl", line)
        assert (text is not None) == (line in known)
    text = await editor.hover("qa.jsonl", next(iter(known)))
    assert text is not None
    assert "by `QA` (practice model), held out" in text
    assert "| expected | answered | before |" in text


async def test_an_edited_record_loses_its_mark_and_one_that_moved_keeps_it(editor: Editor) -> None:
    finished = await optimized(editor)
    marks = await hints(editor)
    line = min(await held_out(editor, finished["run"]))
    lines = editor.texts["qa.jsonl"].splitlines()
    lines[line - 1] = lines[line - 1].replace("even", "odd")
    editor.change("qa.jsonl", "\n".join(["", *lines, ""]))
    assert await hints(editor) == {at + 1: it for at, it in marks.items() if at != line}
    assert await editor.hover("qa.jsonl", line + 1) is None


async def test_the_top_says_for_which_target_the_file_is_and_evaluates_it(editor: Editor) -> None:
    before = await editor.lenses("qa.jsonl")
    assert before == {1: "Examples of QA · 40 examples · no answers yet | ▶ Evaluate QA"}
    _, evaluate = await editor.code_lenses("qa.jsonl")
    assert evaluate.command is not None
    given: Any = evaluate.command.arguments
    (argument,) = given
    started = await editor.command(evaluate.command.command.removeprefix("dspyLens."), **argument)
    await editor.finished(started["run"])
    (text,) = (await editor.lenses("qa.jsonl")).values()
    assert re.fullmatch(
        r"Examples of QA · 40 examples · \d+ of 12 held-out right \(practice model\) \| ▶ Evaluate QA", text
    )
    assert len(await hints(editor)) == HELD_OUT


async def test_a_table_is_marked_too_and_several_targets_are_named(home: Home, window: Window) -> None:
    again = (home.root / "app.py").read_text().replace("QA", "Same")
    home.write("same.py", f"{again}\n")
    rows = "".join(f"Is {it} even?,{'true' if it % 2 == 0 else 'false'}\n" for it in range(LINES))
    home.write("qa.csv", f"question,answer\n{rows}")
    (home.root / "qa.jsonl").unlink()
    editor = await window(trusted=True)
    editor.open("qa.csv")
    finished = await optimized(editor)
    marks = await hints(editor, "qa.csv")
    assert {*marks} == {line + 1 for line in await held_out(editor, finished["run"])}
    assert all(re.fullmatch(r"[✓✗] → (true|false)", it) for it in marks.values())
    started = await editor.command("evaluate", target="same:Same")
    await editor.finished(started["run"])
    assert all(
        re.fullmatch(r"[✓✗] QA → \w+ [✓✗] Same → \w+", it) for it in (await hints(editor, "qa.csv")).values()
    )


async def test_files_that_serve_no_target_say_nothing(home: Home, window: Window) -> None:
    home.write("other.jsonl", '{"colour": "red"}\n')
    editor = await window()
    editor.open("other.jsonl")
    assert await editor.lenses("other.jsonl") == {}
    assert await hints(editor, "other.jsonl") == {}
    assert await editor.hover("other.jsonl", 1) is None
    editor.open("app.py")
    assert await hints(editor, "app.py") == {}


async def test_a_run_is_told_with_its_estimate_and_what_the_instructions_were_and_as_a_page(
    editor: Editor,
) -> None:
    finished = await optimized(editor)
    document = await editor.request("dspyLens/run", {"run": finished["run"]})
    assert document["before"] == {"self": "Answer the question."}
    assert document["estimate"]["optimizer"] == "labeled"
    answer = await editor.request("dspyLens/page", {"run": finished["run"]})
    assert answer["run"] == finished["run"]
    assert read(answer["html"]).one("h1").text == "QA app"
    missing = await editor.request("dspyLens/page", {"run": "nothing"})
    assert missing["refused"]["reason"] == "missing"
