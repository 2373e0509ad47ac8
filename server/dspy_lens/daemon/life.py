"""When a daemon leaves: when nobody has needed it for a while. A daemon at rest has at most one timer, for that."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

IDLE_SECONDS = 600.0
FIRST_CLIENT_SECONDS = 30.0  # longer than clients wait between tries, however short the idle time is


class Busy(Protocol):
    @property
    def busy(self) -> bool:
        """Whether runs are going on."""
        ...


def idle_seconds(environment: Mapping[str, str] = os.environ) -> float:
    """How long a daemon stays when nobody needs it; DSPY_LENS_IDLE_SECONDS says otherwise than usual."""
    try:
        return max(0.0, float(environment["DSPY_LENS_IDLE_SECONDS"]))
    except (KeyError, ValueError):
        return IDLE_SECONDS


class Life:
    """Counts sessions; calls `leave` once there has been none, and no run, for `seconds`."""

    def __init__(self, workspace: Busy, leave: Callable[[], None], seconds: float) -> None:
        self._workspace = workspace
        self._leave = leave
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self.sessions = 0

    def begin(self) -> None:
        """Waits for the first client, who may be slow."""
        self._start(max(self._seconds, FIRST_CLIENT_SECONDS))

    @contextmanager
    def session(self) -> Iterator[None]:
        """Keeps the daemon alive for as long as a client is attached."""
        self.sessions += 1
        self.end()
        try:
            yield
        finally:
            self.sessions -= 1
            self.look_again()

    def look_again(self) -> None:
        """Something ended: a session or a run. Starts to wait when it was the last, unless it waits already."""
        if self._timer is None and self.sessions == 0 and not self._workspace.busy:
            self._start(self._seconds)

    def end(self) -> None:
        """Stops waiting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self, seconds: float) -> None:
        self.end()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expired)

    def _expired(self) -> None:
        self._timer = None
        if self.sessions == 0 and not self._workspace.busy:
            self._leave()
