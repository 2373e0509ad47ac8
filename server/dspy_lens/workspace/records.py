"""What is known of runs: which is the newest, their events, answers and programs, and what they cost."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dspy_lens.paths import Paths
from dspy_lens.runs.artifact import state_of
from dspy_lens.runs.budget import period_start
from dspy_lens.runs.endings import last_word
from dspy_lens.runs.folder import RunFolder
from dspy_lens.store.store import Store
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.money import Micros
from dspy_lens.values.run import Run
from dspy_lens.workspace.experience import kept_estimate
from dspy_lens_worker.messages import AnyEvent, HeldOut


class Records:
    """The runs of a root, as store and run folders have them."""

    def __init__(self, paths: Paths, store: Store) -> None:
        self.paths = paths
        self.root = paths.root
        self.store = store
        self.newest: dict[str, Run] = {}
        """By target, its newest run that scores it, waiting and running ones included."""
        self._running: dict[str, Run] = {}
        self._said: dict[str, list[AnyEvent]] = {}  # by running runs, as far as it is recorded

    @property
    def running(self) -> tuple[Run, ...]:
        """Runs that wait or go on."""
        return tuple(self._running.values())

    @property
    def busy(self) -> bool:
        return bool(self._running)

    def running_with(self, key: str) -> Run | None:
        """The run of this recipe that waits or goes on."""
        return next((it for it in self._running.values() if it.key == key), None)

    async def recall(self) -> None:
        """Remembers the runs as the store has them."""
        self.newest = await self.store.latest_all()
        self._running = {it.id: it for it in await self.store.unfinished()}

    def note(self, run: Run, events: Sequence[AnyEvent]) -> None:
        """Takes in a run as it is after the store has recorded what its worker said."""
        if run.scores:
            self.newest[run.target] = run
        self._said.setdefault(run.id, []).extend(it for it in events if it.sequence)
        if run.state.finished:
            self._running.pop(run.id, None)
            self._said.pop(run.id, None)
        else:
            self._running[run.id] = run

    async def run(self, run: str) -> Run | None:
        return await self.store.run(run)

    async def runs(self, target: str | None = None) -> tuple[Run, ...]:
        """Runs of one target or of all, the newest first."""
        return await self.store.runs(target)

    def folder(self, run: str) -> RunFolder:
        return RunFolder(self.paths.runs / run)

    async def events(self, run: str, after: int = 0) -> tuple[AnyEvent, ...]:
        """The events of a run whose sequence is above `after`, as far as the store has recorded them."""
        # A worker may have said more already; nobody hears of it before lenses know it too.
        said = self._said.get(run)
        if said and said[0].sequence <= after + 1:
            return tuple(it for it in said if it.sequence > after)
        # In this order: what a run that has finished said is all recorded.
        found = await self.store.run(run)
        recorded = (await self.store.place(run))[1]
        events = await asyncio.to_thread(self.folder(run).all_events)
        told = tuple(it for it in events if it.sequence <= recorded)
        return tuple(it for it in (*told, *last_word(found, told)) if it.sequence > after)

    async def held_out(self, run: str) -> tuple[HeldOut, ...]:
        """What the program answered on held-out examples, before and after."""
        return await asyncio.to_thread(self.folder(run).held_out)

    async def estimated(self, run: str) -> Estimate | None:
        """What a run was expected to take when it was started."""
        return await asyncio.to_thread(kept_estimate, self.folder(run).path)

    async def program(self, run: str) -> dict[str, Any] | None:
        """The optimized program as DSPy saves it, else the best candidate so far; None where there is none."""
        path = self.folder(run).result()
        return None if path is None else await asyncio.to_thread(state_of, path)

    async def spending(self, by: str) -> tuple[dict[str, Any], ...]:
        return await self.store.spending(by)

    async def spent_this_month(self) -> Micros:
        return await self.store.spent(period_start("month", datetime.now().astimezone()))
