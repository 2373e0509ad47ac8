"""How many program runs bootstrapping takes, and how many of many draws are different ones: arithmetic alone.

Bootstrapping scans n examples until B of them succeed. Whether an example succeeds is taken as a property of
the example (the hard ones stay hard in every candidate set), and the share of successes as uncertain: a beta
distribution around `success` that narrows with the number of examples it was measured on. The expected
figure is exact at `success` itself; low and high leave out 0.5 % on either side.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dspy_lens_worker.optimizers.base import Figure

TAIL = 0.005
AGAIN = 0.44  # how much of the success rate a further attempt at an example that went wrong still has
PRIOR = 2.0  # as if the share had been measured on two examples: close to "anything is possible"


def bootstrap_runs(
    examples: int, budgets: Sequence[int], success: float, measured: int = 0, rounds: int = 1
) -> Figure:
    """Program runs of one bootstrap scan for each budget, together."""
    return _bootstrap_runs(examples, tuple(sorted(budgets)), success, measured, max(1, rounds))


@lru_cache(maxsize=4096)
def _bootstrap_runs(n: int, budgets: tuple[int, ...], success: float, measured: int, rounds: int) -> Figure:
    later = 1 - success * AGAIN  # the chance that an answer to an example that went wrong goes wrong again
    share = 1 - (1 - success) * later ** (rounds - 1)
    counted = Counter(min(it, n) if it < n else it for it in budgets if it > 0)
    if not counted or n == 0:
        return Figure.exactly(0)
    attempts = 1 + (1 - success) * sum(later**it for it in range(rounds - 1))
    expected = sum(times * scan_mean(n, budget, share) for budget, times in counted.items()) * attempts
    low, high = _bounds(n, counted, _beta(share, measured))
    # Every further round of an example that fails is one more run, and no more than `rounds` of them.
    high *= rounds
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


def arrangements(items: int, taken: int) -> float:
    """In how many orders `taken` of `items` can stand, up to a million."""
    result = 1.0
    for it in range(min(items, taken)):
        result = min(result * (items - it), 1e6)
    return result


def _beta(share: float, measured: int) -> tuple[float, float]:
    share = min(max(share, 0.02), 0.98)
    weight = PRIOR + measured
    return share * weight, (1 - share) * weight


def _bounds(n: int, counted: Counter[int], beta: tuple[float, float]) -> tuple[float, float]:
    least = sum(times * min(budget, n) for budget, times in counted.items())
    most = sum(counted.values()) * n
    if least == most:
        return least, most
    if sum(counted.values()) == 1:
        return _one_scan(n, next(iter(counted)), beta)
    parts = [it for it in _given_successes(n, counted, beta) if it[0] > 1e-7]
    low = _quantile(parts, TAIL, least, most)
    high = _quantile(parts, 1 - TAIL, least, most)
    return max(least, math.floor(low)), min(most, math.ceil(high))


def _one_scan(n: int, budget: int, beta: tuple[float, float]) -> tuple[int, int]:
    low, high = n, n
    for scanned in range(n - 1, min(budget, n) - 1, -1):
        enough = 1 - sum(_beta_binomial(scanned, k, *beta) for k in range(budget))
        low = scanned if enough >= TAIL else low
        high = scanned if enough >= 1 - TAIL else high
    return low, high


def _given_successes(
    n: int, counted: Counter[int], beta: tuple[float, float]
) -> Iterator[tuple[float, float, float]]:
    """For each number of examples that can succeed: its weight, and the mean and spread of all scans."""
    for k in range(n + 1):
        mean = variance = 0.0
        for budget, times in counted.items():
            if k < budget:
                mean += times * n
                continue
            mean += times * budget * (n + 1) / (k + 1)
            variance += times * budget * (n + 1) * (n - k) * (k + 1 - budget) / ((k + 1) ** 2 * (k + 2))
        yield _beta_binomial(n, k, *beta), mean, math.sqrt(variance)


def _quantile(parts: Sequence[tuple[float, float, float]], share: float, least: float, most: float) -> float:
    below, above = float(least), float(most)
    while above - below > 0.25:
        middle = (below + above) / 2
        if sum(weight * _normal(middle, mean, spread) for weight, mean, spread in parts) < share:
            below = middle
        else:
            above = middle
    return below if share < 0.5 else above


def _normal(value: float, mean: float, spread: float) -> float:
    if spread == 0:
        return float(value >= mean)
    return 0.5 * math.erfc((mean - value) / (spread * math.sqrt(2)))


def _beta_binomial(n: int, k: int, a: float, b: float) -> float:
    if k > n:
        return 0.0
    lgamma = math.lgamma
    return math.exp(
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        + lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b)
        + lgamma(a + b) - lgamma(a) - lgamma(b)
    )  # fmt: skip
