"""What a worker does when its folder has no room."""

import json
from pathlib import Path

import pytest

from dspy_lens_worker.events import Writer
from dspy_lens_worker.messages import CANDIDATE, EVENTS, Log
from dspy_lens_worker.redact import Redactor
from support.full_disk import no_file_beyond


def messages(folder: Path) -> list[str]:
    return [json.loads(it)["message"] for it in (folder / EVENTS).read_text().splitlines()]


def test_events_that_a_full_disk_refused_are_whole_and_in_order_once_there_is_room(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "r1", Redactor({}))
    refused: list[OSError] = []
    writer.on_refusal = refused.append
    writer.event(Log, message="first")
    with no_file_beyond((tmp_path / EVENTS).stat().st_size + 20):
        writer.event(Log, message="second")
        writer.event(Log, message="third")
        assert messages(tmp_path) == ["first"]
    assert len(refused) == 2
    writer.event(Log, message="fourth")
    assert messages(tmp_path) == ["first", "second", "third", "fourth"]


def test_an_end_that_cannot_be_told_is_no_end(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "r1", Redactor({}))
    with no_file_beyond(20), pytest.raises(OSError, match="no room"):
        writer.last_event(Log, message="the end")
    assert (tmp_path / EVENTS).read_bytes() == b""


def test_a_file_that_does_not_fit_leaves_the_one_before_it_and_nothing_else(tmp_path: Path) -> None:
    writer = Writer(tmp_path, "r1", Redactor({}))
    writer.candidate({"trial": 1})
    with no_file_beyond(20), pytest.raises(OSError):
        writer.candidate({"trial": 2, "instructions": "Be exact. " * 1000})
    assert json.loads((tmp_path / CANDIDATE).read_text()) == {"trial": 1}
    assert {it.name for it in tmp_path.iterdir()} == {CANDIDATE, EVENTS}
