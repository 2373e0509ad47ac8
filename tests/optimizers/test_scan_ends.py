"""The ends of bootstrap scans against scans that are played, example by example."""

import random

import pytest

from dspy_lens_worker.optimizers.counting import bootstrap_runs, demos_found, different_ends
from support.estimates.cases import NOISE
from support.estimates.simulated import scans
from support.estimates.sweep import SURE, Case

PLAYS = 3000


@pytest.mark.parametrize(
    ("n", "budgets", "success", "rounds", "labeled"),
    [
        (14, [4], 0.2, 1, 16),
        (14, [4], 0.2, 2, 16),
        (35, [4], 0.5, 2, 16),
        (70, [2], 0.9, 3, 0),
        (7, [4], 0.5, 2, 16),
        (10, [4, 4, 2, 1, 3], 0.5, 1, 16),
        (20, [4, 4, 2, 1, 3, 3, 2], 0.9, 1, 0),
        (20, [4, 4, 2, 1, 3, 3, 2], 0.2, 1, 0),
    ],
)
def test_low_and_high_hold_what_99_of_100_runs_take_and_hardly_more(
    n: int, budgets: list[int], success: float, rounds: int, labeled: int
) -> None:
    said = bootstrap_runs(n, budgets, success, SURE, rounds, labeled=labeled)
    rng, case = random.Random(1), Case("bootstrap", (), n, 1, success, NOISE)
    runs = sorted(scans(rng, case, n, budgets, rounds, labeled) for _ in range(PLAYS))
    low, high = runs[int(0.005 * PLAYS)], runs[int(0.995 * PLAYS)]
    assert (said.high - said.low + 1) / (high - low + 1) <= 1.2
    assert sum(said.low <= it <= said.high for it in runs) >= 0.985 * PLAYS
    assert said.expected == pytest.approx(sum(runs) / PLAYS, rel=0.03)


def test_every_attempt_at_an_example_that_never_succeeds_counts() -> None:
    assert bootstrap_runs(6, [4], 0.0, SURE, 3).high == 18


def test_ends_are_found_quickly_for_many_examples() -> None:
    said = bootstrap_runs(5000, [4, 4, 3, 2], 0.5, 20, 2, labeled=16)
    assert 4 + 4 + 3 + 2 <= said.low < said.expected < said.high < 200


@pytest.mark.parametrize(("draws", "things"), [(4, (3,)), (6, (8,)), (16, (4, 20)), (4, (0, 2))])
def test_between_the_ends_lie_99_of_100_numbers_of_different_draws(
    draws: int, things: tuple[int, ...]
) -> None:
    low, high = different_ends(draws, [(it, 1 / len(things)) for it in things])
    rng = random.Random(1)
    found = sorted(
        len({rng.randrange(max(1, of)) for _ in range(draws)}) for _ in range(PLAYS) for of in things
    )
    assert sum(low <= it <= high for it in found) >= 0.985 * len(found)
    assert (low, high) == (found[int(0.005 * len(found))], found[int(0.995 * len(found))])


def test_a_scan_of_which_nothing_is_known_finds_any_number_of_demos() -> None:
    found = demos_found(10, 4, 0.5, 0)
    assert set(found) == {0, 1, 2, 3, 4}
    assert sum(found.values()) == pytest.approx(1)
    assert min(found.values()) > 0.02
