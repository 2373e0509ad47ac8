"""Scores that do not flatter: an interval around a mean, and a paired test between two programs. Pure."""

import math
import random
from collections.abc import Sequence
from itertools import product
from typing import Literal

from dspy_lens_worker.messages import ScoreMessage

Verdict = Literal["improved", "no clear difference", "worse"]
Z = 1.959963984540054  # of the standard normal distribution at 97.5 %
LEVEL = 0.05
EXACT = 14  # differences up to which all sign patterns are tried
DRAWS = 10_000


def summary(scores: Sequence[float | None]) -> ScoreMessage | None:
    """The mean of the scores there are, with Wilson's interval; None without any."""
    known = [it for it in scores if it is not None]
    if not known:
        return None
    mean = math.fsum(known) / len(known)
    low, high = wilson(mean, len(known))
    return ScoreMessage(score=mean, n=len(known), low=low, high=high)


def wilson(mean: float, n: int) -> tuple[float, float]:
    """Bounds of a mean of n scores at 95 %.

    The score interval of E. B. Wilson, "Probable inference, the law of succession, and statistical
    inference", JASA 22 (1927). Scores between 0 and 1 that are not all 0 or 1 vary less than their mean
    lets a share vary, so that for them the interval is on the wide side.
    """
    center = (mean + Z * Z / (2 * n)) / (1 + Z * Z / n)
    margin = Z / (1 + Z * Z / n) * math.sqrt(max(0.0, mean * (1 - mean)) / n + Z * Z / (4 * n * n))
    return max(0.0, min(mean, center - margin)), min(1.0, max(mean, center + margin))


def verdict(before: Sequence[float | None], after: Sequence[float | None], seed: int = 0) -> Verdict | None:
    """Whether the second program really differs on the examples that both answered; None without any."""
    pairs = [(b, a) for b, a in zip(before, after, strict=True) if b is not None and a is not None]
    if not pairs:
        return None
    differences = [a - b for b, a in pairs if a != b]
    if not differences or p_value(differences, seed) >= LEVEL:
        return "no clear difference"
    return "improved" if math.fsum(differences) > 0 else "worse"


def p_value(differences: Sequence[float], seed: int = 0) -> float:
    """How often chance alone would set two equal programs so far apart, over paired differences, not 0.

    Where scores are 0 or 1 this is the exact form of Q. McNemar's test, Psychometrika 12 (1947): the
    two-sided binomial test on the examples that changed. Else R. A. Fisher's permutation of signs,
    The Design of Experiments (1935), section 21: all patterns for a few differences, draws for more.
    """
    if all(abs(it) == 1 for it in differences):
        return mcnemar(sum(it > 0 for it in differences), len(differences))
    return permuted(differences, seed)


def mcnemar(gained: int, changed: int) -> float:
    smaller = min(gained, changed - gained)
    tail: int = sum(math.comb(changed, it) for it in range(smaller + 1))
    return min(1.0, 2 * tail * 0.5**changed)


def permuted(differences: Sequence[float], seed: int) -> float:
    sizes = [abs(it) for it in differences]
    observed = abs(math.fsum(differences)) - 1e-12
    if len(sizes) <= EXACT:
        patterns = list(product((-1, 1), repeat=len(sizes)))
        extreme = sum(abs(sum(s * d for s, d in zip(it, sizes, strict=True))) >= observed for it in patterns)
        return extreme / len(patterns)
    rng = random.Random(seed)
    extreme = sum(
        abs(sum(it if rng.getrandbits(1) else -it for it in sizes)) >= observed for _ in range(DRAWS)
    )
    # The observed pattern is one of the possible ones, so that the value is never 0.
    return (extreme + 1) / (DRAWS + 1)
