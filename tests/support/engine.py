"""Real runs over a real store, with scripted workers."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dspy_lens.runs.manager import Runs
from dspy_lens.runs.stopping import Patience
from dspy_lens.store.store import Store
from dspy_lens.values.run import Run, RunState
from dspy_lens_worker.messages import AnyEvent
from support.recipes import order, run
from support.stage import DEADLINE, SCRIPT, Stage

PATIENT = Patience(interrupt=DEADLINE, terminate=DEADLINE, linger=DEADLINE)


@dataclass
class Seen:
    """What was told about runs, in order."""

    runs: dict[str, Run] = field(default_factory=dict)
    events: list[AnyEvent] = field(default_factory=list)
    fail_at: str | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, it: Run, events: Sequence[AnyEvent]) -> None:
        self.runs[it.id] = it
        self.events += events
        self._news.set()
        if any(event.event == self.fail_at for event in events):
            self.fail_at = None
            raise RuntimeError("this listener fails")

    def kinds(self, id: str = "r1") -> list[str]:
        return [it.event for it in self.events if it.run == id]

    async def until(self, wanted: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not wanted():
                self._news.clear()
                await self._news.wait()

    async def ended(self, id: str = "r1") -> Run:
        """The run, once it has finished."""
        await self.until(lambda: id in self.runs and self.runs[id].state.finished)
        return self.runs[id]

    async def going(self, id: str = "r1") -> None:
        await self.until(lambda: id in self.runs and self.runs[id].state is RunState.RUNNING)


@dataclass(frozen=True)
class Engine:
    """Store and runs of one root, open."""

    folder: Path
    store: Store
    runs: Runs
    seen: Seen

    async def start(self, stage: Stage, id: str = "r1", **environment: str) -> Run:
        it = run(id)
        return await self.runs.start(
            it, order(it, str(self.folder)), (), Path(sys.executable), {**stage.environment, **environment}
        )


@asynccontextmanager
async def engine(folder: Path, **options: Any) -> AsyncIterator[Engine]:
    """What a daemon has open; leaving it is a daemon's orderly end."""
    seen = Seen()
    async with Store.open(folder / "store.db") as store:
        runs = Runs(store, folder / "runs", seen, **{"worker": SCRIPT, "patience": PATIENT, **options})
        try:
            yield Engine(folder, store, runs, seen)
        finally:
            await runs.close()
