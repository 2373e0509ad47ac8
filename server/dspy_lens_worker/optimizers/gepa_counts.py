"""How many calls GEPA makes: it stops at the first step's end at which its budget is used up."""

import math
from typing import TYPE_CHECKING

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Shape
from dspy_lens_worker.optimizers.gepa_played import play_of
from dspy_lens_worker.optimizers.playing import with_play
from dspy_lens_worker.optimizers.running import LONGER

if TYPE_CHECKING:
    from dspy_lens_worker.optimizers.gepa import GEPAParameters

CANDIDATES = {"light": 6, "medium": 12, "heavy": 18}
MERGED = 5  # validation examples on which joined variants are tried first
ACCEPTED = 0.3  # share of rewritten instructions that do better on a few examples, so that all are tried
REFLECTED = Figure(250, 395, 1500)  # tokens of a reflection without its examples, by DSPy 3.4.1
SPREAD = 2.8  # standard deviations to either side that hold 99.5 %


def budget(parameters: "GEPAParameters", shape: Shape) -> int:
    """Program runs after which no new step begins, by DSPy's own arithmetic."""
    train, validation = sizes(shape)
    if parameters.max_metric_calls is not None:
        return parameters.max_metric_calls
    if parameters.max_full_evals is not None:
        return parameters.max_full_evals * (train + (validation if shape.validation else 0))
    candidates = CANDIDATES[parameters.auto or "light"]
    trials = int(max(4 * max(1, shape.predictors) * math.log2(candidates), 1.5 * candidates))
    whole = (trials + 1) // 5 + 1 + (1 if trials < 5 else 0)
    return validation + 5 * candidates + 35 * trials + whole * validation


def sizes(shape: Shape) -> tuple[int, int]:
    """Train and validation; each stands in for the other where it is empty."""
    return shape.train or shape.validation, shape.validation or shape.train


def call_plan(parameters: "GEPAParameters", shape: Shape) -> CallPlan:
    most, (train, whole) = budget(parameters, shape), sizes(shape)
    batch = parameters.reflection_minibatch_size
    right = shape.success**batch if parameters.skip_perfect_score else 0.0
    steps = {batch: right, 2 * batch: (1 - right) * (1 - ACCEPTED), 2 * batch + whole: (1 - right) * ACCEPTED}
    mean = sum(size * share for size, share in steps.items())
    square = sum(size * size * share for size, share in steps.items())
    if whole >= most:
        runs, iterations = Figure.exactly(whole), 0.0
    else:
        longest = max(2 * batch, MERGED if parameters.use_merge else 0) + whole
        over = min(square / (2 * mean) - 0.5, longest - 1)
        runs = Figure(most, most + max(0.0, over), most - 1 + longest)
        iterations = (most - whole) / mean
    each = max(1, shape.predictors) if parameters.component_selector == "all" else 1
    play = play_of(
        shape, train, whole, most, batch,
        every_step=each > 1, skip_perfect=parameters.skip_perfect_score,
    )  # fmt: skip
    if runs.low != runs.high:
        runs = Figure(runs.low, min(runs.high, max(runs.low, play.runs)), runs.high)
    ends = _reflections(most - whole, batch, whole, right, shape, iterations) * each
    reflections = Figure(ends.low, min(ends.high, max(ends.low, play.reflections)), ends.high)
    said = CallPlan(
        task=runs.times(shape.calls_per_run),
        prompt=reflections,
        prompt_repeated=Figure(0, max(0.0, reflections.expected - play.proposals), reflections.high),
        prompt_given=REFLECTED,
        prompt_written=Figure(20, 88, 600),
        prompt_longer=LONGER * play.parents,
        judge=reflections * batch,
        prompt_examples=Figure.exactly(batch),
        longer=LONGER * (play.rewritten / play.requests if play.requests else 0.0),
        result_longer=LONGER * play.result_rewritten,
        unchanged=True,
    )
    # Where most answers are right, it asks the same few examples over and over.
    return with_play(said, play, shape, sure=0.5)


def _reflections(left: int, batch: int, whole: int, right: float, shape: Shape, iterations: float) -> Figure:
    """One for each step in which a training example went wrong; rejected ones cost least, so most fit in."""
    if left <= 0:
        return Figure.exactly(0)
    most = math.ceil(left / (2 * batch))
    # How sure the share of right answers is: a guess may be far off, and the variants do better and better.
    share = shape.success
    # And of few training examples, more may be easy than that share.
    unsure = 1 / (2 + shape.measured) + 1 / max(1, sizes(shape)[0])
    sure = min(1.0, share + SPREAD * math.sqrt(share * (1 - share) * unsure) + 0.1)
    least = (
        math.floor(left / (2 * batch + whole) * (1 - sure**batch))
        if right
        else math.floor(left / (2 * batch + whole))
    )
    return Figure(least, min(most, max(least, iterations * (1 - right))), most)
