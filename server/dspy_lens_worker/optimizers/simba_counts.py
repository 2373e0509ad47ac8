"""How many calls SIMBA makes: the task calls are certain, what the prompt model is asked hangs on the answers."""

import math
from typing import TYPE_CHECKING

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Shape
from dspy_lens_worker.optimizers.playing import with_play
from dspy_lens_worker.optimizers.simba_played import play_of

if TYPE_CHECKING:
    from dspy_lens_worker.optimizers.simba import SIMBAParameters

ADVICE = Figure(20, 84, 500)  # tokens that a rule adds to instructions
CONTRAST = Figure(600, 1100, 3000)  # tokens of two runs and of DSPy's own text, which a call for a rule shows
STEP = Figure(100, 260, 1000)  # the code of each step of a program
OWN_CODE = Figure(2500, 2600, 2700)  # of a bare predictor it is the source of DSPy's own class
DISCUSSED, ADVISED = (
    Figure(30, 99, 400),
    Figure(20, 88, 400),
)  # tokens that such a call writes: once, for each step
SPREAD = 2.8  # standard deviations to either side that hold 99.5 %


def batch_size(parameters: "SIMBAParameters", n: int) -> int:
    """DSPy refuses fewer examples than a step takes; then a step takes all of them."""
    return min(parameters.bsize, n)


def programs_of_a_step(parameters: "SIMBAParameters", n: int) -> int:
    return min(batch_size(parameters, n), parameters.num_candidates + 1)


def final_programs(parameters: "SIMBAParameters") -> int:
    """Winners of the steps, evenly picked, that are evaluated on everything at the end."""
    steps, most = parameters.max_steps, parameters.num_candidates
    return len({round(it * steps / most) for it in range(most + 1)})


def call_plan(parameters: "SIMBAParameters", shape: Shape) -> CallPlan:
    n = shape.train + shape.validation
    batch, made = batch_size(parameters, n), programs_of_a_step(parameters, n)
    finals, steps = final_programs(parameters), parameters.max_steps
    runs = steps * batch * (parameters.num_candidates + made) + finals * n
    demos = parameters.max_demos
    play = play_of(
        shape, n, batch, parameters.num_candidates, steps, demos,
        parameters.temperature_for_sampling, parameters.temperature_for_candidates,
    )  # fmt: skip
    ends = _rules(parameters, shape, batch, steps * made)
    said = CallPlan(
        task=shape.calls_per_run * runs,
        prompt=Figure(ends.low, min(ends.high, play.reflections), ends.high),
        prompt_repeated=Figure(0, max(0.0, play.reflections - play.proposals), ends.high),
        trials=steps * made + finals,
        demos=Figure(0, 0, demos),
        result_demos=Figure(0, 0, demos),
        longer=ADVICE * (play.rewritten / play.requests if play.requests else 0.0),
        result_longer=ADVICE * play.result_rewritten,
        prompt_given=CONTRAST + (OWN_CODE if shape.predictors == 1 else STEP * shape.predictors),
        prompt_written=DISCUSSED + ADVISED * shape.predictors,
        unchanged=True,
    )
    return with_play(said, play, shape)


def _rules(parameters: "SIMBAParameters", shape: Shape, batch: int, made: int) -> Figure:
    """Half of the new programs get a rule, where answers to an example differ and the better one is good."""
    share = 0.5 if parameters.max_demos else 1.0
    right, times = shape.success, parameters.num_candidates
    differ = batch * (1 - right**times - (1 - right) ** times) / 2
    useful = min(1.0, differ * parameters.max_steps / max(1, made))
    high = share * made + SPREAD * math.sqrt(made * share * (1 - share))
    return Figure(0, share * made * useful, min(made, math.ceil(high)))
