"""What a recipe would cost. Pure: everything comes in as arguments."""

from dataclasses import replace
from typing import Any

from dspy_lens.estimate.correcting import Correction
from dspy_lens.estimate.prices import Prices
from dspy_lens.estimate.sizes import Asked, dollars_of, parts_of, seconds_of, shares_of, tokens_of
from dspy_lens.estimate.words import assumptions
from dspy_lens.values.estimate import ZERO, Calls, Estimate, Range
from dspy_lens.values.run import Verb
from dspy_lens_worker.messages import LEAST_EXAMPLES
from dspy_lens_worker.optimizers.base import CallPlan, Figure, Optimizer, Parameters, Shape
from dspy_lens_worker.optimizers.counting import VARIES, distinct

__all__ = ["Correction", "Prices", "estimate"]

NOTHING = CallPlan(task=Figure.exactly(0))


def estimate(
    *,
    target: str,
    key: str,
    optimizer: Optimizer,
    parameters: Parameters,
    verb: Verb,
    shape: Shape,
    held_out: int,
    seed: int,
    model: str | None,
    prompt_model: str | None,
    prices: Prices | None = None,
    cached: float = 0.0,
    threads: int = 8,
    judge_calls: Range = ZERO,
    latency: float | None = None,
    correction: Correction | None = None,
    uncached: frozenset[str] = frozenset(),
) -> Estimate:
    """The estimate of a run. Without `prices` it has calls only.

    `shape` counts the examples that the optimizer gets, `held_out` the others. `cached` is the number of
    plain calls that the LM cache is known to hold, `judge_calls` the calls the metric makes for one answer,
    `latency` the seconds of a request as earlier runs measured it. `uncached` are the roles (task, prompt,
    judge) whose model is asked anew each time, since its cache is off.
    """
    plan = optimizer.calls(parameters, shape, seed) if verb is Verb.OPTIMIZE else NOTHING
    asked = asked_anew(asked_of(plan, verb, shape, held_out, judge_calls, cached, prices), uncached)
    known = prices is not None
    correction = correction or Correction()
    plain = parts_of(asked, prices) if prices else ()
    parts = [it.corrected(correction) for it in plain]
    return Estimate(
        target=target,
        key=key,
        optimizer=optimizer.name if verb is Verb.OPTIMIZE else verb.value,
        parameters=parameters.model_dump(mode="json") if verb is Verb.OPTIMIZE else {},
        model=model,
        prompt_model=prompt_model,
        calls=rounded_calls(asked.calls),
        evaluation_calls=rounded(asked.evaluation),
        cached_calls=rounded(asked.cached),
        requests=rounded(asked.requests),
        tokens=tokens_of(parts) if parts else None,
        dollars=dollars_of(parts) if parts else None,
        seconds=seconds_of(asked, threads, latency, practice=known and prices.practice) if prices else None,
        assumptions=assumptions(asked, shape, prices, correction, judge_calls, uncached),
        roles=shares_of(plain),
    )


def asked_of(
    plan: CallPlan,
    verb: Verb,
    shape: Shape,
    held_out: int,
    judge_calls: Range,
    cached: float,
    prices: Prices | None = None,
) -> Asked:
    """The run's calls: the optimizer's own, and the held-out evaluations before and after."""
    everything = shape.train + shape.validation + held_out
    few = not held_out or everything < LEAST_EXAMPLES
    if verb is not Verb.OPTIMIZE:
        once, after = range_of(shape.calls_per_run) * (everything if few else held_out), ZERO
    else:
        once = range_of(shape.calls_per_run) * (0 if few else held_out)
        after = range_of(shape.calls_per_run.times(plan.result_runs)) * (0 if few else held_out)
    task = range_of(plan.task) + once + after
    runs = Range(
        *(a / b for a, b in zip(_figures(task), _figures(range_of(shape.calls_per_run)), strict=True))
    )
    judged = product(runs + range_of(plan.judge), judge_calls)
    calls = Calls(task, range_of(plan.prompt), judged)
    held = min(cached, calls.task.expected)
    again = (
        _looked_up(plan, held_out, after, prices)
        if plan.result_pool
        else _same_again(plan, after, shape, prices)
    )
    sent = (calls.task.expected - plan.repeated.expected - again.expected) / shape.calls_per_run.expected
    return Asked(
        plan=plan,
        calls=calls,
        before=once,
        after=after,
        cached=Range.exactly(held) if calls.task.certain else Range(min(held, calls.task.low), held, held),
        repeated=range_of(plan.repeated),
        again=again,
        judge_sent=judge_sent(judged, once, sent, shape, held_out, judge_calls),
    )


def asked_anew(asked: Asked, uncached: frozenset[str]) -> Asked:
    """The same calls where no cache stands before the models of these roles: each of them is sent."""
    if "task" in uncached:
        asked = replace(asked, cached=ZERO, repeated=ZERO, again=ZERO)
    if "prompt" in uncached:
        asked = replace(asked, plan=replace(asked.plan, prompt_repeated=Figure.exactly(0)))
    if "judge" in uncached:
        asked = replace(asked, judge_sent=asked.calls.judge)
    return asked


def judge_sent(judged: Range, once: Range, asked: float, shape: Shape, held_out: int, each: Range) -> Range:
    """Calls of a judge that are sent: the same answer to the same example is judged once, then cached.

    At least the first evaluation is, at most every answer. `asked` is how often the program is expected to be
    asked in all, in prompts that differ; held-out examples are asked about twice of these.
    """
    first = once.low / max(1.0, shape.calls_per_run.low) * each.low
    others = shape.train + shape.validation
    held_out = held_out if once.high else 0
    rest = max(0.0, asked - 2 * held_out)
    answers = held_out * _different(min(2.0, asked / max(1, held_out)), shape.success)
    answers += others * _different(rest / max(1, others), shape.success)
    low = min(first, judged.low)
    usual = min(judged.expected, answers * each.expected)
    return Range(low, max(low, usual), max(low, usual, judged.high))


def _different(times: float, success: float) -> float:
    """How many different answers to one example are expected in so many prompts: a right and a wrong one at most."""
    if times <= 1:
        return times
    same = sum(
        share * (1 - VARIES * (1 - share)) ** times + (1 - share) * (VARIES * share) ** times
        for share in (success, 1 - success)
    )
    return 2.0 - float(same)


def _looked_up(plan: CallPlan, held_out: int, after: Range, prices: Prices | None) -> Range:
    """What a program that looks up examples at each call asks about them over and over."""
    runs = held_out * (plan.result_runs.expected - 1)
    each = after.expected / max(1.0, runs + held_out)
    usual = each * (prices.without_labels if prices else 0.0) * (runs - distinct(plan.result_pool, runs))
    # Questions that have the same examples nearest ask all of it again.
    return Range(0, usual, max(usual, each * runs * (1 - 1 / max(1, held_out))))


def _same_again(plan: CallPlan, after: Range, shape: Shape, prices: Prices | None) -> Range:
    """What the second evaluation asks as the first did: all of it where the program was kept as it is.

    A step that no example labels takes no labelled demos, so that it stays as it is where these are all.
    """
    if plan.again is not None:
        again = plan.again * after.expected
        return Range(after.low if plan.again == 1 else 0, again, after.high if again else 0)
    if plan.unchanged:
        return Range(0, 0, after.high)
    if plan.result_bootstrapped or plan.result_longer.high:
        return ZERO
    if prices is None:
        return Range(0, 0, after.high * (shape.predictors - 1) / shape.predictors)
    return after * prices.without_labels


def product(left: Range, right: Range) -> Range:
    return Range(left.low * right.low, left.expected * right.expected, left.high * right.high)


def range_of(figure: Figure) -> Range:
    return Range(figure.low, figure.expected, figure.high)


def rounded(value: Range) -> Range:
    """Whole calls: what is certain stays certain."""
    return Range(round(value.low), round(value.expected), round(value.high))


def rounded_calls(calls: Calls) -> Calls:
    return Calls(rounded(calls.task), rounded(calls.prompt), rounded(calls.judge))


def _figures(value: Range) -> tuple[Any, ...]:
    return value.low, max(value.expected, 1e-9), max(value.high, 1e-9)
