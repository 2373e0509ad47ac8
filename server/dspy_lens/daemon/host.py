"""The daemon at work: listens, gives each caller a session, and leaves when it is told to or not needed."""

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import time
from pathlib import Path

from dspy_lens import __version__
from dspy_lens.daemon.frames import LONGEST_LINE
from dspy_lens.daemon.hello import Hello, read_hello, reply
from dspy_lens.daemon.life import Life, idle_seconds
from dspy_lens.daemon.place import listen
from dspy_lens.daemon.sessions import speak
from dspy_lens.lsp.server import lens_server
from dspy_lens.paths import Paths
from dspy_lens.workspace import Workspace

log = logging.getLogger(__name__)


async def serve(paths: Paths, ready: int) -> None:
    """Opens the workspace, listens, and serves until told to leave."""
    async with Workspace.open(paths, __version__) as workspace:
        daemon = Daemon(workspace, paths)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, daemon.leave)
        await daemon.run(ready)


def say_ready(ready: int) -> None:
    """Tells the starter, and lets go of its pipe; the descriptor stays valid for its owner to close."""
    os.write(ready, b"ready")
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), ready, inheritable=False)


class Daemon:
    """One workspace and the sessions that share it."""

    def __init__(self, workspace: Workspace, paths: Paths) -> None:
        self._workspace = workspace
        self._paths = paths
        self._token = secrets.token_hex(16)
        self._started = time.time()
        self._leaving = asyncio.Event()
        self._life = Life(workspace, self.leave, idle_seconds())
        self._connections: set[asyncio.Task[None]] = set()
        self._told_to_leave: list[asyncio.StreamWriter] = []

    def leave(self) -> None:
        self._leaving.set()

    async def run(self, ready: int) -> None:
        """Listens, says so, and serves until it is to leave; takes its files with it."""
        listener = listen(self._paths.socket)
        server = await asyncio.start_unix_server(self._accept, sock=listener, limit=LONGEST_LINE)
        unsubscribe = self._workspace.subscribe(lambda _: self._life.look_again())
        try:
            self._write_down()
            say_ready(ready)
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
        hello = await read_hello(reader, self._token)
        if hello is None:
            reply(writer, error="token")
        elif hello.ask == "status":
            reply(writer, **self._status())
        elif hello.ask == "retire":
            # Kept open: the caller reads on until the end of this process closes it.
            self._told_to_leave.append(writer)
            log.info("Asked to retire.")
            reply(writer, version=__version__)
            self.leave()
            return
        else:
            await self._session(hello, reader, writer)
        await _close(writer)

    async def _session(
        self, hello: Hello, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
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
