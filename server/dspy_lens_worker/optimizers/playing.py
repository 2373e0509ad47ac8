"""What an optimizer sends, found by playing its draws in arithmetic: no closed form knows which prompts are alike.

A play is one run with examples that are easy or hard by chance, and with sets that are shuffled as DSPy does. Of
every prompt it is noted what distinguishes it; a prompt that came up before is answered by DSPy's cache. Plays
follow from a fixed seed, so that the same question has the same answer.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Shape

SURE = 0.75  # of the least in all plays: what a run on other examples does not fall below
VARIES = 0.25  # share of answers that hang on the prompt; the others hang on the example alone
WORK = 8_000  # steps of all plays together: a few milliseconds
FEWEST, MOST = 3, 120  # plays


@dataclass(slots=True)
class Play:
    """What one run sends while it searches, and what its result is like.

    `requests` are those of the task model. `labelled` and `made` are demos in all of them together, labelled
    ones in the steps that examples label only; `rewritten` is how many of them have new instructions.
    `runs` are program runs, `reflections` calls of the prompt model and `proposals` the requests of these,
    `metric` the answers that were scored, `parents` the share of reflections on what was rewritten before.
    `fewest` are the requests of the play that sent fewest, `sparest` the demos in a prompt of the play with the
    fewest of these, as a share of the mean. `again` is the share of the result's prompts on other
    examples that are those of the student; the result's figures are per prompt of the others.
    """

    requests: float = 0.0
    labelled: float = 0.0
    made: float = 0.0
    rewritten: float = 0.0
    runs: float = 0.0
    reflections: float = 0.0
    proposals: float = 0.0
    metric: float = 0.0
    parents: float = 0.0
    fewest: float = 0.0
    sparest: float = 1.0
    again: float = 0.0
    result_labelled: float = 0.0
    result_made: float = 0.0
    result_rewritten: float = 0.0


@dataclass(slots=True)
class Sent:
    """Prompts that were sent, each once."""

    play: Play
    seen: set[Any] = field(default_factory=set)

    def __call__(
        self, key: Any, times: int = 1, *, labelled: int = 0, made: int = 0, rewritten: float = 0.0
    ) -> bool:
        """Notes a prompt for each of so many examples; whether it is a new one."""
        if key in self.seen:
            return False
        self.seen.add(key)
        self.play.requests += times
        self.play.labelled += times * labelled
        self.play.made += times * made
        self.play.rewritten += times * rewritten
        return True


def played(once: Callable[[random.Random], Play], work: float) -> list[Play]:
    """Many plays, fewer where one is long: `work` is about the number of its steps."""
    rng = random.Random(0)
    return [once(rng) for _ in range(int(min(MOST, max(FEWEST, WORK / max(1.0, work)))))]


def means(plays: Sequence[Play]) -> Play:
    """The mean of each figure; those of results over the results that differ from the student."""
    found = {it.name: sum(getattr(play, it.name) for play in plays) / len(plays) for it in fields(Play)}
    differ = sum(1 - it.again for it in plays)
    for name in ("result_labelled", "result_made", "result_rewritten"):
        total = sum(getattr(it, name) * (1 - it.again) for it in plays)
        found[name] = total / differ if differ else 0.0
    found["fewest"] = min(it.requests for it in plays)
    mean = (found["labelled"] + found["made"]) / found["requests"] if found["requests"] else 0.0
    found["sparest"] = min((demos_in(it) / mean for it in plays), default=1.0) if mean else 1.0
    return Play(**found)


def demos_in(play: Play) -> float:
    """The demos in an average prompt of a play."""
    return (play.labelled + play.made) / play.requests if play.requests else 0.0


def winner(rng: random.Random, candidates: int, examples: int, success: float) -> int:
    """Which of several candidates does best on so many examples; the first of equals."""
    spread = math.sqrt(VARIES * examples * success * (1 - success))
    scores = [round(rng.gauss(0, spread)) for _ in range(candidates)]
    return scores.index(max(scores))


def steps_of(shape: Shape) -> tuple[int, int]:
    """How many steps no example labels, and how many one does: by default only the last."""
    without = shape.predictors - 1 if shape.unlabelled is None else shape.unlabelled
    without = max(0, min(shape.predictors - 1, without))
    return without, max(1, shape.predictors) - without


def demos(total_labelled: float, total_made: float, prompts: float, shape: Shape) -> tuple[float, float]:
    """Demos of an average prompt, and those of them that the program made itself.

    Labelled ones are only in some steps, while sizes are means of all.
    """
    if not prompts:
        return 0.0, 0.0
    without, labelled_steps = steps_of(shape)
    share = (without + labelled_steps) / labelled_steps
    made = total_made / prompts
    return share * total_labelled / prompts + made, made


def with_play(plan: CallPlan, play: Play, shape: Shape, sure: float = SURE, **more: Any) -> CallPlan:
    """The plan with what a play says about its prompts; `sure` is the part of its least that is relied on."""
    each = shape.calls_per_run.expected / max(1, shape.predictors)  # a step may ask several times
    requests = play.requests * each
    repeated = max(0.0, plan.task.expected - requests)
    every, made = demos(play.labelled, play.made, play.requests, shape)
    every_result, made_result = demos(play.result_labelled, play.result_made, 1.0, shape)
    low = max(0.0, 0.6 * repeated - 0.1 * plan.task.expected)
    # The least that is sent is what is called least, less what can repeat: both ends are those of few calls.
    high = plan.task.low - sure * play.fewest * each
    return replace(
        plan,
        repeated=Figure(min(low, repeated), repeated, max(high, repeated)),
        demos=around(every, replace(plan.demos, low=max(plan.demos.low, sure * play.sparest * every))),
        bootstrapped=made,
        result_demos=around(every_result, plan.result_demos),
        result_bootstrapped=made_result,
        again=play.again,
        **more,
    )


def around(expected: float, ends: Figure) -> Figure:
    return Figure(min(ends.low, expected), expected, max(ends.high, expected))
