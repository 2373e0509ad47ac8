"""Which examples nearly repeat others: the same label, and nearly the same words in every input. Pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dspy_lens.pages.sameness import key_of, plain_words
from dspy_lens_worker.messages import OrderExample

NEAR = 0.9
"""The share of their words that two texts have in common (Jaccard's coefficient) from which on they nearly repeat.

In texts of 20 different words that is one word, or two."""

FEWEST = 10  # different words of a text that is compared so; shorter ones differ much by a single word

Words = frozenset[tuple[str, str]]
"""The different words of an example's inputs, each with its input's name."""


def near_repeats(examples: Sequence[OrderExample]) -> list[OrderExample]:
    """Held-out examples that nearly repeat one which the optimizer saw, those that quite do left out."""
    words = {id(it): words_of(it.inputs) for it in examples}
    common = Counter(word for it in words.values() for word in it)
    seen: dict[tuple[str, str], list[OrderExample]] = defaultdict(list)
    for it in examples:
        if it.part != "test":
            for word in telling(words[id(it)], common):
                seen[word].append(it)
    return [
        it
        for it in examples
        if it.part == "test"
        and any(
            nearly(it, other, words[id(it)], words[id(other)])
            for word in telling(words[id(it)], common)
            for other in seen[word]
        )
    ]


def words_of(inputs: Mapping[str, Any]) -> Words:
    return frozenset((name, word) for name, it in inputs.items() for word in plain_words(it).split())


def telling(words: Words, common: Mapping[tuple[str, str], int]) -> Iterable[tuple[str, str]]:
    """The rarest words, of which two that nearly repeat each other share at least one.

    Prefix filtering: R. Bayardo, Y. Ma, R. Srikant, "Scaling up all pairs similarity search", WWW 2007.
    """
    most = len(words) - math.ceil(NEAR * len(words)) + 1
    return sorted(words, key=lambda it: (common[it], it))[:most]


def nearly(one: OrderExample, other: OrderExample, mine: Words, theirs: Words) -> bool:
    # Where each input is alike, all of them together are; this is told in no time, and mostly no.
    if len(mine & theirs) < NEAR * max(len(mine), len(theirs)) or key_of(one.labels) != key_of(other.labels):
        return False
    return key_of(one.inputs) != key_of(other.inputs) and all(
        alike({it for it in mine if it[0] == name}, {it for it in theirs if it[0] == name})
        for name in {*one.inputs, *other.inputs}
    )


def alike(one: set[tuple[str, str]], other: set[tuple[str, str]]) -> bool:
    """Whether two texts share nearly all of their words; short ones must share all."""
    if one == other:
        return True
    return min(len(one), len(other)) >= FEWEST and len(one & other) >= NEAR * len(one | other)
