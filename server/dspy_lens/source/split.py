"""Deals examples out: held-out first, then validation, then training.

Examples are ordered by a hash of their mapped inputs, so that a corrected label moves nothing and three
more examples move few; equal inputs never stand on two sides. What comes out of few examples:

    n           1   2   3   5   9   10  11  20  50  100
    held-out    0   0   0   0   0   3   3   6   15  30
    validation  0   1   2   4   6   5   6   10  25  50
    training    1   1   1   1   3   2   2   4   10  20

A single example is one to learn from: no optimizer starts without. With fewer than 10 nothing is held out,
whatever the settings say, since a score on two or three examples says nothing.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from dspy_lens.values.examples import Example, Parts, digest
from dspy_lens.values.settings import Split
from dspy_lens_worker.messages import LEAST_EXAMPLES

SMALL, LARGE = 0.2, 0.5  # shares of training and validation, or the reverse

Favour = Literal["validation", "train"]
Group = tuple[Example, ...]


def deal(examples: Sequence[Example], split: Split = Split(), favour: Favour = "validation") -> Parts:
    """The parts. Sizes are exact but for equal inputs, which stay together on one side.

    Shares that the user gives are shares of all examples. Where only one of `train` and `validation` is
    given, the other is the rest; where both are and something is left, that is not used.
    """
    total = len(examples)
    held_out = round(split.test * total) if total >= LEAST_EXAMPLES else 0
    test, groups = _take(_in_order(examples, split.seed), held_out)
    validation_size, train_size = _sizes(sum(map(len, groups)), split, favour)
    validation, groups = _take(groups, validation_size)
    train, _ = _take(groups, train_size if train_size is not None else total)
    return Parts(train or _flat(groups[:1]), validation, test)


def _in_order(examples: Sequence[Example], seed: int) -> list[Group]:
    """Groups of equal inputs, in the order of the hash of these."""
    placed = [(digest([seed, it.input_digest]), it) for it in examples]
    placed.sort(key=lambda it: (it[0], it[1].row))
    return [tuple(it for _, it in group) for _, group in groupby(placed, key=lambda it: it[0])]


def _sizes(rest: int, split: Split, favour: Favour) -> tuple[int, int | None]:
    """How many of the rest the optimizer chooses by, and how many it learns from: None for all others."""
    # Where nothing could be held out, the held-out share goes to both in proportion.
    scale = rest / (1 - split.test) if split.test < 1 else 0.0
    train, validation = split.train, split.validation
    if train is None and validation is None:
        share = (LARGE if favour == "validation" else SMALL) / (SMALL + LARGE)
        return _leaving_one(rest * share, rest), None
    if validation is None:
        return _leaving_one(rest - scale * (train or 0), rest), None
    size = _leaving_one(scale * validation, rest)
    if train is None or train + validation + split.test > 0.999:
        return size, None
    return size, max(1, round(scale * train))


def _leaving_one(size: float, rest: int) -> int:
    """The size as a whole number that leaves at least one example to learn from."""
    return max(0, min(round(size), rest - 1))


def _take(groups: Sequence[Group], size: int) -> tuple[Group, list[Group]]:
    """The first groups that fit into `size`, flat, and the others."""
    taken: list[Group] = []
    left: list[Group] = []
    for group in groups:
        if len(group) <= size:
            taken.append(group)
            size -= len(group)
        else:
            left.append(group)
    return _flat(taken), left


def _flat(groups: Sequence[Group]) -> Group:
    return tuple(it for group in groups for it in group)
