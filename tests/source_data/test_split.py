"""How examples are dealt out, over many random sets from seeded generators."""

import random

import pytest

from dspy_lens.source.split import deal
from dspy_lens.values.examples import Example, Parts
from dspy_lens.values.settings import Split


def examples(count: int, seed: int = 0, repeated: int = 1) -> list[Example]:
    """Examples of which `repeated` at a time share their inputs."""
    source = random.Random(seed)
    names = [f"{source.random()}" for _ in range(count)]
    return [Example({"q": names[it // repeated]}, {"a": str(it)}, it) for it in range(count)]


def sizes(parts: Parts) -> tuple[int, int, int]:
    return len(parts.train), len(parts.validation), len(parts.test)


def sides(parts: Parts) -> dict[str, str]:
    named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    return {it.input_digest: name for name, part in named.items() for it in part}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, (0, 0, 0)),
        (1, (1, 0, 0)),
        (2, (1, 1, 0)),
        (3, (1, 2, 0)),
        (5, (1, 4, 0)),
        (9, (3, 6, 0)),
        (10, (2, 5, 3)),
        (11, (2, 6, 3)),
        (20, (4, 10, 6)),
        (50, (10, 25, 15)),
        (100, (20, 50, 30)),
    ],
)
def test_sizes_are_exact(count: int, expected: tuple[int, int, int]) -> None:
    for seed in range(5):
        assert sizes(deal(examples(count, seed), Split())) == expected


def test_the_reverse_favours_training() -> None:
    assert sizes(deal(examples(100), Split(), "train")) == (50, 20, 30)
    assert sizes(deal(examples(2), Split(), "train")) == (1, 1, 0)


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (Split(train=0.5, validation=0.2, test=0.3), (50, 20, 30)),
        (Split(train=0.1, validation=0.2), (10, 20, 30)),
        (Split(train=0.1), (10, 60, 30)),
        (Split(validation=0.6), (10, 60, 30)),
        (Split(test=0), (29, 71, 0)),
        (Split(train=1, validation=0, test=0), (100, 0, 0)),
        (Split(train=0, validation=0.7), (1, 69, 30)),
        (Split(test=1), (0, 0, 100)),
    ],
)
def test_shares_of_the_user_hold(split: Split, expected: tuple[int, int, int]) -> None:
    assert sizes(deal(examples(100), split)) == expected


def test_with_fewer_than_ten_nothing_is_held_out_whatever_is_asked() -> None:
    assert sizes(deal(examples(8), Split(train=0.25, validation=0.25, test=0.5))) == (4, 4, 0)


def test_each_example_is_dealt_once() -> None:
    for seed in range(20):
        given = examples(random.Random(seed).randrange(2, 60), seed, repeated=1 + seed % 3)
        parts = deal(given, Split())
        dealt = sorted(it.row for it in (*parts.train, *parts.validation, *parts.test))
        assert dealt == list(range(len(given)))
        assert parts.train


def test_equal_inputs_never_stand_on_two_sides() -> None:
    for seed in range(20):
        given = examples(60, seed, repeated=4)
        parts = deal(given, Split())
        found = [{it.input_digest for it in part} for part in (parts.train, parts.validation, parts.test)]
        assert not found[0] & found[1]
        assert not found[0] & found[2]
        assert not found[1] & found[2]
        assert abs(len(parts.test) - 18) < 4


def test_examples_that_are_all_alike_are_for_training() -> None:
    assert sizes(deal(examples(12, repeated=12), Split())) == (12, 0, 0)


def test_the_same_record_in_two_files_is_dealt() -> None:
    twice = [Example({"q": "a"}, {}, 0), Example({"q": "a"}, {}, 0), Example({"q": "b"}, {}, 1)]
    assert sum(sizes(deal(twice, Split()))) == 3


def test_the_order_of_the_file_does_not_matter() -> None:
    given = examples(40)
    mixed = random.Random(1).sample(given, len(given))
    assert deal(given, Split()) == deal(mixed, Split())


def test_a_corrected_label_moves_nothing() -> None:
    given = examples(40)
    corrected = [Example(it.inputs, {"a": "other"}, it.row) for it in given]
    assert sides(deal(given, Split())) == sides(deal(corrected, Split()))


def test_three_more_examples_move_few() -> None:
    for seed in range(20):
        given = examples(103, seed)
        before, after = sides(deal(given[:100], Split())), sides(deal(given, Split()))
        assert sum(after[it] != side for it, side in before.items()) <= 5


def test_another_seed_deals_otherwise() -> None:
    given = examples(40)
    assert sides(deal(given, Split())) != sides(deal(given, Split(seed=1)))


def test_examples_without_labels_are_dealt_too() -> None:
    assert sum(sizes(deal([Example({"q": str(it)}, {}, it) for it in range(12)], Split()))) == 12
