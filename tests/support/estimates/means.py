"""How well the mean of a few runs is known."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist, fmean, stdev

SURE = NormalDist().inv_cdf(0.975)


def half_width(values: Sequence[float]) -> float:
    """Half of the 95 % interval of the mean, as a share of it, by Student's t; 0 where all values are the same.

    Infinite for a single value.
    """
    if len(values) < 2:
        return float("inf")
    mean, spread = fmean(values), stdev(values)
    return student(len(values) - 1) * spread / sqrt(len(values)) / abs(mean) if spread and mean else 0.0


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t, by the first terms of its expansion around the normal one."""
    z, n = SURE, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )
