"""How many program runs bootstrapping takes, and how many of many draws are different ones: arithmetic alone.

Bootstrapping scans n examples until B of them succeed. An example is easy or hard, and some answers hang on the
prompt as well; the share of successes is uncertain: a beta distribution around `success` that narrows with the
number of examples it was measured on. The expected figure is exact at `success` itself; low and high leave out
0.5 % on either side.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

from dspy_lens_worker.optimizers.base import Figure
from dspy_lens_worker.optimizers.scan_ends import TAIL, Rounds, beta_binomial, ends

VARIES = 0.25  # share of answers that hang on the prompt; the others hang on the example alone
# How much of the success rate a further attempt at an example that went wrong still has: either answer varies.
AGAIN = VARIES * (2 - VARIES)
PRIOR = 2.0  # as if the share had been measured on two examples: close to "anything is possible"


def bootstrap_runs(
    examples: int,
    budgets: Sequence[int],
    success: float,
    measured: int = 0,
    rounds: int = 1,
    *,
    labeled: int = 0,
) -> Figure:
    """Program runs of one bootstrap scan for each budget, together.

    Scans with `labeled` demos ask each other prompts; without any, an example has the same answer in all of them.
    """
    alike = labeled == 0 or examples <= 2
    return _bootstrap_runs(examples, tuple(sorted(budgets)), success, measured, max(1, rounds), alike)


@lru_cache(maxsize=4096)
def _bootstrap_runs(
    n: int, budgets: tuple[int, ...], success: float, measured: int, rounds: int, alike: bool
) -> Figure:
    later = 1 - success * AGAIN  # the chance that an answer to an example that went wrong goes wrong again
    share = _succeeding(success, rounds)
    counted = Counter(min(it, n) for it in budgets if it > 0)
    if not counted or n == 0:
        return Figure.exactly(0)
    attempts = 1 + (1 - success) * sum(later**it for it in range(rounds - 1))
    expected = sum(times * scan_mean(n, budget, share) for budget, times in counted.items()) * attempts
    chances = [success, *((1 - success) * later**it * (1 - later) for it in range(rounds - 1))]
    low, high = ends(n, counted, _beta(share, measured), Rounds.of(chances), None if alike else VARIES)
    return Figure(min(low, expected), expected, max(high, expected))


def scan_mean(n: int, budget: int, success: float) -> float:
    """The mean number of examples looked at until `budget` succeed, at most n."""
    row = [1.0] + [0.0] * (budget - 1)  # row[k]: the chance of k successes so far, for k below the budget
    total = 0.0
    for _ in range(n):
        total += sum(row)
        for k in range(budget - 1, 0, -1):
            row[k] = row[k] * (1 - success) + row[k - 1] * success
        row[0] *= 1 - success
    return total


def successes(examples: int, budget: int, success: float) -> float:
    """The mean number of demos that one scan finds."""
    return success * scan_mean(examples, budget, success) if budget else 0.0


def distinct(universe: float, draws: float) -> float:
    """How many different ones are expected among `draws` out of `universe` equally likely ones."""
    if universe <= 1:
        return min(draws, max(universe, 0.0))
    return universe * -math.expm1(draws * math.log1p(-1 / universe))


def different_ends(draws: int, choices: Iterable[tuple[int, float]]) -> tuple[int, int]:
    """Between which ends the number of different ones among even draws lies, 99 times of 100.

    `choices` are numbers of things to draw from, each with its chance.
    """
    chances = [0.0] * (draws + 1)
    for things, chance in choices:
        for found, it in enumerate(_occupied(draws, max(1, things))):
            chances[found] += chance * it
    below = list(accumulate(chances))
    return (
        next((it for it in range(draws) if below[it] >= TAIL), draws),
        next((it for it in range(draws) if below[it] >= 1 - TAIL), draws),
    )


def _occupied(draws: int, things: int) -> list[float]:
    """The chances that 0, 1, 2, … different ones are among even draws from so many things."""
    row = [1.0] + [0.0] * draws
    for _ in range(draws):
        for found in range(draws, 0, -1):
            row[found] = row[found] * found / things + row[found - 1] * max(0, things - found + 1) / things
        row[0] = 0.0
    return row


def demos_found(n: int, budget: int, success: float, measured: int, rounds: int = 1) -> dict[int, float]:
    """The chances of each number of demos that one scan finds."""
    budget = min(budget, n)
    beta = _beta(_succeeding(success, rounds), measured)
    fewer = {it: beta_binomial(n, it, *beta) for it in range(budget)}
    return {**fewer, budget: max(0.0, 1 - sum(fewer.values()))}


def arrangements(items: int, taken: int) -> float:
    """In how many orders `taken` of `items` can stand, up to a million."""
    result = 1.0
    for it in range(min(items, taken)):
        result = min(result * (items - it), 1e6)
    return result


def _succeeding(success: float, rounds: int) -> float:
    """The share of examples that succeed in one of so many attempts."""
    return 1 - (1 - success) * (1 - success * AGAIN) ** (rounds - 1)


def _beta(share: float, measured: int) -> tuple[float, float]:
    share = min(max(share, 0.02), 0.98)
    weight = PRIOR + measured
    return share * weight, (1 - share) * weight
