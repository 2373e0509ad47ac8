"""The run folder as the worker writes it: events appended one line at a time, other files replaced whole."""

import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dspy_lens_worker.messages import (
    BASELINE,
    CANDIDATE,
    EVENTS,
    HELD_OUT,
    MODULE,
    PROGRAM,
    PROMPTS,
    Event,
    HeldOut,
    Log,
    Message,
    Prompt,
)
from dspy_lens_worker.redact import Redactor

FULL = "The run's folder has no room for how it ended"

E = TypeVar("E", bound=Event)


class Writer:
    """Appends events and replaces files of one run folder, with keys taken out. Safe from any thread."""

    def __init__(self, folder: Path, run: str, redactor: Redactor) -> None:
        self.folder = folder
        self.run = run
        self.redactor = redactor
        self._lock = threading.RLock()
        self._closed = False
        self._refused = b""
        self.on_refusal: Callable[[OSError], None] = lambda _: None
        """Told when an event cannot be written."""
        events = folder / EVENTS
        self._sequence = repair(events)
        self._file = os.open(events, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def event(self, kind: type[E], **fields: Any) -> None:
        """Appends one event. After the last one nothing is written any more.

        One that a full disk refuses is told to `on_refusal`, and written with the next one that is not.
        """
        with self._lock:
            if self._closed:
                return
            self._sequence += 1
            event = kind(run=self.run, sequence=self._sequence, at=time.time(), **fields)
            self._say(self._line(event.model_dump(mode="json")))

    def last_event(self, kind: type[E], **fields: Any) -> bool:
        """Appends the event that ends the run; False when another thread has already ended it.

        Raises OSError when there is no room for it.
        """
        with self._lock:
            if self._closed:
                return False
            self.event(kind, **fields)
            self._closed = True
            if self._refused:
                raise OSError(errno.ENOSPC, FULL)
            os.fsync(self._file)
            return True

    def _say(self, line: bytes) -> None:
        """Appends a line, after those that a full disk refused before; they wait in memory until there is room."""
        lines = self._refused + line
        try:
            # One write for each line: a reader never sees half of one but after a crash.
            if (written := os.write(self._file, lines)) < len(lines):
                os.ftruncate(self._file, os.fstat(self._file).st_size - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._refused = lines
            self.on_refusal(error)
        else:
            self._refused = b""

    def log(self, message: str, level: str = "info") -> None:
        self.event(Log, message=message, level=level)

    def held_out(self, rows: Iterable[HeldOut]) -> None:
        self._append(HELD_OUT, rows)

    def prompts(self, prompts: Iterable[Prompt]) -> None:
        self._append(PROMPTS, prompts)

    def baseline(self, state: Mapping[str, Any]) -> None:
        self._replace(BASELINE, state)

    def candidate(self, state: Mapping[str, Any]) -> None:
        self._replace(CANDIDATE, state)

    def program(self, state: Mapping[str, Any]) -> Path:
        return self._replace(PROGRAM, state)

    def module(self, text: str) -> Path:
        """The Python file beside the program."""
        return self._replace_text(MODULE, self.redactor.text(text))

    def _append(self, name: str, messages: Iterable[Message]) -> None:
        lines = b"".join(self._line(it.model_dump(mode="json")) for it in messages)
        file = os.open(self.folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(lines)

    def _replace(self, name: str, content: Mapping[str, Any]) -> Path:
        text = json.dumps(self.redactor.value(content), ensure_ascii=False, indent=2, default=str)
        return self._replace_text(name, text + "\n")

    def _replace_text(self, name: str, text: str) -> Path:
        path, new = self.folder / name, self.folder / f".{name}.{threading.get_ident()}"
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(text)
            new.replace(path)
        except OSError:
            new.unlink(missing_ok=True)
            raise
        return path

    def _line(self, content: Any) -> bytes:
        text = json.dumps(self.redactor.value(content), ensure_ascii=False, allow_nan=False, default=str)
        return text.encode("utf-8", "replace") + b"\n"


def repair(events: Path) -> int:
    """The last sequence number of an earlier attempt at this run; a torn last line is ended."""
    if not events.exists():
        return 0
    content = events.read_bytes()
    if content and not content.endswith(b"\n"):
        with events.open("ab") as out:
            out.write(b"\n")
    return max((sequence(line) for line in content.splitlines()), default=0)


def sequence(line: bytes) -> int:
    try:
        return int(json.loads(line)["sequence"])
    except (ValueError, KeyError, TypeError):
        return 0
