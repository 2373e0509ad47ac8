"""GEPA: feedback from any metric, what counts as a trial, and what is refused."""

from pathlib import Path
from typing import Any

import dspy
import pytest

from dspy_lens_worker.optimizers import Materials, Shape, find, parse_parameters
from dspy_lens_worker.optimizers.feedback import with_feedback
from support.counting import counting, program, right
from support.materials import materials

GOLD = dspy.Example(question="Why?", answer="right", size=2).with_inputs("question")


def asked(metric: Any, **answer: Any) -> Any:
    """What GEPA hears of an answer when it asks about a predictor."""
    return with_feedback(metric)(GOLD, dspy.Prediction(**answer), None, "self", [])


def test_feedback_quotes_the_expected_answer() -> None:
    heard = asked(right, answer="wrong")
    assert heard.score == 0
    assert heard.feedback == (
        "The answer got a score of 0 out of 1.\n"
        'Expected answer: "right"; the answer was "wrong".\n'
        'Expected size: "2"; nothing was answered.'
    )


def test_a_right_answer_is_called_right() -> None:
    assert (
        asked(right, answer="right", size=2).feedback
        == 'The answer is right: answer is "right"; size is "2".'
    )


def test_a_metrics_own_feedback_comes_first() -> None:
    heard = asked(lambda *_: dspy.Prediction(score=0.5, feedback="Shorter, please."), answer="wrong")
    assert (heard.score, heard.feedback) == (0.5, "Shorter, please.")


def test_without_a_predictor_the_score_is_a_number() -> None:
    assert with_feedback(lambda *_: True)(GOLD, dspy.Prediction(answer="x")) == 1.0


def compiled(tmp_path: Path, given: dict[str, Any], work: dict[str, Any], success: float = 0.5) -> list[Any]:
    """The trials of one compile: score, number of examples, and whether these were all."""
    trials: list[Any] = []
    optimizer = find("gepa")
    with counting(tmp_path, success, by_prompt=True) as bench:
        made: Materials = materials(
            bench, program(work.pop("predictors", 1)), tried=lambda _, *rest: trials.append(rest[:3]), **work
        )
        optimizer.compile(parse_parameters(optimizer, given), made)
    return trials


def test_a_few_examples_are_never_taken_for_all(tmp_path: Path) -> None:
    trials = compiled(tmp_path, {"max_metric_calls": 90}, {"predictors": 2, "train": 6, "validation": 7})
    assert trials[0][1:] == (7, True)
    assert {n for _, n, whole in trials if whole} == {7}
    assert {n for _, n, whole in trials if not whole} <= {3}
    assert len(trials) > 4


@pytest.mark.parametrize(("train", "validation"), [(1, 0), (0, 1), (2, 2), (8, 2)])
def test_very_few_examples_are_enough(tmp_path: Path, train: int, validation: int) -> None:
    trials = compiled(tmp_path, {"max_metric_calls": 20}, {"train": train, "validation": validation})
    assert trials[0][1:] == (validation or train, True)


def test_the_record_of_all_variants_is_left_out_of_the_result(tmp_path: Path) -> None:
    optimizer = find("gepa")
    parameters = parse_parameters(optimizer, {"max_metric_calls": 20, "track_stats": True})
    with counting(tmp_path) as bench:
        made = optimizer.compile(parameters, materials(bench, program()))
    assert "detailed_results" not in vars(made)


def test_the_prompt_model_gets_the_users_own_guidance(tmp_path: Path) -> None:
    optimizer = find("gepa")
    given = {"max_metric_calls": 20, "instruction_proposer": '{"additional_instructions": "Write in verse."}'}
    with counting(tmp_path) as bench:
        optimizer.compile(parse_parameters(optimizer, given), materials(bench, program()))
    assert any("Write in verse." in it for it in bench.prompt.sent)
    assert any("Expected answer" in it for it in bench.prompt.sent)


def test_the_same_seed_asks_the_same_questions_again(tmp_path: Path) -> None:
    optimizer = find("gepa")
    parameters = parse_parameters(optimizer, {"max_metric_calls": 60})
    # As many as fill GEPA's small batches: else one example is in a batch twice, and asked about twice at once.
    with counting(tmp_path, by_prompt=True) as bench:
        first = optimizer.compile(parameters, materials(bench, program(2), train=6, seed=3))
        sent = len(bench.task.sent) + len(bench.prompt.sent)
        second = optimizer.compile(parameters, materials(bench, program(2), train=6, seed=3))
        assert len(bench.task.sent) + len(bench.prompt.sent) == sent
    assert first.dump_state() == second.dump_state()


def test_a_validation_part_above_the_budget_is_evaluated_once() -> None:
    optimizer = find("gepa")
    plan = optimizer.calls(parse_parameters(optimizer, {"max_metric_calls": 5}), Shape(4, 20), 0)
    assert (plan.task.low, plan.task.high, plan.prompt.high) == (20, 20, 0)


def test_its_own_arithmetic_follows_dspys() -> None:
    optimizer = find("gepa")
    for auto, runs in (("light", 380 + 4 * 14), ("medium", 690 + 5 * 14), ("heavy", 1035 + 7 * 14)):
        plan = optimizer.calls(parse_parameters(optimizer, {"auto": auto}), Shape(6, 14), 0)
        assert plan.task.low == runs
