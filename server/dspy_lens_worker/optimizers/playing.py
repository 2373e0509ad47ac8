"""What an optimizer sends, found by playing its draws in arithmetic: no closed form knows which prompts are alike.

A play is one run with examples that are easy or hard by chance, and with sets that are shuffled as DSPy does. Of
every prompt it is noted what distinguishes it; a prompt that came up before is answered by DSPy's cache. Plays
follow from a fixed seed, so that the same question has the same answer.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from statistics import fmean, stdev
from typing import Any

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Shape
from dspy_lens_worker.optimizers.counting import VARIES

SURE = 0.75  # of the least in all plays: what a run on other examples does not fall below
WORK = 16_000  # steps of all plays together: some milliseconds
FEWEST, MOST, EACH = 3, 400, 16  # plays, and after how many it is asked whether they are enough
NEAR = 0.06  # of a mean: its standard error, at most, not counting how evenly plays are spread


@dataclass(slots=True)
class Play:
    """What one run sends while it searches, and what its result is like.

    `requests` are those of the task model. `labelled` and `made` are demos in all of them together, labelled
    ones in the steps that examples label only; `rewritten` is how many of them have new instructions.
    `runs` are program runs, `reflections` calls of the prompt model and `proposals` the requests of these,
    `metric` the answers that were scored, `parents` the share of reflections on what was rewritten before.
    `fewest` are the requests of the play that sent fewest, `sparest` the demos in a prompt of the play with the
    fewest of these, as a share of the mean; `programs` are the different ones that are tried, and
    `least_programs` those of the play with the fewest. `again` is the share of the result's prompts on other
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
    programs: float = 0.0
    least_programs: float = 0.0
    result_labelled: float = 0.0
    result_made: float = 0.0
    result_rewritten: float = 0.0


@dataclass(slots=True)
class Sent:
    """Prompts that were sent, each once."""

    play: Play
    seen: set[Any] = field(default_factory=set)
    answers: dict[Any, bool] = field(default_factory=dict)

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

    def right(self, key: Any, easy: bool, rng: random.Random, success: float) -> bool:
        """Whether a prompt is answered right: some answers hang on the prompt, the others on the example alone."""
        if key not in self.answers:
            varies = rng.random() < VARIES
            self.answers[key] = rng.random() < success if varies else easy
        return self.answers[key]


class Draws(random.Random):
    """The chance of all plays. How many examples are easy, on which most hangs, comes evenly spread over them."""

    even = 0.5

    def easy(self, examples: int, success: float) -> list[bool]:
        """Which examples are easy: as many as this play's turn says, any of them."""
        count, below = 0, (1 - success) ** examples
        chance = below
        while below < self.even and count < examples and success < 1:
            chance *= (examples - count) / (count + 1) * success / (1 - success)
            count += 1
            below += chance
        count = examples if success >= 1 else count
        easy = set(self.sample(range(examples), count))
        return [it in easy for it in range(examples)]


def played(once: Callable[[Draws], Play], work: float) -> list[Play]:
    """Plays until their means are known well enough, or for as long as may be: `work` is about a play's steps."""
    draws, most = Draws(0), int(min(MOST, max(FEWEST, WORK / max(1.0, work))))
    plays: list[Play] = []
    for number in range(most):
        draws.even = halving(number + 1)
        plays.append(once(draws))
        if number % EACH == EACH - 1 and known_well(plays):
            break
    return plays


def halving(number: int) -> float:
    """The number's binary digits behind the point, the last one first: however many, they are spread evenly."""
    share, part = 0.0, 0.5
    while number:
        share += part * (number & 1)
        number, part = number >> 1, part / 2
    return share


def known_well(plays: Sequence[Play]) -> bool:
    """Whether the standard errors of what is sent to either model are small parts of their means."""
    return all(
        stdev(values) <= NEAR * math.sqrt(len(plays)) * fmean(values)
        for values in ([it.requests + it.made for it in plays], [it.proposals for it in plays])
    )


def means(plays: Sequence[Play]) -> Play:
    """The mean of each figure; those of results over the results that differ from the student."""
    found = {it.name: sum(getattr(play, it.name) for play in plays) / len(plays) for it in fields(Play)}
    differ = sum(1 - it.again for it in plays)
    for name in ("result_labelled", "result_made", "result_rewritten"):
        total = sum(getattr(it, name) * (1 - it.again) for it in plays)
        found[name] = total / differ if differ else 0.0
    found["fewest"] = min(it.requests for it in plays)
    found["least_programs"] = min(it.programs for it in plays)
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
