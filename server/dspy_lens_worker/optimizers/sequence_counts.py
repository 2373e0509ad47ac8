"""The calls of several optimizers in a row."""

import math
from collections.abc import Sequence
from dataclasses import replace

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Shape

NONE = Figure(0, 0, 0)


def together(plans: Sequence[tuple[CallPlan, bool]], shape: Shape) -> CallPlan:
    """One plan of all; each with whether it leaves the demos that it is given."""
    carried = CallPlan(task=NONE, unchanged=True)
    whole: list[CallPlan] = []
    for at, (plan, keeps) in enumerate(plans):
        whole.append(following(plan, carried, keeps, again=shape if at else None))
        carried = whole[-1]
    last = whole[-1]
    sent = [(it, rest(it.task, it.repeated)) for it in whole]
    known = [it.again for it in whole if it.again is not None]
    return CallPlan(
        task=total([it.task for it in whole]),
        prompt=total([it.prompt for it in whole]),
        judge=total([it.judge for it in whole]),
        repeated=total([it.repeated for it in whole]),
        sequential=total([it.sequential for it in whole]),
        trials=None if any(it.trials is None for it in whole) else sum(it.trials or 0 for it in whole),
        demos=mean([(it.demos, each) for it, each in sent]),
        bootstrapped=mean([(Figure.exactly(it.bootstrapped), each) for it, each in sent]).expected,
        longer=mean([(it.longer, each) for it, each in sent]),
        prompt_examples=mean([(it.prompt_examples, it.prompt) for it in whole]),
        prompt_answers=mean([(Figure.exactly(it.prompt_answers), it.prompt) for it in whole]).expected or 1.0,
        prompt_longer=mean([(it.prompt_longer, it.prompt) for it in whole]),
        prompt_given=mean([(it.prompt_given, it.prompt) for it in whole]),
        prompt_written=mean([(it.prompt_written, answers(it)) for it in whole]),
        prompt_repeated=total([it.prompt_repeated for it in whole]),
        prompt_plain_examples=mean([(it.prompt_plain_examples, it.prompt) for it in whole]),
        again=math.prod(known) if len(known) == len(whole) else None,
        result_demos=last.result_demos,
        result_bootstrapped=last.result_bootstrapped,
        result_longer=last.result_longer,
        unchanged=all(it.unchanged for it in whole),
        result_runs=last.result_runs,
        trained=total([it.trained for it in whole]),
        training_price=next((it.training_price for it in whole if it.trained.high), None),
    )


def following(plan: CallPlan, before: CallPlan, keeps: bool, again: Shape | None) -> CallPlan:
    """A plan whose program has the instructions, and may have the demos, of the one before.

    `again` is the shape where it is not the first: then it may evaluate what was evaluated before.
    """
    more = again.calls_per_run * (again.validation or again.train) if again else NONE
    plan = replace(
        plan,
        repeated=plan.repeated + Figure(0, 0.5 * more.expected, more.high),
        longer=plan.longer + before.result_longer,
        result_longer=plan.result_longer + before.result_longer,
    )
    if not keeps:
        return plan
    return replace(
        plan,
        demos=plan.demos + before.result_demos,
        bootstrapped=plan.bootstrapped + before.result_bootstrapped,
        result_demos=plan.result_demos + before.result_demos,
        result_bootstrapped=plan.result_bootstrapped + before.result_bootstrapped,
    )


def rest(all_of: Figure, part: Figure) -> Figure:
    """What is left when the expected part is gone."""
    return Figure.exactly(max(0.0, all_of.expected - part.expected))


def answers(plan: CallPlan) -> Figure:
    return plan.prompt * plan.prompt_answers


def total(figures: Sequence[Figure]) -> Figure:
    return sum(figures, NONE)


def mean(weighted: Sequence[tuple[Figure, Figure]]) -> Figure:
    """The mean figure, each weighted by how many calls it is of."""
    calls = sum(weight.expected for _, weight in weighted)
    return total([it * (weight.expected / calls) for it, weight in weighted]) if calls else NONE
