"""Deals examples out: held-out first, then validation, then training.

Examples are ordered by a hash of their mapped inputs, so that a corrected label moves nothing and three
more examples move few; equal inputs never stand on two sides. What comes out of few examples:

    n           1   2   3   5   9   10  11  20  50  100
    held-out    0   0   0   0   0   3   3   6   15  30
    validation  0   1   2   4   6   5   6   10  25  50
    training    1   1   1   1   3   2   2   4   10  20
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from dspy_lens.values.examples import Example, Parts, digest
from dspy_lens.values.settings import Split

FEWEST = 10
"""Below so many examples none is held out: a headline score would say nothing."""

SMALL, LARGE = 0.2, 0.5  # shares of training and validation, or the reverse

Favour = Literal["validation", "train"]


def deal(examples: Sequence[Example], split: Split = Split(), favour: Favour = "validation") -> Parts:
    """The parts. Sizes are exact but for equal inputs, which stay together on one side."""
    groups = in_order(examples, split.seed)
    total = len(examples)
    held_out = round(split.test * total) if total >= FEWEST else 0
    test, groups = take(groups, held_out)
    rest = sum(len(it) for it in groups)
    validation, groups = take(groups, validation_size(rest, split, favour))
    return Parts(flat(groups), validation, test)


def in_order(examples: Sequence[Example], seed: int) -> list[tuple[Example, ...]]:
    """Groups of equal inputs, in the order of the hash of these."""
    placed = sorted((digest([seed, it.input_digest]), it.row, it) for it in examples)
    return [tuple(it for *_, it in group) for _, group in groupby(placed, key=lambda it: it[0])]


def validation_size(rest: int, split: Split, favour: Favour) -> int:
    """How many of the rest the optimizer chooses by; one is always left to learn from."""
    train, validation = shares(split, favour)
    if train + validation == 0:
        return 0
    size = round(rest * validation / (train + validation))
    return max(0, min(size, rest - 1) if train > 0 else size)


def shares(split: Split, favour: Favour) -> tuple[float, float]:
    train, validation = (SMALL, LARGE) if favour == "validation" else (LARGE, SMALL)
    if split.train is None and split.validation is None:
        return train, validation
    if split.train is None:
        return max(0.0, 1 - split.test - (split.validation or 0.0)), split.validation or 0.0
    if split.validation is None:
        return split.train, max(0.0, 1 - split.test - split.train)
    return split.train, split.validation


def take(
    groups: list[tuple[Example, ...]], size: int
) -> tuple[tuple[Example, ...], list[tuple[Example, ...]]]:
    """The first groups that fit into `size`, and the others."""
    taken: list[tuple[Example, ...]] = []
    left: list[tuple[Example, ...]] = []
    room = size
    for group in groups:
        if len(group) <= room:
            taken.append(group)
            room -= len(group)
        else:
            left.append(group)
    return flat(taken), left


def flat(groups: Sequence[tuple[Example, ...]]) -> tuple[Example, ...]:
    return tuple(it for group in groups for it in group)
