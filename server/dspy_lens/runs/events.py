"""Reading a run's event file, which user code may have written into as well."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from dspy_lens_worker.messages import EVENT, AnyEvent, Finished

CHUNK = 256 * 1024
LONGEST = 4 * 1024 * 1024
LARGEST = 2**53  # what JSON readers and SQLite both hold exactly


@dataclass(frozen=True, slots=True)
class Place:
    """How far an event file was read: the offset behind the last complete line, and the last sequence.

    `dropped` counts the bad lines since that last event.
    """

    offset: int = 0
    sequence: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that were read together, and the place behind them.

    `offset` is the place behind the last event, where reading can be taken up again by somebody who
    does not know how many bad lines came after it.
    """

    events: tuple[AnyEvent, ...]
    place: Place
    offset: int

    @property
    def finished(self) -> Finished | None:
        return next((it for it in self.events if isinstance(it, Finished)), None)


def read_batch(path: Path, run: str, place: Place) -> Batch:
    """The next complete lines after a place, as far as they are events of this run.

    Bad lines are dropped. A sequence must follow the one before: it may only skip as many numbers as
    lines were dropped in between, so that a forged one cannot run ahead and silence what follows.
    """
    data, end = read_lines(path, place.offset)
    events: list[AnyEvent] = []
    sequence, dropped = place.sequence, place.dropped
    position = behind = place.offset
    for line in data.split(b"\n")[:-1]:
        position += len(line) + 1
        event = parse(line)
        if event is None or event.run != run or not sequence < event.sequence <= sequence + 1 + dropped:
            dropped += 1
            continue
        events.append(event)
        sequence, dropped, behind = event.sequence, 0, position
        if isinstance(event, Finished):
            break  # Nothing that comes after it counts.
    return Batch(tuple(events), Place(end, sequence, dropped), behind)


def all_events(path: Path, run: str) -> Iterator[AnyEvent]:
    """Every event of a run so far."""
    place = Place()
    while True:
        batch = read_batch(path, run, place)
        yield from batch.events
        if batch.place.offset == place.offset or batch.finished:
            return
        place = batch.place


def read_lines(path: Path, offset: int) -> tuple[bytes, int]:
    """Complete lines from an offset on, some 256 KiB of them, and the offset behind them.

    A line beyond 4 MiB is no event: it is passed over in pieces.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(CHUNK)
            if len(data) == CHUNK and b"\n" not in data:
                data += file.read(LONGEST - CHUNK)
    except FileNotFoundError:
        return b"", offset
    end = data.rfind(b"\n") + 1
    if end == 0 and len(data) == LONGEST:
        return b"", offset + len(data)
    return data[:end], offset + end


def parse(line: bytes) -> AnyEvent | None:
    """The event in a line; None where there is none, or one with a number that nobody can hold."""
    try:
        if not sound(json.loads(line)):
            return None
        return EVENT.validate_json(line)
    except (ValueError, ValidationError, RecursionError):
        return None


def sound(value: object) -> bool:
    """Whether every number is finite and of a size that stays exact."""
    match value:
        case bool() | str() | None:
            return True
        case int():
            return abs(value) <= LARGEST
        case float():
            return math.isfinite(value)
        case list():
            return all(sound(it) for it in value)
        case dict():
            return all(sound(it) for it in value.values())
        case _:
            return False
