"""What earlier runs teach the next estimate."""

from dataclasses import replace
from pathlib import Path

import pytest

from dspy_lens.values.estimate import Share
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.run import Run, RunState, Usage, Verb
from dspy_lens.workspace.experience import experience_of
from dspy_lens.workspace.planning import seen_calls
from dspy_lens_worker.optimizers.base import Figure
from support.recipes import run


def dry_run(calls: int, right: float) -> Run:
    """Three examples that were asked, each with so many calls in all."""
    known = run("dry")
    recipe = Recipe.from_parts(
        {**known.recipe.parts(), "optimizer": "evaluate", "parameters": {"examples": 3}}
    )
    outcome = {
        "state": "succeeded",
        "baseline": None,
        "validation": {"baseline": right, "best": None, "n": 3},
    }
    return replace(
        known, verb=Verb.EVALUATE, state=RunState.SUCCEEDED, recipe=recipe, outcome=outcome,
        usage=Usage(task=calls, requests=calls),
    )  # fmt: skip


def test_a_dry_run_tells_how_often_it_was_right_how_fast_and_how_many_calls_it_makes(tmp_path: Path) -> None:
    seen = dry_run(calls=9, right=2 / 3)
    used = {"dry": {"task": Share(requests=9, input=900, output=90, seconds=4.0)}}
    past = experience_of([seen], seen.recipe, 8, tmp_path, used)
    assert past.success == pytest.approx(2 / 3)
    assert past.measured == 3
    assert past.latency == pytest.approx(0.5)
    assert past.per_run == 3


def test_calls_that_the_source_does_not_show_are_in_the_estimate_after_a_dry_run() -> None:
    best_of_three = seen_calls(Figure.exactly(1), 3.0)
    assert (best_of_three.low, best_of_three.expected, best_of_three.high) == (2.25, 3.0, 4.5)
    assert seen_calls(Figure.exactly(2), 2.0) == Figure.exactly(2)
    assert seen_calls(Figure(2, 4, 21), 5.0).high == 21
    assert seen_calls(Figure.exactly(2), None) == Figure.exactly(2)
