"""From what someone asks for to a running worker: ingredients, estimate, questions, order."""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dspy_lens.paths import Paths
from dspy_lens.runs.budget import cap_refusal
from dspy_lens.runs.folder import RunFolder
from dspy_lens.runs.interpreter import NoInterpreter
from dspy_lens.runs.manager import Runs
from dspy_lens.store.store import Store
from dspy_lens.values.definition import Piece
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.money import FREE, Micros
from dspy_lens.values.request import Ambiguous, Planned, Question, Refused, RunRequest
from dspy_lens.values.run import Caps, Run, RunState, Verb
from dspy_lens.values.settings import Settings
from dspy_lens.values.target import Target
from dspy_lens.workspace.beforehand import baseline_calls, hopeless
from dspy_lens.workspace.budgets import allowed
from dspy_lens.workspace.drafting import draft_ingredients
from dspy_lens.workspace.estimates import Estimates
from dspy_lens.workspace.experience import LOOKED_BACK, Experience, experience_of, keep_estimate
from dspy_lens.workspace.index import Index
from dspy_lens.workspace.interpreters import Interpreters
from dspy_lens.workspace.orders import file_digests, order_examples, order_of
from dspy_lens.workspace.packages import refusal
from dspy_lens.workspace.planning import Finding, Ingredients, ingredients
from dspy_lens.workspace.snapshot import Snapshot
from dspy_lens.workspace.terms import Terms, spend_question, with_default_cap
from dspy_lens_worker.messages import Order


class Planner:
    """Makes recipes of saved files, and orders of recipes. What must be asked, it hands back as questions."""

    def __init__(self, paths: Paths, store: Store, index: Index, engine: Runs, estimates: Estimates) -> None:
        self._paths = paths
        self._store = store
        self._index = index
        self._engine = engine
        self._estimates = estimates
        self.interpreters = Interpreters(paths, store, index)
        self._past: dict[str, Experience] = {}

    async def known(self, target: Target, snapshot: Snapshot, trusted: bool) -> Estimate | None:
        """The estimate of a target's default run from memory; what takes longer is asked for behind it."""
        made = snapshot.made(target)
        if isinstance(made, Refused):
            return None
        past = self._past.get(made.size, Experience())
        return await self._estimates.known(made, self.interpreters.usable if trusted else None, past)

    async def prepare(self, request: RunRequest, trusted: bool) -> Ingredients | Refused:
        """What the run would be made of, from saved files."""
        await self._index.complete.wait()
        found = await self._found(request.target)
        if isinstance(found, Refused):
            return found
        snapshot = self._index.snapshot
        target = await snapshot.target(found)
        if target is None:
            return Refused("missing", f"{found} is no longer in the source. Save it and try again.")
        if (obstacle := snapshot.obstacle(target.definition.span.path)) is not None:
            return obstacle
        settings, function = snapshot.settings_for(target.definition.span.path), snapshot.project.function
        if not trusted or await self.interpreters.question():
            return await asyncio.to_thread(made_of, target, settings, request, "", function)
        interpreter = await self.interpreters.look()
        if isinstance(interpreter, NoInterpreter):
            return Refused("missing", interpreter.message, interpreter.fix)
        made = await asyncio.to_thread(made_of, target, settings, request, interpreter.dspy, function)
        if isinstance(made, Refused):
            return made
        return refusal(made, interpreter, request.verb) or made

    async def _found(self, text: str | None) -> str | Refused:
        """The name of a target as the disk has it now: the watcher may not have told of the last save yet."""
        if text is not None and self._index.snapshot.find(text) is None:
            await self._index.scan()
        found = find(self._index.snapshot, text)
        if isinstance(found, Refused):
            return found
        target = await self._index.snapshot.target(found)
        await self._index.catch_up(frozenset(it.path for it in pieces_of(target)) if target else frozenset())
        return found

    async def plan(self, request: RunRequest, trusted: bool, scored: bool = False) -> Planned | Refused:
        """The recipe with its estimate. `scored`: another run will have scored the same program before."""
        made = await self.prepare(request, trusted)
        if isinstance(made, Refused):
            return made
        interrupted = await self._store.interrupted_with(made.key)
        cached = interrupted.usage.requests if interrupted else 0
        cached = max(cached, baseline_calls(made)) if scored else cached
        interpreter = self.interpreters.usable if trusted else None
        past = Experience() if request.verb is Verb.DRAFT else await self._experience(made)
        if request.verb is Verb.OPTIMIZE and (refused := hopeless(made, past)) is not None:
            return refused
        estimate = await self._estimates.measured(made, request.verb, interpreter, cached, past)
        return Planned(made.definition, made.recipe, estimate)

    async def preview(self, request: RunRequest) -> tuple[dict[str, Any], ...] | Refused:
        """The rendered messages of the first example."""
        made = await self.prepare(request, trusted=True)
        if isinstance(made, Refused):
            return made
        interpreter = self.interpreters.usable
        reply = await self._estimates.preview(made, interpreter) if interpreter else None
        if reply is None or reply.error:
            why = reply.error if reply else "the measurer did not start"
            return Refused("missing", f"The prompt could not be rendered: {why}. Run `dspy-lens doctor`.")
        return tuple(reply.messages)

    async def questions(self, every: Sequence[tuple[Planned, RunRequest]]) -> tuple[Question, ...]:
        """What must be said yes to before these plans of one target may run, trust left out; each thing once."""
        asked: list[Question] = []
        terms: list[Terms] = []
        for planned, request in every:
            made = await self.prepare(request, trusted=False)
            if not isinstance(made, Refused):
                terms.append(Terms(planned.estimate, with_default_cap(made.caps, planned.estimate)))
                asked += await self._endpoint_questions(made)
        if not terms:
            return ()
        if interpreter := await self.interpreters.question():
            asked.insert(0, interpreter)
        settings = self._index.snapshot.settings_for(every[0][0].definition.span.path)
        over = any(request.over_budget for _, request in every)
        if question := await self._budget_question(terms, over):
            asked.append(question)
        elif spend := spend_question(terms, settings):
            asked.append(Question("spend", spend, "Start"))
        return tuple(dict.fromkeys(asked))

    async def unkeepable(self, planned: Planned, request: RunRequest) -> Refused | None:
        """Why the caps of this plan could not be kept; None where they can."""
        made = await self.prepare(request, trusted=False)
        if isinstance(made, Refused):
            return made
        return cap_refusal(planned.estimate, with_default_cap(made.caps, planned.estimate))

    async def start(
        self, made: Ingredients, estimate: Estimate, request: RunRequest, environment: Mapping[str, str]
    ) -> Run | Refused:
        """Puts an order into a run folder and hands it to the queue."""
        caps = with_default_cap(made.caps, estimate)
        settings = self._index.snapshot.settings
        fits = await allowed(self._store, settings, estimate, caps, over=request.over_budget)
        interpreter = self.interpreters.usable
        if isinstance(fits, Refused):
            return fits
        if interpreter is None:
            return Refused("missing", "No Python can run your code. Make one: python3 -m venv .venv")
        run = Run(
            new_id(), made.target.name, request.verb, RunState.QUEUED, made.recipe, time.time(), fits.caps
        )
        order = await asyncio.to_thread(self._order, made, run, fits.caps, estimate)
        if isinstance(order, Refused):
            return order
        started = await self._engine.start(
            run, order, order_examples(made.parts), Path(interpreter.path), environment
        )
        await asyncio.to_thread(keep_estimate, RunFolder(self._paths.runs / run.id), estimate)
        return started

    async def _experience(self, made: Ingredients) -> Experience:
        """What earlier runs of this target teach; also remembered for lenses, which answer from memory."""
        runs = await self._store.runs(made.target.name, limit=LOOKED_BACK)
        used = await self._store.by_role(made.target.name)
        past = await asyncio.to_thread(experience_of, runs, made.recipe, made.threads, self._paths.runs, used)
        self._past[made.size] = past
        return past

    def _order(self, made: Ingredients, run: Run, caps: Caps, estimate: Estimate) -> Order | Refused:
        root = self._paths.root
        try:
            files = file_digests(
                root, (*pieces_of(made.target), *(it for found in made.code.values() for it in found))
            )
        except OSError as error:
            return Refused("missing", f"{error.filename} cannot be read. Save it and try again.")
        return order_of(run, root, made, caps, self._paths.cache, files, estimate.calls.judge.high)

    async def _budget_question(self, every: Sequence[Terms], over: bool) -> Question | None:
        """Whether to go over the budget, where the runs do not fit into it; it stands for the one on spending."""
        settings, taken = self._index.snapshot.settings, FREE
        for it in every:
            fits = await allowed(self._store, settings, it.estimate, it.caps, over=over, taken=taken)
            if isinstance(fits, Refused):
                over_budget = Question("budget", fits.message, "Start over budget")
                return over_budget if fits.reason == "budget" else None
            taken = Micros(taken + (fits.caps.dollars or 0))
        return None

    async def _endpoint_questions(self, made: Ingredients) -> tuple[Question, ...]:
        bases = sorted({it.api_base for it in made.models.all if it.api_base})
        return tuple(
            [
                Question(
                    "endpoint",
                    f"The settings send prompts and your key to {base}. Use this endpoint?",
                    "Use it",
                    base,
                )
                for base in bases
                if not await self._store.endpoint_confirmed(base)
            ]
        )


def made_of(
    target: Target, settings: Settings, request: RunRequest, dspy: str, function: Finding
) -> Ingredients | Refused:
    """What the run that is asked for would be made of."""
    make = draft_ingredients if request.verb is Verb.DRAFT else ingredients
    return make(target, settings, request, dspy, function)


def find(snapshot: Snapshot, text: str | None) -> str | Refused:
    """The full name of the target that `text` names."""
    if text is None:
        return Refused("missing", "No target was named. Name one, e.g. app.rag:QA.")
    found = snapshot.find(text)
    if isinstance(found, Ambiguous):
        return Refused("missing", f"{text} could be {', '.join(found.candidates)}. Name one of them in full.")
    if found is None:
        near = snapshot.nearest(text)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`dspy-lens targets` lists what there is."
        return Refused("missing", f"There is no target {text}. {hint}")
    return found.name


def pieces_of(target: Target) -> tuple[Piece, ...]:
    """All source text that a target's result depends on."""
    return (*target.definition.pieces, *(target.metric.pieces if target.metric else ()))


def new_id() -> str:
    """A run's id: sortable by time, and unlike any other."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"
