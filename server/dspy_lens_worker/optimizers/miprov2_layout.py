"""What MIPROv2 will do. Its sizes follow from its seed, so its draws are repeated here one by one."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dspy_lens_worker.optimizers.base import Shape

if TYPE_CHECKING:
    from dspy_lens_worker.optimizers.miprov2 import MIPROv2Parameters

AUTO = {"light": (6, 100), "medium": (12, 300), "heavy": (18, 1000)}  # candidates, largest validation part
FULL_ABOVE = 50  # with `auto`, a larger validation part is sampled
ZERO_SHOT_DEMOS = 3  # bootstrapped to inform the proposals, then dropped


@dataclass(frozen=True, slots=True)
class Layout:
    """What a compile will do. `budgets` holds the demos each bootstrapped set looks for, in their order."""

    train: int
    validation: int
    minibatch: bool
    instructions: int
    sets: int
    labels_only: bool
    budgets: tuple[int, ...]
    shuffled_sets: int
    trials: int
    zero_shot: bool


def dealt(train: Sequence[Any], validation: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any] | None]:
    """The parts as they are given to DSPy: one example serves for both where there is no other.

    Without a validation part DSPy takes the last four fifths of two or more training examples.
    """
    if validation and train:
        return train, validation
    given = train or validation
    return (given, None) if len(given) >= 2 else (given, given)


def layout(parameters: "MIPROv2Parameters", shape: Shape, seed: int) -> Layout:
    train, validation = _sizes(shape)
    zero_shot = parameters.max_bootstrapped_demos == 0 and parameters.max_labeled_demos == 0
    rng = random.Random(seed)
    minibatch, trials = parameters.minibatch, parameters.num_trials or 0
    instructions = sets = parameters.num_candidates or 0
    if parameters.auto is not None:
        sets, largest = AUTO[parameters.auto]
        instructions = sets if zero_shot else sets // 2
        rng.sample(range(validation), min(largest, validation))
        validation = min(largest, validation)
        minibatch = validation > FULL_ABOVE
        variables = shape.predictors * (1 if zero_shot else 2)
        trials = int(max(2 * variables * math.log2(sets), 1.5 * sets))
    most = ZERO_SHOT_DEMOS if zero_shot else parameters.max_bootstrapped_demos
    labels_only = sets >= 2 and parameters.max_labeled_demos > 0
    budgets = _budgets(rng, train, sets, most, labels_only)
    return Layout(
        train, validation, minibatch, min(instructions, max(sets, 1)), sets, labels_only, budgets,
        shuffled_sets=len(budgets) - (1 if sets >= 3 else 0), trials=trials, zero_shot=zero_shot,
    )  # fmt: skip


def _sizes(shape: Shape) -> tuple[int, int]:
    train, validation = dealt(range(shape.train), range(shape.validation))
    if validation is not None:
        return len(train), len(validation)
    size = min(1000, max(1, int(len(train) * 0.80)))
    return len(train) - size, size


def _budgets(rng: random.Random, train: int, sets: int, most: int, labels_only: bool) -> tuple[int, ...]:
    budgets = []
    for number in range(-3, sets - 3):
        if number == -3 or (number == -2 and labels_only):
            continue
        if number == -1:
            budgets.append(most)
            continue
        rng.shuffle(list(range(train)))
        budgets.append(rng.randint(1, max(1, most)))
    return tuple(budgets)
