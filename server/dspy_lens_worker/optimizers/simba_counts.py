"""How many calls SIMBA makes: the task calls are certain, what the prompt model is asked hangs on the answers."""

import math
from typing import TYPE_CHECKING

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Shape
from dspy_lens_worker.optimizers.counting import distinct

if TYPE_CHECKING:
    from dspy_lens_worker.optimizers.simba import SIMBAParameters

RULES = Figure(0, 80, 500)  # tokens that rules add to instructions
CONTRAST = Figure(400, 800, 3000)  # tokens of code and of two runs, which a call for a rule shows
UNCHANGED = 0.3  # share of new programs for which there was nothing to learn
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
    return CallPlan(
        task=shape.calls_per_run * runs,
        prompt=_rules(parameters, shape, batch, steps * made),
        repeated=_repeated(parameters, n, batch, made, finals).times(shape.calls_per_run),
        trials=steps * made + finals,
        demos=Figure(0, 0.25 * demos, demos),
        bootstrapped=0.25 * demos,
        result_demos=Figure(0, 0.5 * demos, demos),
        result_bootstrapped=0.5 * demos,
        longer=RULES * 0.5,
        result_longer=RULES,
        prompt_examples=Figure.exactly(1),
        prompt_longer=CONTRAST,
        unchanged=True,
    )


def _rules(parameters: "SIMBAParameters", shape: Shape, batch: int, made: int) -> Figure:
    """Half of the new programs get a rule, where answers to an example differ and the better one is good."""
    share = 0.5 if parameters.max_demos else 1.0
    right, times = shape.success, parameters.num_candidates
    differ = batch * (1 - right**times - (1 - right) ** times) / 2
    useful = min(1.0, differ * parameters.max_steps / max(1, made))
    high = share * made + SPREAD * math.sqrt(made * share * (1 - share))
    return Figure(0, share * made * useful, min(made, math.ceil(high)))


def _repeated(parameters: "SIMBAParameters", n: int, batch: int, made: int, finals: int) -> Figure:
    """Samples that come round again, new programs that are none, and winners on the examples of their step."""
    steps, times = parameters.max_steps, parameters.num_candidates
    drawn = (steps - 1) * batch * times
    sampled = drawn - distinct(n * times * times, drawn)
    expected = sampled + UNCHANGED * steps * made * batch + (finals - 1) * batch
    return Figure(0, expected, steps * batch * (times + made) + (finals - 1) * n - batch * times)
