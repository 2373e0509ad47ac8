"""The warm measurer process, as its one owner sees it."""

import asyncio
import contextlib
from pathlib import Path

from pydantic import ValidationError

from dspy_lens_worker.messages import WORKER, MeasureReply, MeasureRequest

LINE_LIMIT = 16 * 1024 * 1024


class MeasurerFailed(Exception):
    """The measurer did not answer: no such interpreter, no DSPy in it, a crash, or too slow."""


class Measurer:
    """Measures prompts in the user's interpreter. Starts when first asked, and stays warm until it is idle.

    One request is answered at a time. A process that crashed or was too slow is replaced by the next request.
    """

    def __init__(self, interpreter: Path, *, deadline: float = 30.0, idle: float = 300.0) -> None:
        self._interpreter = interpreter
        self._deadline = deadline
        self._idle = idle
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._leave: asyncio.TimerHandle | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._left = asyncio.Event()
        self._last = 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def measure(self, request: MeasureRequest) -> MeasureReply:
        """The reply; its `error` says what could not be measured. Raises MeasurerFailed."""
        async with self._turn:
            self._stay()
            self._last += 1
            numbered = request.model_copy(update={"id": self._last})
            try:
                async with asyncio.timeout(self._deadline):
                    return await self._asked(numbered)
            except TimeoutError:
                await self._end()
                raise MeasurerFailed(f"The measurer took longer than {self._deadline:g} seconds.") from None
            except (OSError, ValueError) as error:
                await self._end()
                raise MeasurerFailed(f"{self._interpreter} cannot measure: {error}.") from error
            except BaseException:
                # A request that was given up leaves its answer in the pipe: the process is of no more use.
                await self._end()
                raise
            finally:
                self._leave_when_idle()

    async def gone(self) -> None:
        """Returns once the process has left, because it was idle or closed."""
        await self._left.wait()

    async def close(self) -> None:
        self._stay()
        if self._leaving is not None:
            await self._leaving
        async with self._turn:
            self._stay()
            await self._end()

    async def _asked(self, request: MeasureRequest) -> MeasureReply:
        process = self._process if self.running else None
        if process is None:
            await self._end()
            process = self._process = await self._start()
            self._left.clear()
        assert process.stdin is not None
        assert process.stdout is not None
        # One that has ended already says so by the end of its output.
        with contextlib.suppress(ConnectionError):
            process.stdin.write(request.model_dump_json().encode() + b"\n")
            await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            raise ValueError(f"it ended with code {await process.wait()}")
        try:
            return MeasureReply.model_validate_json(line)
        except ValidationError as error:
            raise ValueError("it gave no readable answer") from error

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            self._interpreter, WORKER, "--measure",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LINE_LIMIT,
            start_new_session=True,
        )  # fmt: skip

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()
            with contextlib.suppress(OSError):
                await process.stdin.wait_closed()
        self._left.set()

    def _stay(self) -> None:
        if self._leave is not None:
            self._leave.cancel()
            self._leave = None

    def _leave_when_idle(self) -> None:
        self._stay()
        self._leave = asyncio.get_running_loop().call_later(self._idle, self._start_leaving)

    def _start_leaving(self) -> None:
        self._leave = None
        self._leaving = asyncio.create_task(self._end_unless_asked())

    async def _end_unless_asked(self) -> None:
        async with self._turn:
            if self._leave is None:
                await self._end()
