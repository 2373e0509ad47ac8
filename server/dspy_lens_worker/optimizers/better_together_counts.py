"""The calls of BetterTogether: those of its steps, and an evaluation on the validation part before and after each."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Optimizer, Parameters, Shape
from dspy_lens_worker.optimizers.sequence_counts import Step, over, row, together, total


def turn(optimizer: Optimizer, parameters: Parameters, plan: CallPlan) -> Step:
    """A step as BetterTogether takes it: who takes a trainset only does not see the validation part."""
    step = Step.of(optimizer, parameters, plan)
    if optimizer.wants_validation:
        return step
    return replace(step, as_given=False, evaluates=False)


def taking_turns(steps: Sequence[Step], shape: Shape) -> CallPlan:
    """One plan of all of them. The result is the best of the student and of what each step made of it."""
    whole = together(steps, shape)
    once = shape.calls_per_run * shape.validation
    evaluations = once * (1 + len(steps))
    known = once * (sum(it.evaluates for it in steps) + begins(steps[0]))
    for before, step in pairwise(steps):
        known = known + once * (step.as_given and not before.evaluates)
    known = Figure(0, known.expected, evaluations.high)
    plan = replace(
        whole,
        task=whole.task + evaluations,
        repeated=whole.repeated + known,
        trials=None if whole.trials is None else whole.trials + 1 + len(steps),
        unchanged=True,
    )
    return best_of(plan, steps, row(steps, shape))


def begins(first: Step) -> bool:
    """Whether the first step evaluates the student itself."""
    return first.evaluates and first.plan.unchanged


def best_of(plan: CallPlan, steps: Sequence[Step], results: Sequence[CallPlan]) -> CallPlan:
    """The plan with the result that does best on the validation part.

    Any of the programs that are evaluated there is as likely to be it as the others, so that a step that
    has chosen among many is more likely to have it.
    """
    tries = [float(it.plan.trials or 1) if it.evaluates else 1.0 for it in steps]
    every = sum(tries) + (not begins(steps[0]))
    chances = [it / every for it in tries]
    again = 1 - sum(it * (1 - (one.again or 0.0)) for it, one in zip(chances, results, strict=True))
    figures = [(it * (1 - (one.again or 0.0)), one) for it, one in zip(chances, results, strict=True)]
    made = sum(share * one.result_bootstrapped for share, one in figures)
    demos = over(total([one.result_demos * share for share, one in figures]), 1 - again)
    longer = over(total([one.result_longer * share for share, one in figures]), 1 - again)
    return replace(
        plan,
        again=again,
        result_demos=replace(demos, low=0, high=max([demos.high, *(it.result_demos.high for it in results)])),
        result_bootstrapped=over(Figure.exactly(made), 1 - again).expected,
        result_longer=replace(
            longer, low=0, high=max([longer.high, *(it.result_longer.high for it in results)])
        ),
    )
