"""A run's folder: the order that went in, what came out, and whether somebody is at work in it."""

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from dspy_lens.runs.events import Batch, Place, all_events, read_batch
from dspy_lens_worker.messages import (
    CANDIDATE,
    EVENTS,
    EXAMPLES,
    HELD_OUT,
    LOCK,
    LOG,
    MODULE,
    ORDER,
    PROGRAM,
    AnyEvent,
    HeldOut,
    Message,
    Order,
    OrderExample,
)

PID = "pid"
LAUNCH = "launch"
PROBE = ".room"
TAIL = 64 * 1024


class RunFolder:
    """One run's folder, by its path; asking creates nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.events = path / EVENTS
        self.program = path / PROGRAM
        self.candidate = path / CANDIDATE
        self.module = path / MODULE
        self.log = path / LOG

    @classmethod
    def create(cls, path: Path, order: Order, examples: Iterable[OrderExample]) -> "RunFolder":
        """An owner-only folder with a complete order: a folder that has an order has its examples too."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        write_whole(path / EXAMPLES, b"".join(line(it) for it in examples))
        write_whole(path / ORDER, line(order))
        return cls(path)

    def order(self) -> Order | None:
        """The order; None where it is missing or cannot be read."""
        try:
            return Order.model_validate_json((self.path / ORDER).read_bytes())
        except (OSError, ValidationError):
            return None

    def read(self, place: Place) -> Batch:
        """The next events after a place."""
        return read_batch(self.events, self.id, place)

    def all_events(self) -> tuple[AnyEvent, ...]:
        return tuple(all_events(self.events, self.id))

    def held_out(self) -> tuple[HeldOut, ...]:
        """What the program answered on held-out examples; bad lines are dropped."""
        try:
            text = (self.path / HELD_OUT).read_bytes()
        except OSError:
            return ()
        return tuple(it for row in text.splitlines() if (it := held_out_from(row)))

    def examples(self) -> tuple[OrderExample, ...]:
        """The examples of the order, by part; none where they cannot be read."""
        try:
            lines = (self.path / EXAMPLES).read_bytes().splitlines()
            return tuple(OrderExample.model_validate_json(it) for it in lines if it.strip())
        except (OSError, ValidationError):
            return ()

    def result(self) -> Path | None:
        """The final state, else the best so far, else None."""
        return next((it for it in (self.program, self.candidate) if it.is_file()), None)

    def log_tail(self) -> str:
        """The end of what the worker printed, 64 KiB at most."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL))
                return file.read(TAIL).decode("utf-8", "replace")
        except OSError:
            return ""

    def refuses_writing(self) -> str | None:
        """What the system says against a new file of some size, as on a full disk; None where there is room."""
        probe = self.path / PROBE
        try:
            probe.write_bytes(bytes(TAIL))
            sync(probe)
        except OSError as error:
            return error.strerror or str(error)
        finally:
            probe.unlink(missing_ok=True)
        return None

    def alive(self) -> bool:
        """Whether a worker has this folder, or is about to.

        The launcher's lock passes to the worker before that takes its own. As long as the first is held
        the second is not touched: trying it for a moment would refuse it to the worker.
        """
        return held(self.path / LAUNCH) or held(self.path / LOCK)

    def was_started(self) -> bool:
        """Whether there ever was a worker, or at least its process."""
        return (self.path / PID).exists() or self.events.exists()

    def pid(self) -> int | None:
        """The worker's process id, written by the worker's process before it became Python."""
        try:
            return int((self.path / PID).read_text())
        except (OSError, ValueError):
            return None


def line(message: Message) -> bytes:
    """A message as one line of JSON. Half a surrogate pair, which no encoding has, becomes `?`."""
    text = json.dumps(message.model_dump(mode="json"), ensure_ascii=False)
    return text.encode("utf-8", "replace") + b"\n"


def held(lock: Path) -> bool:
    """Whether some process holds this lock."""
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def held_out_from(row: bytes) -> HeldOut | None:
    try:
        return HeldOut.model_validate_json(row)
    except ValidationError:
        return None


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file so that it is there in full or not at all, also after a power cut."""
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Returns once a file or folder is on the disk; room that was only promised may be refused now."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
