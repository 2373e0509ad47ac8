"""The daemon of one root: holds the lock, listens, and gives each caller a session.

Started by `launch`. The lock is the truth: a process that has it is the daemon, whatever daemon.json says.
"""

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dspy_lens import __version__
from dspy_lens.daemon.frames import LONGEST_LINE
from dspy_lens.paths import Paths, private_folder

if TYPE_CHECKING:
    from dspy_lens.daemon.hello import Hello
    from dspy_lens.workspace import Workspace

log = logging.getLogger("dspy_lens.daemon")
LOCK_SECONDS = 20  # that a predecessor may take to leave
BACKLOG = 128


def main(argv: list[str]) -> int:
    """Serves until it is told to leave or nobody needs it."""
    paths = Paths.of(Path(argv[0]))
    with os.fdopen(int(argv[1]), "wb", 0) as ready:
        try:
            paths.make()
            private_folder(paths.state)
            with hold(paths.lock):
                paths.daemon.unlink(missing_ok=True)
                _serve(paths, ready.fileno())
        except Exception as error:
            log.exception("The daemon could not go on.")
            with contextlib.suppress(OSError, ValueError):
                ready.write(f"{type(error).__name__}: {error}".encode())
            return 1
    return 0


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


def _serve(paths: Paths, ready: int) -> None:
    # Imported only now, so that whoever loses the race for the lock has not paid for it.
    from dspy_lens.daemon.log import set_up

    set_up()
    asyncio.run(serve(paths, ready))


async def serve(paths: Paths, ready: int) -> None:
    """Opens the workspace, listens, and serves until told to leave."""
    from dspy_lens.workspace import Workspace

    async with Workspace.open(paths, __version__) as workspace:
        daemon = Daemon(workspace, paths)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, daemon.leave)
        await daemon.run(ready)


class Daemon:
    """One workspace and the sessions that share it."""

    def __init__(self, workspace: "Workspace", paths: Paths) -> None:
        from dspy_lens.daemon.life import Life, idle_seconds

        self._workspace = workspace
        self._paths = paths
        self._token = secrets.token_hex(16)
        self._started = time.time()
        self._leaving = asyncio.Event()
        self._life = Life(workspace, self.leave, idle_seconds())
        self._connections: set[asyncio.Task[None]] = set()

    def leave(self) -> None:
        self._leaving.set()

    async def run(self, ready: int) -> None:
        """Listens, says so, and serves until it is to leave; takes its files with it."""
        listener = listen(self._paths.socket)
        server = await asyncio.start_unix_server(self._accept, sock=listener, limit=LONGEST_LINE)
        unsubscribe = self._workspace.subscribe(lambda _: self._life.look_again())
        try:
            self._write_down()
            os.write(ready, b"ready")
            os.close(os.dup2(os.open(os.devnull, os.O_WRONLY), ready))
            self._life.begin()
            log.info("Listening for %s.", self._paths.root)
            await self._leaving.wait()
        finally:
            unsubscribe()
            self._life.end()
            server.close()
            for path in (self._paths.daemon, self._paths.socket):
                path.unlink(missing_ok=True)
            await self._hang_up()
            log.info("Leaving.")

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._connected(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from dspy_lens.daemon.hello import read_hello, reply

        hello = await read_hello(reader, self._token)
        if hello is None:
            reply(writer, error="token")
        elif hello.ask == "status":
            reply(writer, **self._status())
        elif hello.ask == "retire":
            # The caller reads on until the end of this process closes the connection.
            log.info("Asked to retire.")
            reply(writer, version=__version__)
            self.leave()
            return
        else:
            await self._session(hello, reader, writer)
        await _close(writer)

    async def _session(
        self, hello: "Hello", reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from dspy_lens.daemon.hello import reply
        from dspy_lens.daemon.sessions import speak
        from dspy_lens.lsp.server import lens_server

        with self._life.session():
            reply(writer, version=__version__, pid=os.getpid())
            try:
                server = lens_server(self._workspace, hello.environment, hello.folder, __version__)
                await speak(server, reader, writer)
            except Exception:
                log.exception("A session failed; the others go on.")

    def _status(self) -> dict[str, object]:
        return {
            "pid": os.getpid(),
            "version": __version__,
            "root": str(self._paths.root),
            "started": self._started,
            "sessions": self._life.sessions,
            "runs": [it.id for it in self._workspace.running],
            "log": str(self._paths.log),
        }

    def _write_down(self) -> None:
        """Writes daemon.json, owner-only and in one step, now that the socket listens."""
        said = {
            "pid": os.getpid(),
            "version": __version__,
            "token": self._token,
            "socket": str(self._paths.socket),
            "started": self._started,
        }
        new = self._paths.daemon.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(said, file)
        new.replace(self._paths.daemon)

    async def _hang_up(self) -> None:
        for connection in tuple(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
