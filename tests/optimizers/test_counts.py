"""Call arithmetic against real DSPy with a model that counts."""

from pathlib import Path
from typing import Any

import pytest

from dspy_lens_worker.optimizers import CallPlan, Figure, Materials, Shape, find, parse_parameters
from support.counting import Bench, counting, examples, program, right

ZERO_SHOT = {"max_bootstrapped_demos": 0, "max_labeled_demos": 0}


def compiled(
    cache: Path,
    name: str,
    given: dict[str, Any],
    train: int,
    validation: int,
    predictors: int,
    success: float,
) -> tuple[CallPlan, Bench, Any]:
    """The plan, the models with their counts, and the compiled program."""
    optimizer = find(name)
    parameters = parse_parameters(optimizer, given)
    shape = Shape(train, validation, predictors, Figure.exactly(predictors), success)
    assert optimizer.problem(parameters, shape) is None
    with counting(cache, success) as bench:
        materials = Materials(
            program(predictors), examples(train), examples(validation, train), right,
            bench.task_model, bench.prompt_model, None, 4, 0, keep=lambda it: None,
        )  # fmt: skip
        result = optimizer.compile(parameters, materials)
    return optimizer.calls(parameters, shape, 0), bench, result


@pytest.mark.parametrize(
    ("name", "given", "train", "validation", "predictors", "success"),
    [
        ("labeled", {}, 6, 14, 1, 0.5),
        ("bootstrap", {}, 6, 14, 1, 0.2),
        ("bootstrap", {}, 15, 35, 2, 0.9),
        ("bootstrap_rs", {"num_candidate_programs": 8}, 6, 14, 1, 0.5),
        ("bootstrap_rs", {"num_candidate_programs": 4}, 6, 14, 2, 0.2),
        ("bootstrap_rs", {"num_candidate_programs": 5, "restrict": [-3, 1, 4]}, 6, 14, 1, 0.9),
        ("bootstrap_rs", {"num_candidate_programs": 3, "max_labeled_demos": 0}, 10, 0, 1, 0.5),
        ("miprov2", {}, 2, 3, 1, 0.5),
        ("miprov2", {}, 6, 14, 1, 0.5),
        ("miprov2", {}, 30, 70, 1, 0.9),
        ("miprov2", {}, 5, 10, 2, 0.2),
        ("miprov2", {"auto": "medium"}, 4, 8, 1, 0.5),
        ("miprov2", ZERO_SHOT, 6, 14, 1, 0.2),
        ("miprov2", ZERO_SHOT, 20, 60, 1, 0.5),
        ("miprov2", {"data_aware_proposer": False, "program_aware_proposer": False}, 4, 6, 1, 0.5),
        ("miprov2", {"auto": "none", "num_candidates": 3, "num_trials": 4, "minibatch": False}, 4, 6, 1, 0.5),
        ("miprov2", {}, 20, 0, 1, 0.5),
        ("copro", {"breadth": 3, "depth": 3}, 3, 7, 1, 0.5),
        ("copro", {"breadth": 3, "depth": 2}, 0, 8, 2, 0.2),
        ("copro", {"breadth": 2, "depth": 1}, 1, 0, 1, 0.9),
        ("gepa", {"max_metric_calls": 60}, 14, 6, 1, 0.5),
        ("gepa", {"max_full_evals": 3}, 14, 6, 2, 0.2),
        ("gepa", {"max_metric_calls": 60, "component_selector": "all"}, 6, 5, 2, 0.9),
        ("gepa", {"max_metric_calls": 40, "reflection_minibatch_size": 5}, 10, 0, 1, 1.0),
        ("gepa", {"max_metric_calls": 4}, 4, 6, 1, 0.5),
        ("simba", {"max_steps": 2, "num_candidates": 2, "bsize": 4}, 3, 7, 1, 0.5),
        ("simba", {"max_steps": 2, "num_candidates": 2}, 2, 3, 2, 0.2),
        ("simba", {"max_steps": 2, "num_candidates": 1, "max_demos": 0}, 1, 0, 1, 0.9),
        ("infer_rules", {"num_candidates": 2}, 6, 8, 1, 0.5),
        ("infer_rules", {"num_candidates": 2}, 9, 0, 2, 0.2),
        ("infer_rules", {"num_candidates": 1}, 1, 0, 1, 0.5),
        ("bootstrap_optuna", {"num_candidate_programs": 4}, 6, 8, 1, 0.5),
        ("bootstrap_optuna", {"num_candidate_programs": 4, "max_demos": 2}, 0, 9, 2, 0.9),
        ("bootstrap_optuna", {"num_candidate_programs": 2, "max_labeled_demos": 0}, 4, 4, 1, 0.0),
        ("bootstrap,copro", {"breadth": 2, "depth": 1}, 4, 6, 1, 0.5),
        ("infer_rules,bootstrap_optuna", {"num_candidates": 1, "num_candidate_programs": 2}, 4, 6, 2, 0.5),
    ],
)
def test_calls_are_what_was_predicted(
    tmp_path: Path,
    name: str,
    given: dict[str, Any],
    train: int,
    validation: int,
    predictors: int,
    success: float,
) -> None:
    plan, bench, _ = compiled(tmp_path, name, given, train, validation, predictors, success)
    assert plan.task.low <= bench.task_calls <= plan.task.high
    assert plan.prompt.low <= bench.prompt_calls <= plan.prompt.high
    if name not in ("gepa", "simba"):
        assert plan.prompt.expected == bench.prompt_calls
    assert bench.task_calls - len(bench.task.sent) <= plan.repeated.high


@pytest.mark.parametrize(("train", "validation"), [(1, 0), (0, 1), (1, 1)])
def test_one_or_two_examples_are_enough_for_miprov2_zero_shot(
    tmp_path: Path, train: int, validation: int
) -> None:
    plan, bench, result = compiled(tmp_path, "miprov2", ZERO_SHOT, train, validation, 1, 0.5)
    assert plan.task.low <= bench.task_calls <= plan.task.high
    assert plan.prompt.expected == bench.prompt_calls
    assert result.demos == []


def test_minibatches_with_few_combinations_do_not_end_the_run(tmp_path: Path) -> None:
    given = {"auto": "none", "num_candidates": 1, "num_trials": 6, "minibatch_size": 4,
             "minibatch_full_eval_steps": 1}  # fmt: skip
    plan, bench, _ = compiled(tmp_path, "miprov2", {**given, **ZERO_SHOT}, 4, 8, 1, 0.5)
    assert plan.task.low <= bench.task_calls <= plan.task.high


def test_counts_are_certain_where_nothing_is_left_to_chance() -> None:
    optimizer = find("miprov2")
    plan = optimizer.calls(parse_parameters(optimizer, {}), Shape(1, 4), 0)
    assert plan.task.low == plan.task.high
    assert plan.prompt == Figure.exactly(11)


def test_a_measured_success_rate_narrows_the_range() -> None:
    optimizer = find("bootstrap")
    parameters = parse_parameters(optimizer, {})
    guessed = optimizer.calls(parameters, Shape(30, 70, success=0.5), 0).task
    measured = optimizer.calls(parameters, Shape(30, 70, success=0.5, measured=40), 0).task
    assert measured.expected == guessed.expected
    assert measured.high - measured.low < 0.3 * (guessed.high - guessed.low)


def test_arithmetic_is_quick_enough_for_the_event_loop() -> None:
    optimizer = find("miprov2")
    plan = optimizer.calls(parse_parameters(optimizer, {"auto": "heavy"}), Shape(2000, 5000, 4), 0)
    assert plan.trials == 1 + 66 + 14
