"""Several runs of one target that are to be compared: planned, priced and capped together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dspy_lens.values.estimate import ZERO, Estimate, Range
from dspy_lens.values.request import ContestRequest, Planned, Question, Refused, RunRequest
from dspy_lens.values.run import Verb
from dspy_lens.workspace.workspace import Workspace
from dspy_lens_worker.optimizers import Optimizer, UnknownOptimizer, WrongParameter, find
from dspy_lens_worker.optimizers.sequence import Sequence as InSequence

ALONE = "Comparing takes two runs or more. Name another optimizer or model."
OF_A_RUN = frozenset(RunRequest.model_fields) - {"optimizer", "model", "parameters", "verb"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One run of a contest, with its share of the caps; `stored` where the store has its result already."""

    request: RunRequest
    planned: Planned
    stored: bool


@dataclass(frozen=True, slots=True)
class Contest:
    """The runs to be compared. `dollars` are None where a price is unknown; what is stored costs nothing."""

    entries: tuple[Entry, ...]

    @property
    def missing(self) -> list[Entry]:
        """Those that have not been run yet."""
        return [it for it in self.entries if not it.stored]

    @property
    def dollars(self) -> Range | None:
        known = [it.planned.estimate.dollars for it in self.missing]
        return None if None in known else sum((it for it in known if it), ZERO)

    @property
    def requests(self) -> Range:
        return sum((it.planned.estimate.requests for it in self.missing), ZERO)


async def contest(workspace: Workspace, request: ContestRequest) -> Contest | Refused:
    """The plan of all runs; the first reason why one of them cannot be, before anything is spent."""
    try:
        wanted = runs_of(request)
    except (UnknownOptimizer, WrongParameter) as error:
        return Refused("used", str(error))
    if len(wanted) < 2:
        return Refused("used", ALONE)
    entries: list[Entry] = []
    for it in wanted:
        made = await _entry(workspace, it, entries)
        if isinstance(made, Refused):
            return made
        entries.append(made)
    found = Contest(tuple(_with_shares(entries, request)))
    for one in found.missing:
        if refused := await workspace.unkeepable(one.planned, one.request):
            return refused
    return found


async def questions(workspace: Workspace, found: Contest, request: ContestRequest) -> tuple[Question, ...]:
    """What must be said yes to before they start: one price for all of them."""
    over = {"over_budget": request.over_budget}
    return await workspace.questions_on(
        [(it.planned, it.request.model_copy(update=over)) for it in found.entries]
    )


async def _entry(workspace: Workspace, request: RunRequest, before: Sequence[Entry]) -> Entry | Refused:
    # The program as it is gets the same score whatever the optimizer, so that its answers are paid once.
    scored = any(it.request.model == request.model for it in before)
    planned = await workspace.plan(request, scored)
    if isinstance(planned, Refused):
        name = request.optimizer or "evaluate"
        told = planned.message if name in planned.message else f"{name}: {planned.message}"
        return Refused(planned.reason, told, planned.fix)
    return Entry(request, planned, await workspace.stored(planned, request) is not None)


def runs_of(request: ContestRequest) -> list[RunRequest]:
    """A request for each optimizer with each model, each once.

    Raises UnknownOptimizer, and WrongParameter where a parameter that is meant for all is of none.
    """
    shared = request.model_dump(include=set(OF_A_RUN), exclude_none=True)
    one = [request.optimizer] if request.optimizer else []
    named = [_read(it) for it in request.optimizers or one]
    unknown = [it for it in request.parameters if not any(_has(optimizer, it) for _, optimizer, _ in named)]
    if unknown:
        names = ", ".join(name for name, _, _ in named) or "a program as it is"
        raise WrongParameter(f"{unknown[0]} is no parameter of {names}. Leave it out.")
    found: list[RunRequest] = []
    models: list[str | None] = [*request.models]
    for model in models or [request.model]:
        if not named:
            found.append(RunRequest(**shared, verb=Verb.EVALUATE, model=model))
        for name, optimizer, own in named:
            common = {key: it for key, it in request.parameters.items() if _has(optimizer, key)}
            found.append(RunRequest(**shared, optimizer=name, parameters={**common, **own}, model=model))
    return [it for at, it in enumerate(found) if it not in found[:at]]


def _read(text: str) -> tuple[str, Optimizer | None, Mapping[str, Any]]:
    """`miprov2 auto=heavy` as a name, what has it, and parameters; `auto` is chosen later."""
    name, *words = text.split()
    wrong = [it for it in words if "=" not in it]
    if wrong:
        raise WrongParameter(f"{wrong[0]!r} is not key=value. Write an optimizer as `miprov2 auto=heavy`.")
    own = dict(it.split("=", 1) for it in words)
    return name, None if name == "auto" else find(name), own


def _has(optimizer: Optimizer | None, parameter: str) -> bool:
    if optimizer is None:
        return False
    parts = list(optimizer.parts.values()) if isinstance(optimizer, InSequence) else [optimizer]
    own = [*(name for it in parts for name in it.parameters.model_fields), *(it.name for it in parts)]
    return parameter in own or parameter.partition(".")[0] in own


def _with_shares(entries: Sequence[Entry], request: ContestRequest) -> Iterator[Entry]:
    """The entries with what each may take of the caps on all, by what each may take at most."""
    missing = [it for it in entries if not it.stored]
    weights = dict(zip(map(id, missing), _weights([it.planned.estimate for it in missing]), strict=True))
    for it in entries:
        share = weights.get(id(it))
        yield it if share is None else Entry(_capped(it.request, request, share), it.planned, it.stored)


def _weights(estimates: Sequence[Estimate]) -> list[float]:
    dollars = [it.dollars.high if it.dollars else 0.0 for it in estimates]
    priced = all(it.dollars for it in estimates) and sum(dollars) > 0
    worst = dollars if priced else [it.requests.high for it in estimates]
    total = sum(worst)
    return [it / total if total else 1 / len(worst) for it in worst]


def _capped(one: RunRequest, request: ContestRequest, share: float) -> RunRequest:
    caps = {
        "cap": request.cap,
        "cap_calls": request.cap_calls,
        "cap_tokens": request.cap_tokens,
        "cap_minutes": request.cap_minutes,
    }
    whole = ("cap_calls", "cap_tokens")
    given = {name: it * share for name, it in caps.items() if it is not None}
    return one.model_copy(update={name: int(it) if name in whole else it for name, it in given.items()})
