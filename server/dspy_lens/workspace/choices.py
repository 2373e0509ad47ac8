"""The cheapest, the recommended and the strongest choice for a target, side by side with all others."""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dspy_lens.values.estimate import Estimate
from dspy_lens.values.request import Planned, Refused, RunRequest
from dspy_lens_worker.optimizers import all_optimizers, find

Role = Literal["cheapest", "recommended", "strongest"]

# The most thorough ones, the first that works here being the strongest choice.
STRONGEST: tuple[tuple[str, dict[str, Any]], ...] = (
    ("miprov2", {"auto": "heavy"}),
    ("gepa", {"auto": "heavy"}),
    ("simba", {}),
    ("bootstrap_rs", {}),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """One optimizer with its parameters and what it would take, and the roles it has among all."""

    optimizer: str
    parameters: dict[str, Any]
    estimate: Estimate
    roles: tuple[Role, ...] = ()

    @property
    def contender(self) -> str:
        """As comparisons name it, and take it: `miprov2 auto=heavy`."""
        return " ".join([self.optimizer, *(f"{name}={_word(it)}" for name, it in self.parameters.items())])


@dataclass(frozen=True, slots=True)
class Choices:
    """Every optimizer that works for a target, the cheapest first; of the others, why they do not."""

    offers: tuple[Offer, ...]
    left_out: tuple[tuple[str, Refused], ...]


Plan = Callable[[RunRequest], Awaitable[Planned | Refused]]


async def choices(plan: Plan, request: RunRequest) -> Choices | Refused:
    """What there is to choose from for a target; the reason why where nothing works."""
    recommended = await plan(request.model_copy(update={"optimizer": "auto", "parameters": {}}))
    if isinstance(recommended, Refused):
        return recommended
    strongest = await _strongest(plan, request)
    found = [(it.name, await _offer(plan, request, it.name)) for it in all_optimizers()]
    every = [it for _, it in found if isinstance(it, Offer)]
    for it in (_of(recommended.estimate), strongest):
        if it is not None and not any(_same(it, other) for other in every):
            every.append(it)
    every.sort(key=lambda it: cost(it.estimate))
    left_out = tuple((name, it) for name, it in found if isinstance(it, Refused))
    return Choices(tuple(_named(every, recommended.estimate, strongest)), left_out)


def cost(it: Estimate) -> tuple[bool, float, float]:
    """What is compared: dollars where they are known, then requests; what has no price is not called cheap."""
    return it.dollars is None, (it.dollars.expected if it.dollars else 0.0), it.requests.expected


async def _strongest(plan: Plan, request: RunRequest) -> Offer | None:
    for name, parameters in STRONGEST:
        if isinstance(found := await _offer(plan, request, name, parameters), Offer):
            return found
    return None


async def _offer(
    plan: Plan, request: RunRequest, name: str, parameters: dict[str, Any] | None = None
) -> Offer | Refused:
    planned = await plan(request.model_copy(update={"optimizer": name, "parameters": parameters or {}}))
    return planned if isinstance(planned, Refused) else Offer(name, parameters or {}, planned.estimate)


def _word(value: Any) -> str:
    """A parameter's value without spaces, as it is read again."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _of(estimate: Estimate) -> Offer:
    defaults = find(estimate.optimizer).parameters().model_dump(mode="json")
    given = {name: it for name, it in estimate.parameters.items() if it != defaults.get(name)}
    return Offer(estimate.optimizer, given, estimate)


def _same(one: Offer, other: Offer) -> bool:
    return one.estimate.key == other.estimate.key


def _named(every: Sequence[Offer], recommended: Estimate, strongest: Offer | None) -> list[Offer]:
    named = []
    for at, it in enumerate(every):
        roles: list[Role] = ["cheapest"] if at == 0 else []
        roles += ["recommended"] if it.estimate.key == recommended.key else []
        roles += ["strongest"] if strongest is not None and _same(it, strongest) else []
        named.append(Offer(it.optimizer, it.parameters, it.estimate, tuple(roles)))
    return named
