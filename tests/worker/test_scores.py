import random

import pytest

from dspy_lens_worker.scores import mcnemar, p_value, permuted, summary, verdict, wilson


@pytest.mark.parametrize(
    ("mean", "n", "low", "high"),
    [(0.5, 10, 0.2366, 0.7634), (0.0, 10, 0.0, 0.2775), (1.0, 20, 0.8389, 1.0), (0.83, 24, 0.6374, 0.9314)],
)
def test_the_interval_is_that_of_wilson(mean: float, n: int, low: float, high: float) -> None:
    assert list(wilson(mean, n)) == pytest.approx([low, high], abs=1e-3)


def test_a_provider_failure_is_left_out_of_the_mean() -> None:
    found = summary([1.0, None, 0.0, 1.0])
    assert found is not None
    assert found.n == 3
    assert found.score == pytest.approx(2 / 3)
    assert summary([None]) is None


def test_mcnemar_is_the_two_sided_binomial_test() -> None:
    assert mcnemar(0, 5) == pytest.approx(0.0625)
    assert mcnemar(6, 6) == pytest.approx(0.03125)
    assert mcnemar(3, 6) == 1.0


def test_permuting_signs_agrees_with_mcnemar_where_both_apply() -> None:
    differences = [1.0] * 7 + [-1.0] * 2
    assert permuted(differences, 0) == pytest.approx(mcnemar(7, 9))
    many = [1.0] * 20 + [-1.0] * 8
    assert permuted(many, 0) == pytest.approx(mcnemar(20, 28), abs=0.01)


def test_five_gained_examples_are_no_proof_and_six_are() -> None:
    assert verdict([0.0] * 10, [1.0] * 5 + [0.0] * 5) == "no clear difference"
    assert verdict([0.0] * 10, [1.0] * 6 + [0.0] * 4) == "improved"
    assert verdict([1.0] * 10, [0.0] * 6 + [1.0] * 4) == "worse"


def test_graded_scores_are_compared_in_pairs() -> None:
    before = [0.1 * it for it in range(10)]
    assert verdict(before, [it + 0.05 for it in before]) == "improved"
    assert verdict(before, list(before)) == "no clear difference"
    assert verdict([None, 0.5], [0.5, None]) is None


def test_equal_programs_are_rarely_told_apart() -> None:
    rng = random.Random(1)
    draws = [[rng.choice((-1.0, 1.0)) * rng.random() for _ in range(12)] for _ in range(100)]
    assert sum(p_value(it) < 0.05 for it in draws) <= 11
