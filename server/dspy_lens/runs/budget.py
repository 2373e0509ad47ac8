"""Whether a run may be started: its caps, the budget, the ledger and the estimate. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dspy_lens.values.estimate import Estimate
from dspy_lens.values.money import Micros, micros, shown
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Caps
from dspy_lens.values.settings import Budget, Period


@dataclass(frozen=True, slots=True)
class Allowed:
    """The run may start, under these caps: never more than the budget still holds."""

    caps: Caps


def decide(
    estimate: Estimate, caps: Caps, budget: Budget | None, spent: Micros, committed: Micros
) -> Allowed | Refused:
    """Allowed, or refused by cap or budget.

    `spent` is the ledger since `period_start`, `committed` what unfinished runs may still spend.
    """
    if refused := cap_refusal(estimate, caps):
        return refused
    if budget is None or free(estimate):
        return Allowed(caps)
    left = Micros(max(0, micros(budget.dollars) - spent - committed))
    worst = may_cost(estimate, caps)
    if left == 0 or (worst is not None and worst > left):
        return budget_refusal(left, worst, committed)
    return Allowed(replace(caps, dollars=left if caps.dollars is None else Micros(min(caps.dollars, left))))


def free(estimate: Estimate) -> bool:
    return estimate.dollars is not None and estimate.dollars.high == 0


def may_cost(estimate: Estimate, caps: Caps) -> Micros | None:
    """The most that a run may cost: its estimate's high, held by its cap; None when neither is known."""
    high = None if estimate.dollars is None else micros(estimate.dollars.high)
    return min((it for it in (high, caps.dollars) if it is not None), default=None)


def budget_refusal(left: Micros, worst: Micros | None, committed: Micros) -> Refused:
    cost = f"this run may cost {shown(worst)}" if worst is not None else "the price of this run is unknown"
    kept = f" beside the {shown(committed)} that other runs may take" if committed else ""
    return Refused(
        "budget", f"The budget has {shown(left)} left{kept} and {cost}. Raise it, or pick fewer trials."
    )


def cap_refusal(estimate: Estimate, caps: Caps) -> Refused | None:
    """Refused when a cap cannot be kept, or does not even hold one held-out evaluation: there would be no score.

    A run that only gets less far than it could is not refused: it stops with its best.
    """
    if (
        estimate.dollars is None
        and caps.dollars is not None
        and not (caps.calls or caps.tokens or caps.minutes)
    ):
        return Refused(
            "cap",
            f"The price of {estimate.model} is unknown, so a cap in dollars cannot be kept. "
            "Give a cap in calls instead, or its price in the settings.",
        )
    # Baseline and best are evaluated on the same examples: half of the calls are one of the two.
    least = min(estimate.evaluation_calls.low / 2, estimate.requests.low)
    if caps.calls is not None and caps.calls < least:
        return Refused(
            "cap",
            f"The cap is {caps.calls} calls and a held-out evaluation alone takes {least:.0f}. "
            "Raise it, or use fewer examples.",
        )
    price = evaluation_cost(estimate, least)
    if caps.dollars is not None and price is not None and caps.dollars < price:
        return Refused(
            "cap",
            f"The cap is {shown(caps.dollars)} and a held-out evaluation alone costs about {shown(price)}. "
            "Raise it, or use fewer examples.",
        )
    return None


def evaluation_cost(estimate: Estimate, calls: float) -> Micros | None:
    """The evaluation's share of the lowest price, by number of requests."""
    if estimate.dollars is None or estimate.requests.low <= 0:
        return None
    return micros(estimate.dollars.low * calls / estimate.requests.low)


def period_start(per: Period, now: datetime) -> float:
    """When the current day, week (from Monday) or month began, in seconds since the epoch."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    match per:
        case "day":
            pass
        case "week":
            start -= timedelta(days=start.weekday())
        case "month":
            start = start.replace(day=1)
    return start.timestamp()
