"""One root: joins source, store and runs into targets and their standing."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dspy_lens.paths import Paths
from dspy_lens.runs.artifact import export
from dspy_lens.runs.folder import RunFolder
from dspy_lens.runs.interpreter import Interpreter, NoInterpreter, find_interpreter
from dspy_lens.runs.manager import Runs
from dspy_lens.store.store import Store
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.money import Micros
from dspy_lens.values.request import Ambiguous, Answered, Changed, Planned, Question, Refused, RunRequest
from dspy_lens.values.run import Run, RunState, Verb
from dspy_lens.values.standing import Standing
from dspy_lens.values.target import Target
from dspy_lens.workspace.budgets import budget_refusal
from dspy_lens.workspace.doctor import Check, examine
from dspy_lens.workspace.estimates import Estimates
from dspy_lens.workspace.index import Index
from dspy_lens.workspace.planning import (
    Ingredients,
    cap_refusal,
    ingredients,
    needs_refusal,
    spend_question,
    with_default_cap,
)
from dspy_lens.workspace.recipes import file_digests, order_examples, order_of
from dspy_lens.workspace.results import Changes, artifact_path, changes_of, files_of
from dspy_lens.workspace.snapshot import Overlay, Snapshot
from dspy_lens.workspace.standings import standing_of
from dspy_lens.workspace.watching import keep_up
from dspy_lens_worker.messages import AnyEvent, HeldOut

Listener = Callable[[Changed], None]


class Workspace:
    """One root, open. Made by `Workspace.open`, which also closes what it opened."""

    def __init__(self, paths: Paths, version: str, store: Store, index: Index) -> None:
        self.paths = paths
        self.root = paths.root
        self.version = version
        self.store = store
        self.index = index
        self.engine = Runs(store, paths.runs, self._on_events)
        self.estimates = Estimates(paths.cache, self._estimated)
        self.trusted = False
        self.watch_problem: str | None = None
        self._latest: dict[str, Run] = {}
        self._running: dict[str, Run] = {}
        self._listeners: list[Listener] = []
        self._interpreter: Interpreter | NoInterpreter | None = None

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, paths: Paths, version: str) -> AsyncIterator["Workspace"]:
        """A root with its store, its watcher and the runs that still go on."""
        paths.make()
        async with Store.open(paths.store) as store:
            workspace = cls(paths, version, store, Index(paths.root, paths.user_settings))
            workspace.trusted = await store.trusted()
            workspace._latest = await store.latest_all()
            async with asyncio.TaskGroup() as tasks:
                stop = asyncio.Event()
                keeping = tasks.create_task(keep_up(workspace, stop))
                await workspace.engine.resume()
                try:
                    yield workspace
                finally:
                    stop.set()
                    await workspace.estimates.close()
                    await workspace.engine.close()
                    await keeping

    # What the source says.

    async def indexed(self) -> None:
        """Waits until the first index is complete."""
        await self.index.complete.wait()

    def view(self, overlay: Overlay) -> Snapshot:
        return self.index.view(overlay)

    @property
    def saved(self) -> Snapshot:
        """What the disk says, which is what runs are made of."""
        return self.index.snapshot

    # How targets stand.

    async def standing(self, target: Target, snapshot: Snapshot) -> Standing:
        run = self._latest.get(target.name)
        recipe = None
        if run is not None and run.state.has_result:
            made = self._ingredients(target, snapshot, RunRequest(target=target.name), dspy=run.recipe.dspy)
            recipe = None if isinstance(made, Refused) else made.recipe
        return standing_of(target.definition, recipe, run)

    def latest(self, target: str) -> Run | None:
        return self._latest.get(target)

    def estimate_known(self, target: Target, snapshot: Snapshot) -> Estimate | None:
        """The estimate of a target's default run from memory; better figures arrive later by `changed`."""
        made = self._ingredients(target, snapshot, RunRequest(target=target.name), dspy="")
        if isinstance(made, Refused):
            return None
        return self.estimates.known(made, self._usable_interpreter())

    async def estimate(self, request: RunRequest) -> Estimate | Refused:
        planned = await self.plan(request)
        return planned if isinstance(planned, Refused) else planned.estimate

    # Runs.

    async def plan(self, request: RunRequest) -> Planned | Refused:
        """The recipe and its estimate, made from saved files; nothing is asked and nothing starts."""
        made = await self._prepare(request)
        if isinstance(made, Refused):
            return made
        estimate = await self._estimate(made, request)
        return Planned(made.definition, made.recipe, estimate)

    async def questions(self, planned: Planned, request: RunRequest) -> tuple[Question, ...]:
        """What must still be said yes to; none when the answer is in the store or the request says yes."""
        questions = []
        if not self.trusted:
            questions.append(trust_question(self.root))
        if not request.fresh and await self.store.finished_with(planned.recipe.key):
            return tuple(questions)
        made = await self._prepare(request)
        if not isinstance(made, Refused):
            questions += await self._endpoint_questions(made, request)
            caps = with_default_cap(made.caps, planned.estimate)
            spend = spend_question(planned.estimate, self.saved.settings, caps)
            questions += [Question("spend", spend, "Start")] if spend else []
        return tuple(questions)

    async def agree(self, question: Question) -> None:
        """Remembers a yes to what is asked once: trust, and an endpoint."""
        match question.kind:
            case "trust":
                await self.trust()
            case "endpoint":
                await self.store.confirm_endpoint(question.subject)
            case "spend":
                pass

    async def start(
        self, planned: Planned, request: RunRequest, environment: Mapping[str, str]
    ) -> Run | Answered | Refused:
        """Answers from the store, or puts an order into a run folder and starts a worker on it."""
        if not request.fresh and (done := await self.store.finished_with(planned.recipe.key)):
            return Answered(done)
        if running := self._running_with(planned.recipe.key):
            return running
        if not self.trusted:
            return Refused("untrusted", "This workspace is not trusted. Trust it before anything runs in it.")
        made = await self._prepare(request)
        if isinstance(made, Refused):
            return made
        return await self._start(made, planned.estimate, request, environment)

    async def cancel(self, run: str) -> bool:
        return await self.engine.cancel(run)

    async def run(self, run: str) -> Run | None:
        return await self.store.run(run)

    async def runs(self, target: str | None = None) -> tuple[Run, ...]:
        """Runs of one target or of all, the newest first."""
        return await self.store.runs(target)

    def folder(self, run: str) -> RunFolder:
        return RunFolder(self.paths.runs / run)

    async def events(self, run: str, after: int = 0) -> tuple[AnyEvent, ...]:
        """The events of a run whose sequence is above `after`."""
        events = await asyncio.to_thread(self.folder(run).all_events)
        return tuple(it for it in events if it.sequence > after)

    async def held_out(self, run: str) -> tuple[HeldOut, ...]:
        return await asyncio.to_thread(self.folder(run).held_out)

    async def state_of(self, run: str) -> dict[str, Any] | None:
        """The optimized program as DSPy saves it, None where the run left none."""
        return await asyncio.to_thread(self.folder(run).program)

    async def apply(self, run: str, snapshot: Snapshot, texts: Mapping[str, str]) -> Changes | Refused:
        """What applying a run would change. `texts` are open documents; other files are read from disk."""
        found = await self.store.run(run)
        if found is None:
            return no_run(run)
        missing = [path for path in files_of(found, snapshot) if path not in texts]
        on_disk = await asyncio.to_thread(read_texts, self.root, missing)
        return changes_of(found, snapshot, {**on_disk, **texts})

    async def export(self, run: str, destination: str | None = None) -> Path | Refused:
        """Writes the optimized program with its provenance; plain `program.load(path)` reads it."""
        found = await self.store.run(run)
        if found is None:
            return no_run(run)
        definition = next((it for it in self.saved.project.all() if it.name == found.target), None)
        if destination is None and definition is None:
            return Refused("missing", f"{found.target} is no longer in the source. Say where to write with --to.")
        path = destination or artifact_path(self.saved.settings, definition) if definition else destination
        assert path is not None
        target = Path(path) if Path(path).is_absolute() else self.root / path
        try:
            return await asyncio.to_thread(export, self.folder(run), found, target)
        except OSError as error:
            return Refused("missing", f"{target} cannot be written: {error.strerror}. Choose another place with --to.")

    @property
    def busy(self) -> bool:
        return bool(self._running)

    @property
    def running(self) -> tuple[Run, ...]:
        return tuple(self._running.values())

    # Money, trust and what is remembered.

    async def spending(self, by: str) -> tuple[dict[str, Any], ...]:
        return await self.store.spending(by)

    async def spent_this_month(self) -> Micros:
        now = time.localtime()
        return await self.store.spent(time.mktime((now.tm_year, now.tm_mon, 1, 0, 0, 0, 0, 0, -1)))

    async def trust(self) -> None:
        await self.store.set_trusted()
        self.trusted = True
        self._tell(Changed(targets=frozenset(it.name for it in self.saved.project.all())))

    async def clear(self, runs: bool, cache: bool, older_days: float | None) -> dict[str, Any]:
        """Forgets results (never the ledger) and the LM cache; says how many of each."""
        before = time.time() - older_days * 86_400 if older_days is not None else None
        cleared: dict[str, Any] = {"runs": 0, "cache_files": 0}
        if runs:
            cleared["runs"] = await self.store.clear(self.paths.runs, before)
            self._latest = await self.store.latest_all()
        if cache:
            cleared["cache_files"] = await asyncio.to_thread(clear_cache, self.paths.cache, before)
        self._tell(Changed(targets=frozenset(it.name for it in self.saved.project.all())))
        return cleared

    def interpreter(self) -> Interpreter | NoInterpreter:
        """The Python that runs the user's code; asked anew each time, since it may be installed meanwhile."""
        return find_interpreter(self.root, self.saved.settings.interpreter)

    async def doctor(self) -> tuple[Check, ...]:
        """What a run needs here, and whether it is there."""
        return await examine(self)

    # Who wants to know.

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def files_changed(self, files: frozenset[str]) -> None:
        self._tell(Changed(files=files))

    # Inside.

    def _ingredients(
        self, target: Target, snapshot: Snapshot, request: RunRequest, dspy: str
    ) -> Ingredients | Refused:
        return ingredients(target, snapshot.settings_for(target.definition.span.path), request, dspy)

    async def _prepare(self, request: RunRequest) -> Ingredients | Refused:
        await self.indexed()
        found = self._find(request.target)
        if isinstance(found, Refused):
            return found
        target = await self.saved.target(found)
        assert target is not None
        if not self.trusted:
            return self._ingredients(target, self.saved, request, dspy="")
        interpreter = await asyncio.to_thread(self.interpreter)
        self._interpreter = interpreter
        if isinstance(interpreter, NoInterpreter):
            return Refused("missing", interpreter.message)
        made = self._ingredients(target, self.saved, request, dspy=interpreter.dspy)
        if isinstance(made, Refused):
            return made
        return needs_refusal(made, interpreter, request.verb) or made

    def _find(self, text: str | None) -> str | Refused:
        if text is None:
            return Refused("missing", "No target was named. Name one, e.g. app.rag:QA.")
        found = self.saved.find(text)
        if isinstance(found, Ambiguous):
            return Refused("missing", f"{text} could be {', '.join(found.candidates)}. Name one of them in full.")
        if found is None:
            near = self.saved.nearest(text)
            hint = f"Did you mean {' or '.join(near)}?" if near else "`dspy-lens targets` lists what there is."
            return Refused("missing", f"There is no target {text}. {hint}")
        return found.name

    async def _estimate(self, made: Ingredients, request: RunRequest) -> Estimate:
        interpreter = self._usable_interpreter() if self.trusted else None
        interrupted = await self.store.interrupted_with(made.recipe.key)
        cached = interrupted.usage.requests if interrupted else 0
        return await self.estimates.measured(made, request.verb, interpreter, cached)

    def _usable_interpreter(self) -> Interpreter | None:
        if not self.trusted:
            return None
        if self._interpreter is None:
            self._interpreter = self.interpreter()
        return self._interpreter if isinstance(self._interpreter, Interpreter) else None

    async def _endpoint_questions(self, made: Ingredients, request: RunRequest) -> list[Question]:
        bases = {it.api_base for it in (made.models.task, made.models.prompt, made.models.teacher) if it}
        return [
            Question("endpoint", f"The settings send prompts and your key to {base}. Use this endpoint?", "Use it", base)
            for base in sorted(it for it in bases if it)
            if not await self.store.endpoint_confirmed(base)
        ]

    async def _start(
        self, made: Ingredients, estimate: Estimate, request: RunRequest, environment: Mapping[str, str]
    ) -> Run | Refused:
        caps = with_default_cap(made.caps, estimate)
        refusal = cap_refusal(estimate, caps) or await self._budget_refusal(estimate, caps, request)
        interpreter = self._usable_interpreter()
        if refusal or interpreter is None:
            return refusal or Refused("missing", "There is no Python that could run your code.")
        pieces = (*made.definition.pieces, *made.metric.pieces)
        try:
            files = await asyncio.to_thread(file_digests, self.root, pieces)
        except OSError as error:
            return Refused("missing", f"{error.filename} cannot be read. Save it and try again.")
        run = Run(new_id(), made.target.name, request.verb, RunState.QUEUED, made.recipe, time.time(), caps)
        verb = request.verb.value
        order = order_of(
            run.id, self.root, made.target, made.metric, made.recipe, made.models, caps, made.threads,
            self.paths.cache, verb, files,
        )
        self._latest[run.target] = run
        self._running[run.id] = run
        started = await self.engine.start(
            run, order, order_examples(made.parts), Path(interpreter.path), environment
        )
        self._tell(Changed(targets=frozenset({run.target}), runs=frozenset({run.id})))
        return started

    async def _budget_refusal(self, estimate: Estimate, caps: Any, request: RunRequest) -> Refused | None:
        return await budget_refusal(self.store, self.saved.settings, estimate, caps)

    def _running_with(self, key: str) -> Run | None:
        return next((it for it in self._running.values() if it.key == key), None)

    def _on_events(self, run: Run, events: Sequence[AnyEvent]) -> None:
        """Called by the engine after the store has recorded what a worker said."""
        self._latest[run.target] = run
        if run.state.finished:
            self._running.pop(run.id, None)
        else:
            self._running[run.id] = run
        self._tell(Changed(targets=frozenset({run.target}), runs=frozenset({run.id})))

    def _estimated(self, target: str) -> None:
        self._tell(Changed(targets=frozenset({target})))

    def _tell(self, changed: Changed) -> None:
        for listener in tuple(self._listeners):
            listener(changed)


def no_run(run: str) -> Refused:
    return Refused("missing", f"There is no run {run}. `dspy-lens runs` lists what there is.")


def read_texts(root: Path, paths: Sequence[str]) -> dict[str, str]:
    return {path: (root / path).read_text("utf-8", "replace") for path in paths}


def trust_question(root: Path) -> Question:
    return Question(
        "trust",
        f"A run executes the code of {root.name} with its own Python. Do you trust this workspace?",
        "Trust and go on",
    )


def new_id() -> str:
    """A run's id: sortable by time, and unlike any other."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"


def clear_cache(cache: Path, before: float | None) -> int:
    """Deletes cached replies, all or those not touched since `before`; says how many files."""
    files = [it for it in cache.rglob("*") if it.is_file()]
    old = [it for it in files if before is None or it.stat().st_mtime < before]
    for it in old:
        it.unlink(missing_ok=True)
    return len(old)


__all__ = ["Listener", "Verb", "Workspace"]
