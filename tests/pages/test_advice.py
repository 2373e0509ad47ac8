"""Advice from a run's own figures: each rule speaks where it should, and is silent elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dspy_lens.pages.advice import RULES, advice
from dspy_lens.pages.page import page
from dspy_lens.pages.record import Record
from dspy_lens.values.money import micros
from dspy_lens.values.run import Usage
from dspy_lens_worker import messages
from dspy_lens_worker.messages import CallCounts, Charge, HeldOut, Loaded, OrderExample, TokenCounts, Trial
from support import recipes

Finished = Callable[..., Record]


def rule(record: Record, about: str) -> str:
    """What one rule says; nothing where it is silent."""
    return " ".join(RULES[about](record))


def example(row: int, question: str, answer: str = "yes", part: str = "test") -> OrderExample:
    return OrderExample.model_validate(
        {"part": part, "row": row, "inputs": {"question": question}, "labels": {"answer": answer}}
    )


def answered(program: str, row: int, score: float) -> HeldOut:
    return HeldOut.model_validate(
        {"program": program, "row": row, "inputs": {}, "labels": {}, "answer": {}, "score": score}
    )


def score(value: float, n: int = 12) -> dict[str, Any]:
    return {"score": value, "n": n, "low": 0.1, "high": 0.9}


def unclear(**outcome: Any) -> dict[str, Any]:
    return {"baseline": score(0.5), "best": score(0.55), "verdict": "no clear difference", **outcome}


def paid(role: str, amount: int, at: int = 1) -> messages.Usage:
    charge = Charge.model_validate(
        {"role": role, "model": f"{role}-model", "input": 10, "output": 5, "micros": amount}
    )
    return messages.Usage(
        run="r1",
        sequence=at,
        at=at,
        calls=CallCounts(),
        requests=at,
        tokens=TokenCounts(),
        micros=amount,
        charge=charge,
    )


def costing(record: Record, dollars: float = 1.0, requests: int = 200) -> Record:
    return replace(record, run=replace(record.run, usage=Usage(requests=requests, dollars=micros(dollars))))


def loaded(validation: int) -> Loaded:
    return Loaded(run="r1", sequence=1, at=1, predictors=["self"], train=10, validation=validation, test=20)


def trial(full: bool = True) -> Trial:
    return Trial(run="r1", sequence=2, at=2, number=1, of=3, score=0.5, full=full, best=0.5)


def test_contradicting_labels_are_named_by_their_records(finished: Finished) -> None:
    record = finished(examples=(example(3, "Why?"), example(9, "why", "no"), example(4, "How?")))
    assert "1 input of the examples has labels that contradict each other, such as records 3, 9" in rule(
        record, "labels"
    )
    assert not rule(finished(examples=(example(3, "Why?"), example(9, "why", "Yes"))), "labels")


def test_examples_that_nothing_solves_are_named(finished: Finished) -> None:
    rows = [answered(program, row, float(row > 1)) for row in range(8) for program in ("baseline", "best")]
    record = finished(held_out=tuple(rows), examples=tuple(example(it, f"q{it}") for it in range(8)))
    assert "2 of 8 held-out examples were wrong before and after (records 0, 1)" in rule(record, "unsolved")
    assert not rule(finished(held_out=tuple(rows[4:])), "unsolved")


def test_too_few_examples_to_tell_ask_for_more(finished: Finished) -> None:
    assert "Add examples: with about 8 instead of 3" in rule(finished(unclear()), "more-examples")
    assert not rule(finished(unclear(verdict="improved")), "more-examples")
    assert not rule(finished(unclear(best=score(0.5, 60))), "more-examples")


def test_examples_that_repeat_ask_for_different_ones(finished: Finished) -> None:
    same = tuple(example(it, f"Question {it // 2}?") for it in range(8))
    assert "4 of 8 examples say the same as another one" in rule(finished(examples=same), "diverse-examples")
    assert not rule(finished(examples=same[::2]), "diverse-examples")


def test_a_run_that_did_not_help_names_the_next_optimizer(finished: Finished) -> None:
    assert "bootstrap did not help here. Try `bootstrap_rs`" in rule(finished(unclear()), "optimizer")
    assert "there is little to gain" in rule(finished(unclear(baseline=score(0.97))), "optimizer")
    assert not rule(finished(unclear(verdict="improved")), "optimizer")


def test_a_costly_run_over_many_validation_examples_asks_for_fewer(finished: Finished) -> None:
    record = costing(finished({"seconds": 840.0}, events=(loaded(200), trial())), 3.2)
    assert "It took $3.20 and 14 min, and each trial asked 200 validation examples." in rule(
        record, "fewer-examples"
    )
    assert not rule(costing(finished({}, events=(loaded(200), trial())), 0.1), "fewer-examples")
    assert not rule(replace(record, events=(loaded(200), trial(full=False))), "fewer-examples")


def test_a_slow_run_with_few_threads_asks_for_more(finished: Finished) -> None:
    slow = costing(finished({"seconds": 900.0}, threads=1))
    assert "It took 15 min, with one example after the other." in rule(slow, "threads")
    assert not rule(replace(slow, threads=8), "threads")
    assert not rule(costing(finished({"seconds": 20.0}, threads=1)), "threads")


@pytest.mark.parametrize(("about", "role"), [("proposals", "prompt"), ("metric", "judge")])
def test_a_role_that_takes_most_of_the_money_is_named(finished: Finished, about: str, role: str) -> None:
    record = costing(finished(events=(paid(role, 70), paid("task", 30))))
    assert "70 % of" in rule(record, about)
    assert not rule(costing(finished(events=(paid(role, 10), paid("task", 90)))), about)


def test_a_cache_that_was_off_is_told(finished: Finished) -> None:
    record = finished()
    off = recipes.run(models={"task": {"name": "m", "parameters": {"cache": False}}})
    assert "The LM cache was off for the task model" in rule(replace(record, run=off), "cache")
    assert not rule(record, "cache")


def test_a_run_that_went_well_needs_no_advice(finished: Finished) -> None:
    assert (
        advice(finished({"baseline": score(0.5), "best": score(0.8), "verdict": "improved", "seconds": 30.0}))
        == []
    )


def test_the_page_shows_what_to_try_next(finished: Finished) -> None:
    shown = page(finished(unclear()))
    assert "What to try next" in shown
    assert "Try <code>" in shown
    assert "What to try next" not in page(finished({"verdict": "improved"}))
