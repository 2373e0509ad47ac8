"""Caps and budget, before anything is spent."""

from datetime import UTC, datetime

import pytest

from dspy_lens.runs.budget import Allowed, decide, period_start
from dspy_lens.values.estimate import Calls, Estimate, Range
from dspy_lens.values.money import Micros, micros
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Caps
from dspy_lens.values.settings import Budget

COSTS = Range(0.5, 0.8, 1.1)
MANY = Range(100, 150, 200)


def estimate(dollars: Range | None, requests: Range = MANY, evaluation: float = 40) -> Estimate:
    return Estimate(
        target="app:QA",
        key="k",
        optimizer="bootstrap",
        parameters={},
        model="m",
        prompt_model="m",
        calls=Calls(task=requests),
        evaluation_calls=Range.exactly(evaluation),
        cached_calls=Range.exactly(0),
        requests=requests,
        dollars=dollars,
    )


def check(
    cost: Range | None, cap: float | None, left: float | None, spent: float = 0, committed: float = 0
) -> Allowed | Refused:
    caps = Caps(dollars=None if cap is None else micros(cap))
    budget = None if left is None else Budget(dollars=left + spent + committed)
    return decide(estimate(cost), caps, budget, micros(spent), micros(committed))


def test_without_budget_a_run_keeps_its_caps() -> None:
    assert check(COSTS, 1.0, None) == Allowed(Caps(Micros(1_000_000)))
    assert check(None, None, None) == Allowed(Caps())


def test_a_run_that_may_cost_more_than_is_left_is_refused() -> None:
    assert check(COSTS, None, 0.40, spent=3) == Refused(
        "budget", "The budget has $0.40 left and this run may cost $1.10. Raise it, or pick fewer trials."
    )


def test_a_cap_holds_what_a_run_may_cost() -> None:
    assert check(COSTS, 0.40, 0.40) == Allowed(Caps(Micros(400_000)))
    assert check(COSTS, 0.41, 0.40).__class__ is Refused


def test_what_is_left_becomes_the_cap_so_that_the_budget_is_kept() -> None:
    assert check(COSTS, None, 2.0) == Allowed(Caps(Micros(2_000_000)))
    assert check(COSTS, 5.0, 2.0) == Allowed(Caps(Micros(2_000_000)))
    assert check(None, None, 2.0) == Allowed(Caps(Micros(2_000_000)))


def test_other_runs_that_go_on_are_counted_in() -> None:
    refused = check(COSTS, None, 0.40, spent=1, committed=0.6)
    assert isinstance(refused, Refused)
    assert "has $0.40 left beside the $0.60 that other runs may take" in refused.message


def test_an_empty_budget_refuses_all_but_what_is_free() -> None:
    assert check(None, None, 0.0, spent=1) == Refused(
        "budget",
        "The budget has $0 left and the price of this run is unknown. Raise it, or pick fewer trials.",
    )
    assert check(Range.exactly(0), None, 0.0, spent=1) == Allowed(Caps())


def test_a_cap_that_holds_no_evaluation_is_refused() -> None:
    refused = decide(estimate(COSTS), Caps(calls=19), None, Micros(0), Micros(0))
    assert refused == Refused(
        "cap",
        "The cap is 19 calls and a held-out evaluation alone takes 20. Raise it, or use fewer examples.",
    )
    refused = decide(estimate(COSTS), Caps(dollars=micros(0.05)), None, Micros(0), Micros(0))
    assert isinstance(refused, Refused)
    assert "The cap is $0.05 and a held-out evaluation alone costs about $0.10" in refused.message


def test_a_cap_in_dollars_needs_a_price() -> None:
    refused = decide(estimate(None), Caps(dollars=micros(1)), None, Micros(0), Micros(0))
    assert isinstance(refused, Refused)
    assert "The price of m is unknown" in refused.message
    beside_calls = Caps(dollars=micros(1), calls=200)
    assert decide(estimate(None), beside_calls, None, Micros(0), Micros(0)) == Allowed(beside_calls)


def test_a_cap_below_the_whole_run_is_not_refused() -> None:
    caps = Caps(calls=20, dollars=micros(0.1))
    assert decide(estimate(COSTS), caps, None, Micros(0), Micros(0)) == Allowed(caps)


def test_a_run_that_is_cached_needs_no_cap() -> None:
    cached = estimate(Range.exactly(0), requests=Range.exactly(0))
    caps = Caps(dollars=Micros(0), calls=0)
    assert decide(cached, caps, None, Micros(0), Micros(0)) == Allowed(caps)


@pytest.mark.parametrize(("per", "day"), [("day", 5), ("week", 2), ("month", 1)])
def test_a_period_begins_at_midnight(per: str, day: int) -> None:
    now = datetime(2026, 3, 5, 13, 30, tzinfo=UTC)  # a Thursday
    period = Budget.model_validate({"dollars": 1, "per": per}).per
    assert period_start(period, now) == datetime(2026, 3, day, tzinfo=UTC).timestamp()
