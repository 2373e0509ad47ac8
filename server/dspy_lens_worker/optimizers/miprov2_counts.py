"""How many calls MIPROv2 makes, and how large they are, from what it will do."""

import math
from typing import TYPE_CHECKING

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Shape
from dspy_lens_worker.optimizers.bootstrap import student_demos, teacher_demos
from dspy_lens_worker.optimizers.counting import arrangements, bootstrap_runs, distinct
from dspy_lens_worker.optimizers.miprov2_layout import ZERO_SHOT_DEMOS, Layout, layout
from dspy_lens_worker.optimizers.miprov2_played import play_of
from dspy_lens_worker.optimizers.playing import with_play
from dspy_lens_worker.optimizers.running import LONGER

if TYPE_CHECKING:
    from dspy_lens_worker.optimizers.miprov2 import MIPROv2Parameters

CODE, STEP = Figure(120, 180, 500), Figure(100, 185, 500)  # tokens of a proposal: its frame, each step's code
SUMMARY_CALLS = 9  # at most so many after the first, and at least 5 where the model says "COMPLETE" each time


def call_plan(parameters: "MIPROv2Parameters", shape: Shape, seed: int) -> CallPlan:
    plan = layout(parameters, shape, seed)
    labeled = 0 if plan.zero_shot else parameters.max_labeled_demos
    scans = bootstrap_runs(plan.train, plan.budgets, shape.success, shape.measured, labeled=labeled)
    full = _full_evaluations(plan, parameters)
    evaluated = Figure.exactly(plan.validation) + (
        full * plan.validation + Figure.exactly(plan.trials * parameters.minibatch_size)
        if plan.minibatch
        else Figure.exactly(plan.trials * plan.validation)
    )
    batch = parameters.minibatch_size if plan.minibatch else plan.validation
    sets = _demos_of_sets(plan, parameters)
    play = play_of(plan, shape, labeled, batch, parameters.minibatch_full_eval_steps)
    rewritten = play.rewritten / play.requests if play.requests else 0.0
    said = CallPlan(
        task=(scans + evaluated).times(shape.calls_per_run),
        prompt=_prompt_calls(plan, parameters, shape.predictors),
        demos=Figure(0, sets.expected, max(sets.high, teacher_demos(plan.train, labeled).high)),
        sequential=scans.times(shape.calls_per_run),
        trials=1 + plan.trials + (round(full.expected) if plan.minibatch else 0),
        result_demos=Figure(0, sets.expected, _largest_set(plan, parameters)),
        longer=LONGER * rewritten,
        result_longer=LONGER * play.result_rewritten,
        prompt_given=CODE + STEP * shape.predictors,
        prompt_examples=_prompt_examples(plan, parameters, shape.predictors),
        unchanged=True,
    )
    return with_play(said, play, shape)


def _combinations(plan: Layout, predictors: int) -> float:
    demos = 1.0 if plan.zero_shot else _different_sets(plan)
    return float(min(1e9, (plan.instructions * demos) ** predictors))


def _different_sets(plan: Layout) -> float:
    """Sets of demos that differ: from very few examples, few can be made."""
    made = distinct(arrangements(plan.train, 3), len(plan.budgets))
    return max(1.0, plan.sets - len(plan.budgets) + made)


def _full_evaluations(plan: Layout, parameters: "MIPROv2Parameters") -> Figure:
    """Full evaluations among minibatch trials: the best combination that has not had one yet, each time."""
    if not plan.minibatch:
        return Figure.exactly(0)
    planned = math.ceil(plan.trials / parameters.minibatch_full_eval_steps)
    tried = distinct(_combinations(plan, 1), plan.trials)
    if planned <= 1 or tried > 2.5 * planned:
        return Figure.exactly(planned)
    return Figure(1, max(1, min(planned, tried)), planned)


def _prompt_calls(plan: Layout, parameters: "MIPROv2Parameters", predictors: int) -> Figure:
    proposals = plan.instructions * predictors * (3 if parameters.program_aware_proposer else 1)
    if not parameters.data_aware_proposer:
        return Figure.exactly(proposals)
    more = min(SUMMARY_CALLS, _batches(plan, parameters))
    return Figure(proposals + 2 + min(5, more), proposals + 2 + more, proposals + 2 + more)


def _batches(plan: Layout, parameters: "MIPROv2Parameters") -> int:
    view = parameters.view_data_batch_size
    return math.ceil(max(0, plan.train - view) / view)


def _prompt_examples(plan: Layout, parameters: "MIPROv2Parameters", predictors: int) -> Figure:
    calls = _prompt_calls(plan, parameters, predictors).expected
    if not calls:
        return Figure(0, 0, 0)
    view = parameters.view_data_batch_size
    summarized = min(plan.train, view * (SUMMARY_CALLS + 1)) if parameters.data_aware_proposer else 0
    shown = ZERO_SHOT_DEMOS if parameters.fewshot_aware_proposer else 0
    proposals = plan.instructions * predictors * (3 if parameters.program_aware_proposer else 1)
    high = summarized + proposals * shown
    return Figure(summarized / calls, (summarized + 0.6 * proposals * shown) / calls, high / calls)


def _demos_of_sets(plan: Layout, parameters: "MIPROv2Parameters") -> Figure:
    """Demos in a trial's prompt, when sets are drawn evenly."""
    if plan.zero_shot or not plan.sets:
        return Figure(0, 0, 0)
    labeled = min(plan.train, parameters.max_labeled_demos)
    sets = [student_demos(plan.train, it, parameters.max_labeled_demos) for it in plan.budgets]
    every = [Figure.exactly(labeled)] * plan.labels_only + sets
    total = sum(every, Figure(0, 0, 0)) * (1 / plan.sets)
    return Figure(0.5 * total.low, total.expected, max(_largest_set(plan, parameters), total.high))


def _largest_set(plan: Layout, parameters: "MIPROv2Parameters") -> float:
    if plan.zero_shot:
        return 0.0
    largest = max([*plan.budgets, parameters.max_labeled_demos if plan.labels_only else 0], default=0)
    return float(min(plan.train, max(largest, parameters.max_labeled_demos if plan.budgets else 0)))
