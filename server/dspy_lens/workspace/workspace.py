"""One root: joins source, store and runs into targets and their standing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dspy_lens.paths import Paths
from dspy_lens.runs.interpreter import Interpreter
from dspy_lens.runs.manager import Runs
from dspy_lens.source.kept import Kept
from dspy_lens.store.store import Store
from dspy_lens.values.definition import Problem
from dspy_lens.values.elsewhere import Elsewhere
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.request import Answered, Changed, Planned, Question, Refused, RunRequest
from dspy_lens.values.run import Run
from dspy_lens.values.standing import Standing
from dspy_lens.values.target import Target
from dspy_lens.workspace.budgets import budget_left
from dspy_lens.workspace.clearing import clear
from dspy_lens.workspace.consent import UNTRUSTED, Consent, trust_question
from dspy_lens.workspace.doctor import Check, examine
from dspy_lens.workspace.estimates import Estimates
from dspy_lens.workspace.getting import Getting
from dspy_lens.workspace.index import Index
from dspy_lens.workspace.judging import priced
from dspy_lens.workspace.packages import Packages
from dspy_lens.workspace.planner import Planner
from dspy_lens.workspace.records import Records
from dspy_lens.workspace.results import Changes, apply, export_to
from dspy_lens.workspace.snapshot import Overlay, Snapshot
from dspy_lens.workspace.standings import standing_of
from dspy_lens.workspace.watching import keep_up
from dspy_lens_worker.messages import AnyEvent

Listener = Callable[[Changed], None]
MOVED_ON = "The source or its examples changed while you were asked. Look at the new price and start again."


class Workspace(Records):
    """One root, open. Made by `Workspace.open`, which also closes what it opened."""

    def __init__(self, paths: Paths, version: str, store: Store) -> None:
        super().__init__(paths, store)
        self.version = version
        self.watch_problem: str | None = None
        self._index = Index(paths.root, paths.user_settings, Kept(paths.sources))
        self._engine = Runs(store, paths.runs, self._on_events, self._index.snapshot.settings.parallel_runs)
        self._estimates = Estimates(paths.cache, self._estimated)
        self._planner = Planner(paths, store, self._index, self._engine, self._estimates)
        self.consent = Consent(store, self._planner.interpreters, self._look)
        self._packages = Packages(self._planner.interpreters)
        self._getting = Getting(paths.root, self._index.kept, self._planner.interpreters)
        self._tasks: asyncio.TaskGroup
        self._listeners: list[Listener] = []
        self._starting = asyncio.Lock()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, paths: Paths, version: str) -> AsyncIterator["Workspace"]:
        """A root with its store, its watcher and the runs that still go on."""
        paths.make()
        async with Store.open(paths.store) as store:
            workspace = cls(paths, version, store)
            await workspace._engine.resume()
            await workspace.recall()
            stop = asyncio.Event()
            async with asyncio.TaskGroup() as tasks:
                workspace._tasks = tasks
                tasks.create_task(keep_up(workspace, workspace._index, stop))
                await workspace.consent.recall()
                try:
                    yield workspace
                finally:
                    stop.set()
                    await workspace._estimates.close()
                    await workspace._engine.close()

    # What the source says.

    async def indexed(self) -> None:
        """Waits until the first index is complete."""
        await self._index.complete.wait()

    async def view(self, overlay: Overlay) -> Snapshot:
        """What a window sees: the disk, and its open documents over it."""
        return await self._index.view(overlay)

    @property
    def saved(self) -> Snapshot:
        """What the disk says, which is what runs are made of."""
        return self._index.snapshot

    async def missing_packages(self, snapshot: Snapshot, paths: Iterable[str]) -> tuple[Problem, ...]:
        """What optimizers of the settings, and of some files, need and the user's Python lacks.

        Nothing while no Python may be asked.
        """
        return await self._packages.problems(snapshot, paths) if self.consent.trusted else ()

    async def missing_everywhere(self, snapshot: Snapshot) -> Refused | None:
        """The same of the whole root, with one command that installs all of it; None where nothing is missing."""
        return await self._packages.lacking_everywhere(snapshot) if self.consent.trusted else None

    async def told(self, target: Target, snapshot: Snapshot) -> tuple[Problem, ...]:
        """The problems of a target, with the price of its metric's own calls as far as memory has it."""
        made = snapshot.made(target)
        # Prices come with the sizes that an estimate asks for.
        estimate = await self.estimate_known(target, snapshot)
        if isinstance(made, Refused) or estimate is None or (prices := self._estimates.prices(made)) is None:
            return target.problems
        return tuple(priced(target.problems, made, prices))

    # How targets stand.

    async def standing(self, target: Target, snapshot: Snapshot) -> Standing:
        made = snapshot.made(target)
        run = self.newest.get(target.name)
        recipe = None if isinstance(made, Refused) else made.recipe
        if run is not None and recipe is not None and run.recipe.code:
            # Whatever would be run next: the code that made this result is what it is judged by.
            recipe = replace(recipe, code=snapshot.code_now(run.recipe.code))
        return standing_of(target.definition, recipe, run)

    async def estimate_known(self, target: Target, snapshot: Snapshot) -> Estimate | None:
        """The estimate of a target's default run from memory; better figures arrive later by `changed`."""
        return await self._planner.known(target, snapshot, self.consent.trusted)

    async def estimate(self, request: RunRequest) -> Estimate | Refused:
        """What a run would cost, tokens and dollars included where the workspace is trusted."""
        planned = await self.plan(request)
        return planned if isinstance(planned, Refused) else planned.estimate

    # Runs.

    async def plan(self, request: RunRequest, scored: bool = False) -> Planned | Refused:
        """The recipe and its estimate, made from saved files; nothing is asked and nothing starts.

        `scored`: another run will have scored the same program by then, so that its answers are cached.
        """
        return await self._planner.plan(request, self.consent.trusted, scored)

    async def unkeepable(self, planned: Planned, request: RunRequest) -> Refused | None:
        """Why the caps of this plan could not be kept; None where they can."""
        return await self._planner.unkeepable(planned, request)

    async def get_examples(self, it: Elsewhere, environment: Mapping[str, str]) -> str | Refused:
        """Gets examples from elsewhere, once somebody has said yes to it; says what was got."""
        if not it.on_the_hub and not self.consent.trusted:
            return UNTRUSTED
        got = await self._getting.get(it, environment)
        await self._index.update(frozenset())
        self._tell(self._everything())
        return got

    async def preview(self, target: str) -> tuple[dict[str, Any], ...] | Refused:
        """The messages that a model would get for the first example."""
        if not self.consent.trusted:
            return Refused(
                "untrusted", "A prompt is rendered by this workspace's own Python. Trust it first."
            )
        return await self._planner.preview(RunRequest(target=target))

    async def finished(self, request: RunRequest) -> Run | None:
        """The finished run of what is asked for, unless a fresh one is; nothing is measured on the way."""
        made = await self._planner.prepare(request, self.consent.trusted)
        if request.fresh or isinstance(made, Refused):
            return None
        return await self.store.finished_with(made.key)

    async def stored(self, planned: Planned, request: RunRequest) -> Run | None:
        """The finished run of this recipe, unless a fresh one is asked for."""
        return None if request.fresh else await self.store.finished_with(planned.recipe.key)

    async def questions(self, planned: Planned, request: RunRequest) -> tuple[Question, ...]:
        """What must still be said yes to; nothing when the answer is in the store."""
        return await self.questions_on([(planned, request)])

    async def questions_on(self, every: Sequence[tuple[Planned, RunRequest]]) -> tuple[Question, ...]:
        """What must be said yes to before these plans of one target may run: each thing once, one price for all."""
        missing = [(planned, it) for planned, it in every if not await self.stored(planned, it)]
        if not missing:
            return ()
        trust = () if self.consent.trusted else (trust_question(self.root),)
        return (*trust, *await self._planner.questions(missing))

    async def start(
        self, planned: Planned, request: RunRequest, environment: Mapping[str, str]
    ) -> Run | Answered | Refused:
        """Answers from the store, joins a run of the same recipe, or starts a worker."""
        # One at a time: of two windows that ask for the same recipe at once, the second joins the first.
        async with self._starting:
            if done := await self.stored(planned, request):
                return Answered(done)
            if running := self.running_with(planned.recipe.key):
                return running
            if not self.consent.trusted:
                return UNTRUSTED
            made = await self._planner.prepare(request, self.consent.trusted)
            if isinstance(made, Refused):
                return made
            if made.key != planned.recipe.key:
                return Refused("unsaved", MOVED_ON)
            return await self._planner.start(made, planned.estimate, request, environment)

    async def supply(self, environment: Mapping[str, str]) -> None:
        """Lets runs go on that wait for an environment since an earlier daemon went."""
        if self._engine.stranded and self.consent.trusted:
            interpreter = await self._planner.interpreters.look()
            if isinstance(interpreter, Interpreter):
                await self._engine.supply(Path(interpreter.path), environment)

    async def cancel(self, run: str) -> bool:
        """Whether there was anything to cancel."""
        return await self._engine.cancel(run)

    async def apply(self, run: str, snapshot: Snapshot, texts: Mapping[str, str]) -> Changes | Refused:
        """What applying a run would change. `texts` are open documents; other files are read from disk."""
        found = await self.store.run(run)
        return no_run(run) if found is None else await apply(self.root, found, snapshot, texts)

    async def export(self, run: str, destination: str | None = None) -> Path | Refused:
        """Writes the optimized program with its provenance; plain `program.load(path)` reads it."""
        found = await self.store.run(run)
        if found is None:
            return no_run(run)
        return await asyncio.to_thread(export_to, self.folder(run), found, self.saved, destination)

    # Money, and what is remembered.

    async def budget(self) -> dict[str, Any] | None:
        """The budget with what its period has spent and may still spend; None where the settings have none."""
        return await budget_left(self.store, self.saved.settings)

    async def clear(self, runs: bool, cache: bool, older_days: float | None) -> dict[str, int]:
        """Forgets results (never the ledger) and the LM cache; says how many of each."""
        cleared = await clear(self.store, self.paths, runs=runs, cache=cache, older_days=older_days)
        await self.recall()
        if cache:
            self._estimates.forget()
        self._tell(self._everything())
        return cleared

    async def doctor(self, environment: Mapping[str, str]) -> tuple[Check, ...]:
        """What a run needs here, and whether it is there."""
        return await examine(self, environment)

    # Who wants to know.

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` on the loop with every change; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def take_in(self, files: frozenset[str]) -> None:
        """Reads files that a window saved, without waiting for the watcher to report them."""
        await self.indexed()
        await self._index.update(files)
        self.files_changed(files)

    def files_changed(self, files: frozenset[str]) -> None:
        self._tell(Changed(files=files))

    # Inside.

    def _look(self) -> None:
        self._tasks.create_task(self._look_for_interpreter())

    async def _look_for_interpreter(self) -> None:
        await self.indexed()
        await self._planner.interpreters.look()
        self._tell(self._everything())

    def _on_events(self, run: Run, events: Sequence[AnyEvent]) -> None:
        """Called by the engine after the store has recorded what a worker said."""
        self.note(run, events)
        if run.state.finished:
            self._estimates.look_again(run.target)
        self._tell(Changed(targets=frozenset({run.target}), runs=frozenset({run.id})))

    def _estimated(self, target: str) -> None:
        self._tell(Changed(targets=frozenset({target})))

    def _everything(self) -> Changed:
        return Changed(targets=frozenset(it.name for it in self.saved.project.all()))

    def _tell(self, changed: Changed) -> None:
        for listener in tuple(self._listeners):
            listener(changed)


def no_run(run: str) -> Refused:
    return Refused("missing", f"There is no run {run}. `dspy-lens runs` lists what there is.")
