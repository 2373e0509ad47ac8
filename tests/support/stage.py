"""Where scripted workers are told what to do."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("scripted_worker.py")
DEADLINE = 20.0


class Actor:
    """One scripted worker that has come to the stage."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hello: dict[str, Any]
    ) -> None:
        self.run: str = hello["run"]
        self.pid: int = hello["pid"]
        self.environment: dict[str, str] = hello["environment"]
        self._writer = writer
        self._answers: asyncio.Queue[Any] = asyncio.Queue()
        self._signals: asyncio.Queue[int] = asyncio.Queue()
        self._left = asyncio.Event()
        self.listening = asyncio.create_task(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            message = json.loads(line)
            if "signal" in message:
                self._signals.put_nowait(message["signal"])
            else:
                self._answers.put_nowait(message["done"])
        self._left.set()

    async def do(self, **order: Any) -> Any:
        """Has the worker do one thing, and returns when it is done."""
        self.begin(**order)
        async with asyncio.timeout(DEADLINE):
            return await self._answers.get()

    def begin(self, **order: Any) -> None:
        self._writer.write(json.dumps(order).encode() + b"\n")

    async def events(self, *events: Any) -> None:
        """Appends events to the run's file, all in one write."""
        await self.do(append="".join(it.model_dump_json() + "\n" for it in events))

    async def exit(self, code: int = 0) -> None:
        self.begin(exit=code)
        await self.left()

    async def signalled(self) -> int:
        """The next signal that the worker got and did not die of."""
        async with asyncio.timeout(DEADLINE):
            return await self._signals.get()

    async def left(self) -> None:
        """Returns when the worker's end of the socket is closed."""
        async with asyncio.timeout(DEADLINE):
            await self._left.wait()


class Stage:
    """Waits for scripted workers and hands them out in the order in which they come."""

    def __init__(self, path: Path) -> None:
        self.environment = {"STAGE": str(path), "PATH": "/usr/bin:/bin"}
        self._actors: asyncio.Queue[Actor] = asyncio.Queue()
        self.all: list[tuple[Actor, asyncio.StreamWriter]] = []

    async def greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = json.loads(await reader.readline())
        actor = Actor(reader, writer, hello)
        self.all.append((actor, writer))
        self._actors.put_nowait(actor)

    async def actor(self) -> Actor:
        async with asyncio.timeout(DEADLINE):
            return await self._actors.get()

    @property
    def empty(self) -> bool:
        """Whether no worker has come that was not handed out."""
        return self._actors.empty()


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    """A stage; at its end every worker's socket closes, which ends the worker."""
    # Not below pytest's folder: the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="stage-"))
    it = Stage(folder / "socket")
    server = await asyncio.start_unix_server(it.greet, folder / "socket", limit=2**22)
    try:
        yield it
    finally:
        for actor, writer in it.all:
            writer.close()
            actor.listening.cancel()
            await asyncio.gather(actor.listening, return_exceptions=True)
        server.close()
        await server.wait_closed()
        await asyncio.to_thread(shutil.rmtree, folder)
