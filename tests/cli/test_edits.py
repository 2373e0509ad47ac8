"""Edits that the daemon sends, as the terminal makes them."""

from pathlib import Path

import pytest

from dspy_lens.cli.edits import Change, changes_of, edited
from dspy_lens.cli.errors import Ended


def edit(start: tuple[int, int], end: tuple[int, int], new: str) -> dict[str, object]:
    return {
        "range": {
            "start": {"line": start[0], "character": start[1]},
            "end": {"line": end[0], "character": end[1]},
        },
        "newText": new,
    }


def test_columns_count_utf16_units() -> None:
    assert edited("a = '🦜 no'\n", [edit((0, 8), (0, 10), "yes")]) == "a = '🦜 yes'\n"


def test_several_edits_mean_the_text_as_it_was() -> None:
    text = "one\r\ntwo\r\nthree\r\n"
    assert edited(text, [edit((0, 0), (0, 3), "1"), edit((2, 0), (2, 5), "3")]) == "1\r\ntwo\r\n3\r\n"


def test_an_edit_past_the_end_appends() -> None:
    assert edited("x", [edit((9, 0), (9, 0), "\ny")]) == "x\ny"


def test_a_new_file_is_created_with_its_text(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "ä.json"
    (change,) = changes_of(
        {
            "documentChanges": [
                {"kind": "create", "uri": path.as_uri()},
                {
                    "textDocument": {"uri": path.as_uri(), "version": None},
                    "edits": [edit((0, 0), (0, 0), "{}\n")],
                },
            ]
        }
    )
    assert change.before is None
    change.write()
    assert path.read_text() == "{}\n"


def test_an_edit_that_changes_nothing_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "same.py"
    path.write_text("x = 1\n")
    assert changes_of({"changes": {path.as_uri(): [edit((0, 0), (0, 1), "x")]}}) == ()


def test_what_cannot_be_written_is_said_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "evals").write_text("a file where the folder should be")
    with pytest.raises(Ended, match=r"evals/qa.jsonl cannot be written: File exists. Make it writable."):
        Change(tmp_path / "evals" / "qa.jsonl", None, "{}\n").write()
