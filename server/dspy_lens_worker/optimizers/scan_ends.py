"""Between which ends the runs of bootstrap scans lie, 99 times of 100: arithmetic alone.

An example that fails takes all its rounds, one that succeeds takes the rounds up to its success. One scan is exact.
Of several scans over the same examples it is known how many examples succeed, then mean and spread of all scans.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

TAIL = 0.005
THIN = 0.003  # the same where normal distributions are added up, whose ends are thinner than those of scans
NODES = (
    (-math.sqrt(3), 1 / 6),
    (0.0, 2 / 3),
    (math.sqrt(3), 1 / 6),
)  # of a normal distribution, with their weights


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often an example is tried: `most` times where it fails, else as the chances of 1, 2, … tries say."""

    most: int
    chances: tuple[float, ...]

    @classmethod
    def of(cls, chances: Sequence[float]) -> "Rounds":
        """From the chance that the first try succeeds, that the second one is the first to succeed, and so on."""
        total = sum(chances)
        return cls(len(chances), tuple(it / total if total else 1.0 / len(chances) for it in chances))

    @property
    def mean(self) -> float:
        return sum(tries * it for tries, it in enumerate(self.chances, 1))

    @property
    def variance(self) -> float:
        return sum(tries**2 * it for tries, it in enumerate(self.chances, 1)) - self.mean**2

    def together(self, successes: int) -> list[float]:
        """The chances that so many successes take 0, 1, 2, … tries."""
        total = [1.0]
        for _ in range(successes):
            longer = [0.0] * (len(total) + self.most)
            for at, chance in enumerate(total):
                for tries, it in enumerate(self.chances, 1):
                    longer[at + tries] += chance * it
            total = longer
        return total


def ends(
    n: int, budgets: Counter[int], beta: tuple[float, float], rounds: Rounds, varies: float | None
) -> tuple[float, float]:
    """Low and high of one scan for each budget. `varies` is the share of answers that each scan draws anew."""
    least = sum(times * min(budget, n) for budget, times in budgets.items())
    most = sum(budgets.values()) * n * rounds.most
    if least == most:
        return least, most
    if sum(budgets.values()) == 1:
        return _one_scan(n, next(iter(budgets)), beta, rounds)
    parts = [it for it in _several(n, budgets, beta, rounds, varies) if it[0] > 1e-7]
    low = _quantile(parts, THIN, least, most)
    high = _quantile(parts, 1 - THIN, least, most)
    return max(least, low), min(most, high)


def _one_scan(n: int, budget: int, beta: tuple[float, float], rounds: Rounds) -> tuple[int, int]:
    chances: dict[int, float] = defaultdict(float)
    for scanned, chance in enumerate(_stops(n, budget, beta), budget):
        for tries, it in enumerate(rounds.together(budget)):
            chances[rounds.most * (scanned - budget) + tries] += chance * it
    for found in range(budget):
        chance = beta_binomial(n, found, *beta)
        for tries, it in enumerate(rounds.together(found)):
            chances[rounds.most * (n - found) + tries] += chance * it
    below, low, runs = 0.0, None, 0
    for runs in sorted(it for it in chances if chances[it]):
        below += chances[runs]
        low = runs if low is None and below >= TAIL else low
        if below >= 1 - TAIL:
            break
    return low or runs, runs


def _stops(n: int, budget: int, beta: tuple[float, float]) -> Iterator[float]:
    """The chances that the last demo is found at example number `budget`, the next one, and so on up to n."""
    a, b = beta
    chance = math.prod((a + it) / (a + b + it) for it in range(budget))
    for scanned in range(budget, n + 1):
        yield chance
        chance *= scanned / (scanned - budget + 1) * (b + scanned - budget) / (a + b + scanned)


def _several(
    n: int, budgets: Counter[int], beta: tuple[float, float], rounds: Rounds, varies: float | None
) -> Iterator[tuple[float, float, float]]:
    """For each number of examples that can succeed: its weight, and the mean and spread of all scans."""
    share = beta[0] / (beta[0] + beta[1])
    for k in range(n + 1):
        mean = variance = 0.0
        for budget, times in budgets.items():
            scans = [
                (weight, _scan(n, budget, right, rounds)) for weight, right in _right(n, k, share, varies)
            ]
            middle = sum(weight * it[0] for weight, it in scans)
            mean += times * middle
            variance += times * sum(weight * (it[1] + (it[0] - middle) ** 2) for weight, it in scans)
        yield beta_binomial(n, k, *beta), mean, math.sqrt(variance)


def _right(n: int, easy: int, share: float, varies: float | None) -> list[tuple[float, float]]:
    """How many of n examples one scan gets right where so many are easy, as weighted figures."""
    if varies is None:
        return [(1.0, float(easy))]
    of_easy, of_hard = 1 - varies * (1 - share), varies * share
    mean = easy * of_easy + (n - easy) * of_hard
    spread = math.sqrt(easy * of_easy * (1 - of_easy) + (n - easy) * of_hard * (1 - of_hard))
    return [(weight, min(max(mean + node * spread, 0.0), float(n))) for node, weight in NODES]


def _scan(n: int, budget: int, right: float, rounds: Rounds) -> tuple[float, float]:
    """Mean and variance of the runs of a scan over n examples, in any order, of which so many succeed."""
    if right < budget:
        return rounds.most * (n - right) + right * rounds.mean, right * rounds.variance
    scanned = budget * (n + 1) / (right + 1)
    variance = budget * (n + 1) * (n - right) * (right + 1 - budget) / ((right + 1) ** 2 * (right + 2))
    return (
        rounds.most * (scanned - budget) + budget * rounds.mean,
        rounds.most**2 * variance + budget * rounds.variance,
    )


def _quantile(parts: Sequence[tuple[float, float, float]], share: float, least: int, most: int) -> int:
    """The least whole number that this share of all runs does not exceed."""
    below, above = least - 1, most
    while above - below > 1:
        middle = (below + above) // 2
        if sum(weight * _normal(middle + 0.5, mean, spread) for weight, mean, spread in parts) < share:
            below = middle
        else:
            above = middle
    return above


def _normal(value: float, mean: float, spread: float) -> float:
    if spread == 0:
        return float(value >= mean)
    return 0.5 * math.erfc((mean - value) / (spread * math.sqrt(2)))


def beta_binomial(n: int, k: int, a: float, b: float) -> float:
    """The chance of k successes among n, where the share of successes has a beta distribution."""
    if k > n:
        return 0.0
    lgamma = math.lgamma
    return math.exp(
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        + lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b)
        + lgamma(a + b) - lgamma(a) - lgamma(b)
    )  # fmt: skip
