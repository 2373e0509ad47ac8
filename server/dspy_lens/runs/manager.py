"""The runs of one root: queued, started, followed, cancelled, and found again after a restart."""

import asyncio
import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_lens.runs.endings import ending, lost_reason
from dspy_lens.runs.events import Place
from dspy_lens.runs.folder import RunFolder
from dspy_lens.runs.follow import follow
from dspy_lens.runs.launch import NotLaunched, launch
from dspy_lens.runs.rebuild import rebuild
from dspy_lens.runs.stopping import Patience, force, gone_within, stop
from dspy_lens.store.store import Store
from dspy_lens.values.run import Run, RunState
from dspy_lens_worker.messages import WORKER, AnyEvent, Order, OrderExample, Queued, State

PATIENCE = Patience()

log = logging.getLogger(__name__)

OnEvents = Callable[[Run, Sequence[AnyEvent]], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued run with all it needs to start. Its environment is here, in memory, and nowhere else."""

    folder: RunFolder
    root: Path
    interpreter: Path
    environment: Mapping[str, str]


class Runs:
    """The runs of one root. `on_events` is called after the store has recorded what happened.

    Closing ends the following; workers go on, and `resume` finds them again.
    """

    def __init__(
        self,
        store: Store,
        folder: Path,
        on_events: OnEvents,
        parallel: int = 1,
        patience: Patience = PATIENCE,
        worker: Path = WORKER,
        memory: int | None = None,
    ) -> None:
        self.parallel = parallel
        self._store = store
        self._folder = folder
        self._on_events = on_events
        self._patience = patience
        self._worker = worker
        self._memory = memory
        self._queue: list[Waiting] = []
        self._stranded: dict[str, RunFolder] = {}
        self._active: dict[str, RunFolder] = {}
        self._launched: set[str] = set()
        self._cancelled: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._launches: set[asyncio.Task[bool]] = set()
        self._closing = False

    @property
    def stranded(self) -> tuple[str, ...]:
        """Queued runs of an earlier daemon: they wait until a session brings an environment."""
        return tuple(self._stranded)

    async def start(
        self,
        run: Run,
        order: Order,
        examples: Sequence[OrderExample],
        interpreter: Path,
        environment: Mapping[str, str],
    ) -> Run:
        """The queued run; it starts as soon as there is a place for it.

        Raises sqlite3.OperationalError, and leaves nothing behind, where the store refuses it, as on a full disk.
        """
        # The folder first: a run in the store always has one.
        folder = await asyncio.to_thread(RunFolder.create, self._folder / run.id, order, tuple(examples))
        try:
            await self._store.add_run(run)
        except sqlite3.OperationalError:
            # A folder without a run would become one when a damaged store is filled again.
            await asyncio.to_thread(shutil.rmtree, folder.path, ignore_errors=True)
            raise
        self._tell(run, (Queued(run=run.id, sequence=0, at=run.created),))
        self._queue.append(Waiting(folder, Path(order.root), interpreter, environment))
        self._fill()
        return run

    async def supply(self, interpreter: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
        """Gives stranded runs what they need to start; says which these are."""
        supplied = []
        for id, folder in tuple(self._stranded.items()):
            order = await asyncio.to_thread(folder.order)
            if order is not None and id in self._stranded:
                del self._stranded[id]
                self._queue.append(Waiting(folder, Path(order.root), interpreter, environment))
                supplied.append(id)
        self._fill()
        return tuple(supplied)

    async def cancel(self, id: str) -> bool:
        """Whether there was anything to cancel. Asking again goes on to the next, harsher step at once."""
        if folder := self._withdraw(id):
            await self._end(folder, "stopped", "Cancelled before it started.")
            return True
        if id in self._cancelled:
            self._cancelled[id].set()
            return True
        if id not in self._active:
            return False
        self._cancelled[id] = asyncio.Event()
        # One that is just being launched is stopped as soon as it is there.
        if id in self._launched:
            self._own(stop(self._active[id], self._patience, self._cancelled[id]))
        return True

    async def resume(self) -> None:
        """Takes up what an earlier daemon left: living workers are followed, dead ones are lost.

        Queued runs wait, since nobody holds their environment: see `stranded`. A store that had to be
        set aside is filled again first.
        """
        if self._store.damaged:
            await rebuild(self._store, self._folder)
        known = {*self._active, *(it.folder.id for it in self._queue), *self._stranded}
        for run in await self._store.unfinished():
            folder = RunFolder(self._folder / run.id)
            if run.id in known:
                continue
            if folder.alive() or folder.was_started():
                self._active[run.id] = folder
                self._launched.add(run.id)
                self._own(self._watch(folder))
            else:
                await self._strand(folder)

    async def close(self) -> None:
        """Ends all following. Workers go on; what waits is kept for the next daemon."""
        self._closing = True
        # A launch is let through: half of one would look like a worker that died.
        await asyncio.gather(*self._launches, return_exceptions=True)
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _fill(self) -> None:
        while self._queue and len(self._active) < self.parallel and not self._closing:
            waiting = self._queue.pop(0)
            self._active[waiting.folder.id] = waiting.folder
            self._own(self._work(waiting))

    def _withdraw(self, id: str) -> RunFolder | None:
        """Takes a run that waits out of the queue."""
        for waiting in self._queue:
            if waiting.folder.id == id:
                self._queue.remove(waiting)
                return waiting.folder
        return self._stranded.pop(id, None)

    async def _strand(self, folder: RunFolder) -> None:
        if await asyncio.to_thread(folder.order) is None:
            await self._end(folder, "lost", "Its folder is gone. Run it again.")
            return
        self._stranded[folder.id] = folder
        # The daemon may have died just before the launch that it had noted down.
        if run := await self._store.set_state(folder.id, RunState.QUEUED):
            self._tell(run, ())

    async def _work(self, waiting: Waiting) -> None:
        """Launches a worker and follows it to its end."""
        folder = waiting.folder
        launching = asyncio.create_task(self._launch(waiting))
        self._launches.add(launching)
        launching.add_done_callback(self._launches.discard)
        try:
            launched = await asyncio.shield(launching)
        except BaseException:
            self._release(folder)
            raise
        if not launched:
            self._release(folder)
            return
        self._launched.add(folder.id)
        if folder.id in self._cancelled:
            self._own(stop(folder, self._patience, self._cancelled[folder.id]))
        await self._watch(folder)

    async def _launch(self, waiting: Waiting) -> bool:
        folder = waiting.folder
        # Said before it is true: should the daemon die now, the next one looks for the worker.
        run = await self._store.set_state(folder.id, RunState.RUNNING, time.time())
        if run:
            self._tell(run, ())
        argv = (str(waiting.interpreter), str(self._worker), str(folder.path))
        launched = await launch(folder, argv, waiting.root, waiting.environment, self._memory)
        if isinstance(launched, NotLaunched):
            await self._end(folder, "failed", launched.message, stage="start")
        return not isinstance(launched, NotLaunched)

    async def _watch(self, folder: RunFolder) -> None:
        """Records what a worker says until it has finished or is gone."""
        try:
            await self._record(folder)
        finally:
            self._release(folder)
        await self._see_off(folder)

    async def _record(self, folder: RunFolder) -> None:
        """Takes a run to its end; what a full disk refuses stands in the run's folder until there is room."""
        lost: str | None = None
        while True:
            try:
                run = await self._follow(folder)
                if run and not run.state.finished:
                    # Asked once: a disk that was full may have room again when this can be recorded at last.
                    if lost is None:
                        lost = await asyncio.to_thread(lost_reason, folder)
                    await self._end_without_word(folder, lost)
                return
            except sqlite3.OperationalError as error:
                log.warning("Run %s cannot be recorded now (%s); it is tried again.", folder.id, error)
                await asyncio.sleep(self._patience.full)

    async def _follow(self, folder: RunFolder) -> Run | None:
        offset, sequence = await self._store.place(folder.id)
        async with aclosing(follow(folder, Place(offset, sequence))) as batches:
            async for batch in batches:
                run = await self._store.record(folder.id, batch.events, batch.offset)
                if run:
                    self._tell(run, batch.events)
        return await self._store.run(folder.id)

    async def _end_without_word(self, folder: RunFolder, lost: str) -> None:
        if folder.id in self._cancelled:
            await self._end(folder, "stopped", "Cancelled; the worker ended without an answer.")
        else:
            await self._end(folder, "lost", lost)

    async def _end(self, folder: RunFolder, state: State, reason: str, stage: str | None = None) -> None:
        """Says the last word in a worker's place."""
        run = await self._store.run(folder.id)
        if run is None or run.state.finished:
            return
        candidate = await self._store.candidate(run.id)
        offset, sequence = await self._store.place(run.id)
        event = await asyncio.to_thread(
            ending, run, folder, candidate, sequence + 1, time.time(), state, reason, stage
        )
        if ended := await self._store.record(run.id, (event,), offset):
            self._tell(ended, (event,))

    async def _see_off(self, folder: RunFolder) -> None:
        """A worker that has finished and will not go is helped along."""
        hurry = asyncio.Event()
        if not await gone_within(folder, self._patience.linger, hurry):
            await force(folder, self._patience, hurry)

    def _tell(self, run: Run, events: Sequence[AnyEvent]) -> None:
        try:
            self._on_events(run, events)
        except Exception:
            # What a window does with it must not keep a paid run from being recorded.
            log.exception("Telling of run %s failed.", run.id)

    def _release(self, folder: RunFolder) -> None:
        """Makes place for the next run."""
        self._active.pop(folder.id, None)
        self._launched.discard(folder.id)
        self._cancelled.pop(folder.id, None)
        self._fill()

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._disown)

    def _disown(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("Following a run ended with an error.", exc_info=error)
