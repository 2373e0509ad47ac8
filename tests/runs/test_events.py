"""Reading event files that user code may have written into."""

from pathlib import Path

import pytest

from dspy_lens.runs.events import Batch, Place, all_events, read_batch
from dspy_lens_worker.messages import Event
from support.recipes import finished, started, trial


def lines(*items: Event | str) -> bytes:
    texts = (it if isinstance(it, str) else it.model_dump_json() for it in items)
    return "".join(it + "\n" for it in texts).encode()


def check_read(path: Path, *items: Event | str) -> list[int]:
    """The sequences that are believed."""
    path.write_bytes(lines(*items))
    return [it.sequence for it in all_events(path, "r1")]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_a_run_without_events_has_none(path: Path) -> None:
    assert read_batch(path, "r1", Place()) == Batch((), Place(), 0)


def test_a_line_counts_only_when_it_is_complete(path: Path) -> None:
    whole = lines(started(1), trial(2, 1, 0.5))
    path.write_bytes(whole[:-9])
    first = read_batch(path, "r1", Place())
    assert [it.sequence for it in first.events] == [1]
    path.write_bytes(whole)
    second = read_batch(path, "r1", first.place)
    assert [it.sequence for it in second.events] == [2]
    assert second.place.offset == second.offset == len(whole)


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "Traceback (most recent call last):",
        '{"event": "trial"}',
        '{"event": "unheard of", "run": "r1", "sequence": 2, "at": 1}',
        "[" * 100_000,
        "\x00\ufffe\r\r",
    ],
)
def test_a_bad_line_is_dropped_and_the_others_stay(path: Path, garbage: str) -> None:
    assert check_read(path, started(1), garbage, trial(2, 1, 0.5), garbage, finished(3)) == [1, 2, 3]


@pytest.mark.parametrize("score", ["NaN", "Infinity", "1e999", "1" + "0" * 400, "true-ish"])
def test_a_score_that_is_no_number_is_dropped(path: Path, score: str) -> None:
    bad = trial(2, 1, 0.5).model_dump_json().replace('"score":0.5', f'"score":{score}')
    assert check_read(path, started(1), bad, finished(3)) == [1, 3]


def test_an_event_that_was_lost_to_garbage_does_not_silence_the_next(path: Path) -> None:
    torn = trial(2, 1, 0.5).model_dump_json()[:40] + "printed by a thread"
    assert check_read(path, started(1), torn, trial(3, 2, 0.5), finished(4)) == [1, 3, 4]


def test_a_forged_sequence_cannot_run_ahead(path: Path) -> None:
    assert check_read(path, started(1), trial(10**9, 1, 1.0), trial(2, 1, 0.5), finished(3)) == [1, 2, 3]


def test_a_sequence_that_goes_back_is_dropped(path: Path) -> None:
    assert check_read(
        path, started(1), trial(2, 1, 0.5), trial(1, 9, 1.0), trial(2, 9, 1.0), finished(3)
    ) == [1, 2, 3]


def test_events_of_another_run_are_dropped(path: Path) -> None:
    assert check_read(path, started(1), finished(2, run="r2"), finished(2)) == [1, 2]


def test_nothing_counts_after_the_end(path: Path) -> None:
    assert check_read(path, started(1), finished(2), finished(3, state="failed")) == [1, 2]


def test_a_line_of_twenty_megabytes_is_passed_over(path: Path) -> None:
    assert check_read(path, started(1), "x" * 20_000_000, trial(2, 1, 0.5), finished(3)) == [1, 2, 3]


def test_reading_can_be_taken_up_behind_any_event(path: Path) -> None:
    path.write_bytes(lines(started(1), "bad", "bad", trial(4, 1, 0.5), "bad", finished(6)))
    path.write_bytes(lines(started(1), "bad", "bad"))
    first = read_batch(path, "r1", Place())
    path.write_bytes(lines(started(1), "bad", "bad", trial(4, 1, 0.5), "bad", finished(6)))
    # As after a restart: only offset and sequence are known.
    again = read_batch(path, "r1", Place(first.offset, 1))
    assert [it.sequence for it in again.events] == [4, 6]


def test_ten_thousand_events_come_in_batches(path: Path) -> None:
    path.write_bytes(lines(*(trial(it, it, 0.5) for it in range(1, 10_001))))
    assert len(read_batch(path, "r1", Place()).events) < 5_000
    assert [it.sequence for it in all_events(path, "r1")] == list(range(1, 10_001))
