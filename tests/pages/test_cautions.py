"""What must be known before a score is believed: leaks, overfitting, too few examples, a longer prompt."""

from collections.abc import Callable
from typing import Any

import pytest

from dspy_lens.pages.cautions import cautions
from dspy_lens.pages.record import Record
from dspy_lens.values.run import RunState
from dspy_lens_worker.messages import OrderExample

Finished = Callable[..., Record]
LONG = "The minister of the interior resigned on Tuesday after the vote"


def example(row: int, part: str, question: str, answer: str = "yes") -> OrderExample:
    return OrderExample.model_validate(
        {"part": part, "row": row, "inputs": {"question": question}, "labels": {"answer": answer}}
    )


def said(record: Record, title: str) -> str:
    return " ".join(it.text for it in cautions(record) if it.title == title)


def score(value: float, n: int, low: float, high: float) -> dict[str, Any]:
    return {"score": value, "n": n, "low": low, "high": high}


def test_examples_that_repeat_across_parts_are_told(finished: Finished) -> None:
    record = finished(examples=(example(1, "train", "Why is that?"), example(5, "test", "why  is THAT")))
    assert said(record, "Examples repeat").startswith(
        "1 held-out example says the same as one that the optimizer saw"
    )
    assert "record 5" in said(record, "Examples repeat")
    apart = finished(
        examples=(example(1, "train", "Why?"), example(5, "test", "How?"), example(6, "test", "how"))
    )
    assert not said(apart, "Examples repeat")


def test_a_held_out_example_among_the_demos_is_told(finished: Finished) -> None:
    program = {"demos": [{"question": "how?", "answer": "no"}], "signature": {"instructions": ""}}
    record = finished(program=program, examples=(example(5, "test", "How?"), example(6, "test", "Why?")))
    assert "1 held-out example stands in the prompt as a demo (record 5)" in said(
        record, "Held-out examples among the demos"
    )
    assert not said(
        finished(program=program, examples=(example(5, "train", "How?"),)),
        "Held-out examples among the demos",
    )


def test_a_held_out_example_in_the_instructions_is_told(finished: Finished) -> None:
    told = {"instructions": {"self": f"Say yes to “{LONG.lower()}”."}}
    held_out = (example(5, "test", LONG), example(6, "test", "a minister"))
    record = finished(told, examples=held_out)
    assert "hold 1 held-out example word for word (record 5)" in said(
        record, "Held-out examples in the instructions"
    )
    # What the user wrote there themselves is no leak of the optimizer's.
    own = finished(told, examples=held_out, before={"self": LONG})
    assert not said(own, "Held-out examples in the instructions")


@pytest.mark.parametrize(("validation", "told"), [(0.95, True), (0.8, False), (0.74, False)])
def test_validation_that_runs_away_is_told(finished: Finished, validation: float, told: bool) -> None:
    record = finished(
        {"best": score(0.7, 40, 0.55, 0.82), "validation": {"baseline": 0.5, "best": validation, "n": 50}}
    )
    assert bool(said(record, "Overfitted")) == told


def test_too_few_examples_say_what_could_have_been_told(finished: Finished) -> None:
    outcome = {"best": score(0.7, 12, 0.4, 0.9), "baseline": score(0.6, 12, 0.3, 0.8)}
    unclear = finished({**outcome, "verdict": "no clear difference"})
    assert "Only a difference of 50 % or more could have been told from chance." in said(
        unclear, "Few examples"
    )
    assert "could have been told" not in said(finished({**outcome, "verdict": "improved"}), "Few examples")
    five = {"best": score(0.8, 5, 0.4, 0.9), "verdict": "no clear difference"}
    assert "too few to tell any difference" in said(finished(five), "Few examples")


def test_a_longer_prompt_is_told_with_its_price(finished: Finished) -> None:
    longer = finished({"prompt": {"before": 100, "after": 480, "dollars": 0.057}})
    assert said(longer, "Longer prompt") == (
        "One run of the program sends about 480 input tokens instead of 100, "
        "which adds $0.06 to 1,000 runs of the program."
    )
    assert not said(finished({"prompt": {"before": 100, "after": 105, "dollars": 0.0}}), "Longer prompt")


def test_a_model_that_judges_itself_is_told(finished: Finished) -> None:
    from dataclasses import replace

    from support import recipes

    def judged(judge: str) -> Record:
        return replace(
            finished(), run=recipes.run(models={"task": {"name": "a/m"}, "judge": {"name": judge}})
        )

    assert "a/m judged its own answers" in said(judged("a/m"), "Judged by itself")
    assert not said(judged("a/other"), "Judged by itself")


def test_an_answer_that_takes_more_calls_than_before_is_told(finished: Finished) -> None:
    from dataclasses import replace

    from support import recipes

    title = "Each answer takes more calls"
    size = {"before": 100, "after": 480, "calls_before": 1, "calls": 4}
    assert said(finished({"prompt": size}), title) == (
        "One run of the program makes 4 calls of a model instead of 1, in production too."
    )
    assert not said(finished({"prompt": {**size, "calls": 1}}), title)
    assert not said(finished({"prompt": {"before": 100, "after": 480}}), title)  # an older run does not say

    def looked_up(vectorizer: str, optimizer: str = "knn") -> Record:
        given = {"k": 2, "vectorizer": vectorizer}
        parameters = given if optimizer == "knn" else {"bootstrap": {}, "knn": given}
        made = replace(recipes.run(optimizer=optimizer, parameters=parameters), state=RunState.SUCCEEDED)
        return replace(finished(), run=made)

    for optimizer in ("knn", "bootstrap,knn"):
        assert said(looked_up("openai/embed", optimizer), title) == (
            "One run of the program makes one request to openai/embed, in production too."
        )
    assert not said(looked_up("words"), title)
