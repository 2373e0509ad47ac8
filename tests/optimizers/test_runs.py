"""Every optimizer through a real worker: what it tells on the way, and that its result stands without us."""

from typing import Any

import pytest

from dspy_lens_worker.messages import Candidate, Trial
from support.demo_runs import demo_run, score_in_plain_dspy
from support.orders import Place

RUNS: list[tuple[str, dict[str, Any], int]] = [  # with a cap that ends the run in its middle
    ("copro", {"breadth": 3, "depth": 2}, 36),
    ("gepa", {"max_metric_calls": 50}, 60),
    ("simba", {"bsize": 5, "max_steps": 2, "num_candidates": 2}, 55),
    ("infer_rules", {"num_candidates": 2}, 36),
    ("bootstrap_optuna", {"num_candidate_programs": 3}, 36),
    ("bootstrap_optuna,gepa", {"num_candidate_programs": 2, "max_metric_calls": 20}, 50),
]
IDS = [name for name, _, _ in RUNS]


@pytest.mark.parametrize(("name", "given", "cap"), RUNS, ids=IDS)
def test_the_result_loads_in_plain_dspy_and_scores_the_same(
    place: Place, name: str, given: dict[str, Any], cap: int
) -> None:
    ran = demo_run(place, name, given)
    end = ran.finished
    assert (end.state, end.reason) == ("succeeded", None), ran.log
    assert end.best is not None
    assert score_in_plain_dspy(place, ran) == pytest.approx(end.best.score)
    trials = ran.of(Trial)
    assert [it.number for it in trials] == list(range(1, len(trials) + 1))
    assert {it.of for it in trials} <= {len(trials), None}
    whole = [it.score for it in trials if it.full]
    assert trials[-1].best == (max(whole) if whole else None)
    assert ran.of(Candidate)


@pytest.mark.parametrize(("name", "given", "cap"), RUNS, ids=IDS)
def test_a_cap_leaves_the_best_so_far(place: Place, name: str, given: dict[str, Any], cap: int) -> None:
    ran = demo_run(place, name, given, calls=cap)
    end = ran.finished
    assert (end.state, end.requests <= cap) == ("stopped", True), ran.log
    assert end.program is not None
    assert end.best is not None
