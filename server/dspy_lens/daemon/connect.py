"""How pump and terminal reach the daemon of a root, starting it where none lives: standard library only."""

import contextlib
import fcntl
import json
import os
import signal
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dspy_lens import __version__
from dspy_lens.daemon.frames import frame
from dspy_lens.paths import Paths

HELLO_SECONDS = 5.0  # that a living daemon may take to answer a hello
LEAVING_SECONDS = 15.0  # that it may take to go once it said that it would
TRIES = 3


class NoDaemon(Exception):
    """No daemon could be reached or started; the text says why and what to do."""


class Living(NamedTuple):
    """What daemon.json says about the process that holds the lock."""

    pid: int
    version: str
    token: str
    socket: str
    started: float


class Caller(NamedTuple):
    """Who attaches, with what workers may use later: environment (keys included) and current folder."""

    kind: str  # editor | terminal
    environment: Mapping[str, str]
    folder: str
    version: str = __version__


def here(kind: str, version: str = __version__) -> Caller:
    """This process as a caller."""
    return Caller(kind, dict(os.environ), str(Path.cwd()), version)


def connect(paths: Paths, version: str = __version__) -> socket.socket:
    """A connection for the terminal: attached with this process's environment and folder."""
    return attach(paths, here("terminal", version))


def attach(paths: Paths, caller: Caller) -> socket.socket:
    """A connection on which LSP can be spoken; the daemon is started, or replaced by a newer, on the way."""
    if (connection := _greet(paths, caller)) is not None:
        return connection
    # Imported only where a daemon must be started: every other window is attached without it.
    from dspy_lens.daemon.launch import launch

    try:
        paths.make()
    except OSError as error:
        raise NoDaemon(
            f"The state folder {paths.state} cannot be made ({error.strerror}). Name another: DSPY_LENS_STATE."
        ) from error
    said = ""
    with _start_lock(paths):
        for _ in range(TRIES):
            if (connection := _greet(paths, caller)) is not None:
                return connection
            _see_off(paths)
            if said := launch(paths):
                break
    raise NoDaemon(f"The daemon did not start{f': {said}' if said else ''}. Look into {paths.log}.")


def living(paths: Paths) -> Living | None:
    """What daemon.json says; None when it is missing or not readable. It may have died since."""
    try:
        return Living(**json.loads(paths.daemon.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def status(paths: Paths) -> dict[str, Any] | None:
    """What the living daemon says about itself; None when there is none."""
    if (there := living(paths)) is None or (connection := _connect(there)) is None:
        return None
    with connection:
        reply = _hello(connection, {"ask": "status", "token": there.token})
    return reply if reply and "error" not in reply else None


def stop(paths: Paths) -> bool:
    """Ends the daemon, whose runs go on without it; False when there was none."""
    with _start_lock(paths) if paths.state.exists() else contextlib.nullcontext():
        if status(paths) is None and not is_held(paths):
            return False
        _retire(paths)
        return True


def is_held(paths: Paths) -> bool:
    """Whether some process holds the daemon's lock, which is the truth about a daemon being there."""
    try:
        with paths.lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def older(version: str, than: str) -> bool:
    """Whether `version` comes before `than`; parts that are not numbers count as 0."""
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(it) if it.isdigit() else 0 for it in version.split("."))


def _greet(paths: Paths, caller: Caller) -> socket.socket | None:
    """An accepted connection; None when nobody answers, or one that is older than the caller."""
    there = living(paths)
    if there is None or older(there.version, caller.version):
        return None
    if (connection := _connect(there)) is None:
        return None
    reply = _hello(connection, {"ask": "session", "token": there.token, **caller._asdict()})
    if reply is None or "error" in reply:
        connection.close()
        return None
    connection.settimeout(None)
    return connection


def _see_off(paths: Paths) -> None:
    """Makes way for a new daemon: whoever still holds the lock is older, going, or hangs."""
    if is_held(paths):
        _retire(paths)


def _retire(paths: Paths) -> None:
    """Asks the daemon to go and waits until it has; one that does not answer is killed."""
    there = living(paths)
    if there is None:
        # It holds the lock but has not said where it listens: it is on its way in or out, and its
        # successor waits for the lock.
        return
    if (connection := _connect(there)) is not None:
        with connection:
            if _hello(connection, {"ask": "retire", "token": there.token}) and _is_gone(connection):
                return
    if is_held(paths) and living(paths) == there:
        with contextlib.suppress(ProcessLookupError):
            os.kill(there.pid, signal.SIGKILL)


def _is_gone(connection: socket.socket) -> bool:
    """Waits for the end of the daemon, which keeps this connection open until then."""
    connection.settimeout(LEAVING_SECONDS)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def _connect(there: Living) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(HELLO_SECONDS)
    try:
        connection.connect(there.socket)
    except OSError:
        connection.close()
        return None
    return connection


def _hello(connection: socket.socket, hello: dict[str, Any]) -> dict[str, Any] | None:
    """The daemon's answer to a hello; None when it went or hangs."""
    try:
        connection.sendall(frame(hello))
        line = bytearray()
        # Byte by byte, since all that follows the line belongs to LSP.
        while not line.endswith(b"\n"):
            if not (byte := connection.recv(1)):
                return None
            line += byte
        reply = json.loads(line)
    except (OSError, ValueError):
        return None
    return reply if isinstance(reply, dict) else None


@contextlib.contextmanager
def _start_lock(paths: Paths) -> Iterator[None]:
    """One starter at a time; the others find its daemon when they look again."""
    with paths.start_lock.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
