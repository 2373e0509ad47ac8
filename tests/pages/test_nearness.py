"""Examples that nearly repeat others, and those that only look like it."""

import random
from typing import Any

import pytest

from dspy_lens.pages.cautions import cautions
from dspy_lens.pages.nearness import near_repeats
from dspy_lens_worker.messages import OrderExample

NEWS = (
    "The minister of the interior resigned on Tuesday after a long debate about the budget for roads and schools "
    "in four northern towns"
)
OTHER = (
    "A storm tore roofs off houses along the northern coast while fishing boats stayed in the harbour overnight "
    "and nobody was hurt"
)


def example(part: str, inputs: dict[str, Any], label: str = "politics", row: int = 0) -> OrderExample:
    return OrderExample.model_validate(
        {"part": part, "row": row, "inputs": inputs, "labels": {"label": label}}
    )


@pytest.mark.parametrize(
    ("seen", "held_out"),
    [
        ({"text": NEWS}, {"text": NEWS.replace("Tuesday", "Wednesday")}),
        ({"text": NEWS}, {"text": f"Yesterday: {NEWS}."}),
        ({"text": NEWS, "desk": "home"}, {"text": NEWS.replace("long", "short"), "desk": "Home"}),
        ({"text": NEWS, "more": OTHER}, {"text": NEWS + " too", "more": OTHER.replace("tore", "took")}),
    ],
)
def test_a_word_more_or_less_is_nearly_the_same(seen: dict[str, str], held_out: dict[str, str]) -> None:
    rows = [example("train", seen), example("test", held_out, row=7)]
    assert [it.row for it in near_repeats(rows)] == [7]


@pytest.mark.parametrize(
    ("seen", "held_out", "label"),
    [
        ({"text": NEWS}, {"text": OTHER}, "politics"),
        ({"text": NEWS}, {"text": NEWS.replace("Tuesday", "Wednesday")}, "other"),  # another answer
        ({"text": NEWS}, {"text": NEWS.upper()}, "politics"),  # the same: told as that
        ({"text": "my invoice number 3"}, {"text": "my invoice number 4"}, "politics"),  # too short to tell
        # Many questions about one text are different questions.
        ({"text": NEWS, "question": "Who resigned?"}, {"text": NEWS, "question": "When was it?"}, "politics"),
        ({"text": NEWS}, {"text": NEWS, "question": "Who resigned?"}, "politics"),
        ({"text": NEWS}, {"text": NEWS.replace("roads and schools", "trains and ships")}, "politics"),
    ],
)
def test_what_differs_in_what_matters_is_no_repeat(
    seen: dict[str, str], held_out: dict[str, str], label: str
) -> None:
    assert near_repeats([example("train", seen), example("test", held_out, label)]) == []


def test_repeats_within_a_part_are_no_leak() -> None:
    near = NEWS.replace("Tuesday", "Wednesday")
    assert near_repeats([example("test", {"text": NEWS}), example("test", {"text": near})]) == []
    assert near_repeats([example("train", {"text": NEWS}), example("validation", {"text": near})]) == []


def test_they_are_found_among_many() -> None:
    draw = random.Random(0)
    words = [f"word{it}" for it in range(400)]
    rows = [
        example("test" if it % 3 else "train", {"text": " ".join(draw.choices(words, k=40))}, row=it)
        for it in range(900)
    ]
    text = str(rows[3].inputs["text"]).split()
    assert near_repeats(rows) == []
    assert [
        it.row for it in near_repeats([*rows, example("test", {"text": " ".join(text[1:])}, row=1000)])
    ] == [1000]


def test_they_are_told_beside_the_score(finished: Any) -> None:
    rows = (example("train", {"text": NEWS}, row=1), example("test", {"text": f"Yesterday: {NEWS}"}, row=5))
    (told,) = (it for it in cautions(finished(examples=rows)) if it.title == "Examples nearly repeat")
    assert told.text.startswith("1 held-out example shares its label and nine words of ten with one that")
    assert "(record 5)" in told.text
