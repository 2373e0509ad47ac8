"""The place of a daemon: the lock that only one process can hold, and the socket that only its owner can reach."""

import contextlib
import fcntl
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

from dspy_lens.paths import private_folder

LOCK_SECONDS = 20  # that a predecessor may take to leave
BACKLOG = 128


@contextlib.contextmanager
def hold(path: Path) -> Iterator[None]:
    """Holds the daemon's lock; waits for a predecessor that is leaving, but not for ever."""
    with path.open("ab") as file:
        signal.signal(signal.SIGALRM, _gave_up)
        signal.alarm(LOCK_SECONDS)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        finally:
            signal.alarm(0)
        yield


def _gave_up(number: int, where: object) -> None:
    raise TimeoutError("another daemon of this root does not leave; stop it with `dspy-lens daemon stop`")


def listen(path: Path) -> socket.socket:
    """A listening socket that only its owner can reach."""
    private_folder(path.parent)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(BACKLOG)
    return listener
