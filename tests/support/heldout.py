"""Where in a provider's log the held-out examples of a run are asked about."""

from collections.abc import Sequence
from dataclasses import dataclass

from support.provider import Arrival


@dataclass(frozen=True)
class Askings:
    """Requests of a run: of the baseline, of the optimizer, of the final evaluation.

    `leaked` are those of the optimizer that hold a held-out input, demos included.
    """

    baseline: int
    optimizer: int
    final: int
    leaked: int


def askings(log: Sequence[Arrival], held_out: Sequence[str]) -> Askings:
    """A run begins with its baseline and ends with its final evaluation, each asking once about each input."""
    hits = [{it for it in held_out if it in arrival.text} for arrival in log]
    baseline = once_each(hits)
    final = once_each([*reversed(hits[baseline:])])
    between = hits[baseline : len(hits) - final]
    return Askings(baseline, len(between), final, sum(map(bool, between)))


def once_each(hits: Sequence[set[str]]) -> int:
    """How many of the first requests ask about held-out inputs, none of them about one of those before."""
    seen: set[str] = set()
    for count, hit in enumerate(hits):
        if not hit or hit & seen:
            return count
        seen |= hit
    return len(hits)
