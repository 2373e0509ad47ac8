"""Where in a provider's log the held-out examples of a run are asked about."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from support.provider import Arrival


@dataclass(frozen=True)
class Askings:
    """Requests of a run: of the baseline, of the optimizer, of the final evaluation.

    `leaked` are those of the optimizer that hold a held-out input, demos included, and those of the two
    evaluations that ask about one more than once.
    """

    baseline: int
    optimizer: int
    final: int
    leaked: int


def askings(log: Sequence[Arrival], held_out: Sequence[str]) -> Askings:
    """A run begins with its baseline and ends with its final evaluation, each asking once about each input."""
    hits = [tuple(it for it in held_out if it in arrival.text) for arrival in log]
    baseline = [*takewhile(bool, hits)]
    final = [*takewhile(bool, reversed(hits[len(baseline) :]))]
    between = hits[len(baseline) : len(hits) - len(final)]
    again = sum(len(it) - len({*it}) for it in ([name for hit in part for name in hit] for part in (baseline, final)))
    return Askings(len(baseline), len(between), len(final), sum(map(bool, between)) + again)
