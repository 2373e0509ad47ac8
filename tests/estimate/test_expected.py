"""Expected figures against the mean of a few whole runs; the benchmark of estimates has many more."""

from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from dspy_lens.estimate.estimate import estimate
from dspy_lens.values.estimate import Range
from dspy_lens.values.run import Verb
from dspy_lens_worker.optimizers import Shape, find, parse_parameters
from support.estimates.sweep import Case, Counted, counted, estimated
from support.orders import Place, examples, run


def case(name: str, n: int, predictors: int, **given: Any) -> Case:
    return Case(name, tuple(given.items()), n, predictors, 0.5, 0.25)


def runs(of: Case, seeds: int) -> list[Counted]:
    return [counted(of, seed) for seed in range(seeds)]


@pytest.mark.parametrize(
    ("of", "seeds", "near"),
    [
        (case("copro", 10, 2, breadth=3, depth=1), 1, 0.03),
        (case("copro", 10, 2, breadth=3, depth=2), 4, 0.1),
        (case("knn", 20, 2), 4, 0.1),
        (Case("ensemble", (("parameters.num_candidate_programs", 4),), 20, 1, 0.5, 0.25), 4, 0.15),
        (case("finetune", 20, 2, training_price=3.0), 2, 0.0),
        (Case("bootstrap_rs,copro", (("num_candidate_programs", 2), ("depth", 1)), 10, 1, 0.5, 0.25), 4, 0.1),
    ],
    ids=lambda it: it.key if isinstance(it, Case) else None,
)
def test_requests_are_about_what_was_expected(of: Case, seeds: int, near: float) -> None:
    took = runs(of, seeds)
    assert estimated(of).requests.expected == pytest.approx(fmean(it.requests for it in took), rel=near)


def test_of_few_examples_fewer_programs_are_made_than_may_join() -> None:
    of = Case("ensemble", (("parameters.num_candidate_programs", 4),), 5, 1, 0.2, 0.25)
    said = estimated(of).calls.task
    assert said.low < said.high
    assert all(said.low <= it.task.calls <= said.high for it in runs(of, 6))


def test_what_is_trained_on_has_the_demos_of_the_step_before_or_none_and_its_price_holds() -> None:
    given = {"strategy": "p -> w", "p_parameters.num_candidate_programs": 2}
    of = Case("better_together", (*given.items(), ("w_parameters.training_price", 3.0)), 50, 1, 0.9, 0.25)
    took, said = runs(of, 3), estimated(of)
    assert said.dollars is not None
    assert max(it.trained for it in took) > 3 * min(it.trained for it in took)
    assert all(said.dollars.low <= it.dollars <= said.dollars.high for it in took)


def test_what_a_step_wrote_before_is_not_written_again() -> None:
    of = case("labeled", 10, 2)
    (took,), said = runs(of, 1), estimated(of)
    assert said.dollars is not None
    assert said.dollars.expected == pytest.approx(took.dollars, rel=0.03)


def test_simba_asks_for_the_same_advice_again() -> None:
    of = case("simba", 5, 1, bsize=4, max_steps=4, num_candidates=2, max_demos=0)
    took, said = runs(of, 12), estimated(of)
    calls, sent = fmean(it.prompt.calls for it in took), fmean(it.prompt.requests for it in took)
    assert sent < 0.85 * calls
    assert said.roles["prompt"].requests == pytest.approx(sent, rel=0.6)


@pytest.mark.parametrize("name", ["copro", "infer_rules", "bootstrap_rs"])
def test_a_judge_is_sent_what_was_expected(name: str) -> None:
    given = {
        "copro": {"breadth": 3, "depth": 2},
        "infer_rules": {"num_candidates": 3},
        "bootstrap_rs": {"num_candidate_programs": 3},
    }[name]
    of = Case(name, tuple(given.items()), 20, 1, 0.5, 0.25, judged=True)
    took, said = runs(of, 2), estimated(of)
    assert said.roles["judge"].requests == pytest.approx(fmean(it.judge.requests for it in took), rel=0.25)
    assert said.roles["judge"].input == pytest.approx(fmean(it.judge.input for it in took), rel=0.25)
    assert all(said.requests.low <= it.requests <= said.requests.high for it in took)


@pytest.mark.parametrize("metric", ["judge:answer", "exact:answer"])
@pytest.mark.parametrize(("name", "given"), [("copro", {"breadth": 4, "depth": 2}), ("infer_rules", {})])
def test_the_practice_model_may_propose_the_same_over_and_over(
    tmp_path: Path, name: str, given: dict[str, Any], metric: str
) -> None:
    place, optimizer = Place(tmp_path), find(name)
    ran = run(place.folder(place.order(optimizer=name, parameters=given, metric=metric), examples(8, 12, 10)))
    said = estimate(
        target="app:QA",
        key="k",
        optimizer=optimizer,
        parameters=parse_parameters(optimizer, given),
        verb=Verb.OPTIMIZE,
        shape=Shape(8, 12, success=0.0, measured=10, model="offline"),
        held_out=10,
        seed=0,
        model="offline",
        prompt_model="offline",
        judge_calls=Range.exactly(1 if metric.startswith("judge") else 0),
    )
    assert said.requests.low <= ran.finished.requests <= said.requests.high
