"""Plays: what an optimizer sends, by arithmetic."""

from dspy_lens_worker.optimizers.gepa_played import padded, worth_improving
from dspy_lens_worker.optimizers.playing import Draws, halving


def test_however_many_plays_there_are_they_are_spread_evenly() -> None:
    for count in (8, 21, 100):
        turns = [halving(it) for it in range(1, count + 1)]
        assert all(abs(sum(it < share for it in turns) / count - share) < 0.15 for share in (0.25, 0.5, 0.9))


def test_as_many_examples_are_easy_as_the_plays_turn_says() -> None:
    draws, counts = Draws(0), []
    for number in range(1, 201):
        draws.even = halving(number)
        counts.append(sum(draws.easy(3, 0.9)))
    assert abs(counts.count(3) - 200 * 0.9**3) <= 2
    assert abs(counts.count(2) - 200 * 3 * 0.9**2 * 0.1) <= 2


def test_all_or_none_are_easy_at_the_ends() -> None:
    draws = Draws(0)
    assert (draws.easy(4, 1.0), draws.easy(4, 0.0)) == ([True] * 4, [False] * 4)


def test_a_variant_that_is_best_at_nothing_of_its_own_is_not_improved() -> None:
    plain, better, other = [True, False, False], [True, True, False], [False, False, True]
    assert set(worth_improving([plain, better, other])) == {1, 2}
    assert worth_improving([plain]) == [0, 0, 0]


def test_a_round_that_does_not_come_out_even_ends_with_its_last_examples_again() -> None:
    order = padded(Draws(0), 5, 3)
    assert len(order) == 6
    assert order[5] == order[4]
    assert padded(Draws(0), 1, 3) == [0, 0, 0]
    assert len(set(padded(Draws(0), 6, 3))) == 6
