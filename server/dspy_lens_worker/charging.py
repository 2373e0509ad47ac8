"""What an attempt may take before it is sent, and what it took once it was answered."""

import math
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.guard import Amount
from dspy_lens_worker.messages import Charge, Role
from dspy_lens_worker.prices import EXTRA, Bound, Prices, is_practice, size

MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """The arguments of DSPy's attempt function; `request` is None on its LiteLLM and legacy paths."""

    lm: Any
    call: Any
    backend: Any
    request: Any
    provider: Any
    state: Any
    results: Any

    @property
    def content(self) -> Any:
        """The texts that are sent."""
        if self.call.request is None:
            return self.call.legacy.get("messages")
        from dspy._vendor.lm15.serde import request_to_dict

        return request_to_dict(self.call.request)

    @property
    def copies(self) -> int:
        """How many answers one request brings: more than one only where the backend fans out itself."""
        return 1 if self.request is not None else int(self.call.n)


def bound_of(prices: Prices, attempt: Attempt) -> Bound:
    """The most that the attempt can take."""
    return prices.bound(attempt.lm, attempt.call.legacy, attempt.content, attempt.request, attempt.copies)


def charge_of(prices: Prices, attempt: Attempt, bound: Bound, role: Role) -> Charge:
    """What a reply took. One that does not say is taken to have been as long as it may, for a long prompt."""
    result = attempt.results[-1]
    usage = result.usage or {}
    given, made = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if given:
        prices.learn(attempt.lm, attempt.content, given)
    given = min(bound.input, math.ceil(size(attempt.content)) + EXTRA) if given is None else given
    if made is not None and role == "task":
        prices.answered(attempt.lm, made)
    made = bound.output if made is None else made
    micros = _micros(prices, attempt, given, made)
    return Charge(role=role, model=attempt.lm.model, input=given, output=made, micros=micros)


def reserved(bound: Bound) -> Amount:
    return Amount(1, bound.input + bound.output, bound.micros or 0)


def taken(charge: Charge | None) -> Amount:
    if charge is None:
        return Amount()
    return Amount(0, charge.input + charge.output, charge.micros or 0)


def _micros(prices: Prices, attempt: Attempt, given: int, made: int) -> int | None:
    if is_practice(attempt.lm):
        return 0
    cost: float | None = attempt.results[-1].cost
    if cost is None:
        cost = _exact(attempt)
    if (said := prices.said(attempt.lm)) is not None:
        cost = said.cost(given, made, cost)
    if cost is not None:
        return round(cost * MICROS)
    price = prices.price(attempt.lm)
    return None if price is None else price.micros(given, made)


def _exact(attempt: Attempt) -> float | None:
    """DSPy's own price of a native reply, which knows cached and reasoning tokens."""
    if attempt.provider is None or attempt.state.response is None:
        return None
    from dspy.clients.costs import estimate_cost

    from dspy_lens_worker.prices import route

    _, model, namespaces = route(attempt.lm)
    cost, _ = estimate_cost(
        attempt.state.response,
        provider=attempt.provider,
        requested_model=model,
        request=attempt.request,
        namespaces=namespaces,
    )
    return None if cost is None else float(cost)
