"""The calls of several optimizers in a row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Optimizer, Parameters, Shape

NONE = Figure(0, 0, 0)
KEEP_DEMOS = (
    "copro",
    "gepa",
    "simba",
    "finetune",
)  # these leave the demos of the program that they are given
# Those that evaluate programs on the validation part, and of these, the ones that begin with the program as given.
EVALUATE = ("bootstrap_rs", "bootstrap_optuna", "copro", "gepa", "infer_rules", "miprov2", "simba")
AS_GIVEN = ("copro", "gepa", "miprov2", "simba")


@dataclass(frozen=True, slots=True)
class Step:
    """The plan of one optimizer in a row, and what it does with the program that it is given.

    `keeps` tells whether its programs have that program's demos, `as_given` whether it evaluates it as it is,
    and `evaluates` whether it has evaluated its result on all examples that are there to choose by.
    """

    plan: CallPlan
    keeps: bool
    as_given: bool
    evaluates: bool

    @classmethod
    def of(cls, optimizer: Optimizer, parameters: Parameters, plan: CallPlan) -> "Step":
        given: Any = parameters
        # Without demos of its own, MIPROv2 leaves those that are there.
        zero_shot = optimizer.name == "miprov2" and not (
            given.max_bootstrapped_demos or given.max_labeled_demos
        )
        name = optimizer.name
        return cls(plan, name in KEEP_DEMOS or zero_shot, name in AS_GIVEN, name in EVALUATE)


def row(steps: Sequence[Step], shape: Shape) -> list[CallPlan]:
    """The plan of each, with what those before it leave to it."""
    plans: list[CallPlan] = []
    for at, step in enumerate(steps):
        plans.append(following(step, steps[at - 1], plans[-1], shape) if at else step.plan)
    return plans


def together(steps: Sequence[Step], shape: Shape) -> CallPlan:
    """One plan of all of them; its result is that of the last."""
    whole = row(steps, shape)
    last = whole[-1]
    sent = [(it, rest(it.task, it.repeated)) for it in whole]
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
        again=last.again,
        result_demos=last.result_demos,
        result_bootstrapped=last.result_bootstrapped,
        result_longer=last.result_longer,
        unchanged=all(it.unchanged for it in whole),
        result_runs=last.result_runs,
        trained=total([it.trained for it in whole]),
        trained_demos=mean([(it.trained_demos, it.trained) for it in whole]),
        trained_bootstrapped=mean(
            [(Figure.exactly(it.trained_bootstrapped), it.trained) for it in whole]
        ).expected,
        training_price=next((it.training_price for it in whole if it.trained.high), None),
    )


def following(step: Step, last: Step, before: CallPlan, shape: Shape) -> CallPlan:
    """The plan of a step whose program is the result of the one before, with its instructions and maybe its demos.

    A result's figures are those of its prompts that are not the student's; `given` and `made` are of all of them.
    """
    plan = step.plan
    changed, own = 1 - (before.again or 0.0), 1 - (plan.again or 0.0)
    given, made = before.result_demos * changed, before.result_bootstrapped * changed
    longer = before.result_longer * changed
    kept = 1.0 if step.keeps else (1 - own) * step.as_given
    again = None if before.again is None or plan.again is None else before.again * plan.again
    differ = 1 - (again or 0.0)
    more = shape.calls_per_run * (shape.validation or shape.train)
    known = more.expected if step.as_given and last.evaluates else 0.0
    sent = max(1.0, plan.task.expected - plan.repeated.expected - known)
    first = kept if step.keeps else (more.expected * step.as_given - known) / sent
    return replace(
        plan,
        repeated=plan.repeated + Figure(0, known, more.high),
        demos=plan.demos + given * first,
        bootstrapped=plan.bootstrapped + made * first,
        longer=plan.longer + longer,
        again=again,
        result_demos=over(plan.result_demos * own + given * kept, differ),
        result_bootstrapped=over(
            Figure.exactly(plan.result_bootstrapped * own + made * kept), differ
        ).expected,
        result_longer=over(plan.result_longer * own + longer, differ),
        # Of one run, all prompts have the demos of the step before, or none of them does.
        trained_demos=replace(
            given, low=given.low if before.again == 0 else 0, high=before.result_demos.high
        ),
        trained_bootstrapped=made,
    )


def over(figure: Figure, share: float) -> Figure:
    """The mean of those that are left when the others are nothing."""
    return figure * (1 / share) if share > 1e-9 else figure


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
