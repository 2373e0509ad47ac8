"""SIMBA, which evaluates without telling DSPy's callbacks."""

import threading
from pathlib import Path
from typing import Any

import dspy
import pytest

from dspy_lens_worker.optimizers import find, parse_parameters
from dspy_lens_worker.optimizers.simba_trials import numeric
from support.counting import CountingEngine, counting, program, right
from support.materials import materials

SMALL = {"max_steps": 2, "num_candidates": 2, "bsize": 4}
LOCK = threading.Lock()


def compiled(
    tmp_path: Path, given: dict[str, Any], predictors: int = 1, **work: Any
) -> tuple[Any, list[Any], list[Any]]:
    """The result, the trials (state, score, number of examples, whether all), and what was kept."""
    trials: list[Any] = []
    kept: list[Any] = []
    optimizer = find("simba")

    def tried(made: Any, *rest: Any) -> None:
        trials.append((made.dump_state(), *rest[:3]))

    with counting(tmp_path, 0.5, by_prompt=True) as bench:
        asked = materials(bench, program(predictors), kept.append, tried=tried, **work)
        made = optimizer.compile(parse_parameters(optimizer, given), asked)
    return made, trials, kept


@pytest.mark.parametrize("predictors", [1, 2])
def test_every_new_program_is_a_trial_and_the_last_ones_are_on_everything(
    tmp_path: Path, predictors: int
) -> None:
    made, trials, kept = compiled(tmp_path, SMALL, predictors)
    assert [(n, whole) for _, _, n, whole in trials] == [(4, False)] * 6 + [(12, True)] * 3
    best = max(trials[6:], key=lambda it: it[1])
    assert made.dump_state() == best[0]
    assert kept


def test_the_scores_of_trials_are_those_of_their_programs(tmp_path: Path) -> None:
    _, trials, _ = compiled(tmp_path, SMALL)
    plain = next(it for it in trials if it[3])
    with counting(tmp_path, 0.5, by_prompt=True) as bench:
        given = materials(bench, program())
        everything = [*given.train, *given.validation]
        fresh = program()
        fresh.load_state(plain[0])
        assert plain[1] == sum(right(it, fresh(**it.inputs())) for it in everything) / len(everything)


def test_fewer_examples_than_a_step_takes_are_enough(tmp_path: Path) -> None:
    _, trials, _ = compiled(tmp_path, {"max_steps": 1, "num_candidates": 2})
    assert {(n, whole) for _, _, n, whole in trials} == {(12, True)}


def test_a_failing_program_is_no_failing_metric(tmp_path: Path) -> None:
    asked: list[Any] = []

    def metric(example: Any, prediction: Any, *others: Any) -> float:
        with LOCK:
            asked.append(prediction)
        return right(example, prediction)

    class Failing(dspy.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.answer = dspy.Predict("question -> answer")

        def forward(self, question: str) -> Any:
            if question.startswith("1:"):
                raise ValueError("no")
            return self.answer(question=question)

    optimizer = find("simba")
    with counting(tmp_path) as bench:
        optimizer.compile(parse_parameters(optimizer, SMALL), materials(bench, Failing(), metric=metric))
    assert asked
    assert None not in asked


def test_the_runs_own_models_are_left_as_they_are(tmp_path: Path) -> None:
    optimizer = find("simba")
    with counting(tmp_path) as bench:
        teacher = dspy.LM("fake/teacher", engine=bench.task)
        work = materials(bench, program(), teacher_model=teacher)
        optimizer.compile(parse_parameters(optimizer, SMALL), work)
        assert "rollout_id" not in teacher.kwargs | bench.task_model.kwargs
    assert bench.counted.calls["fake/teacher"] == 8


def test_steps_with_different_models_are_refused_before_a_call(tmp_path: Path) -> None:
    optimizer = find("simba")
    student = program(2)
    student.plan.set_lm(dspy.LM("fake/own", engine=CountingEngine()))
    with counting(tmp_path) as bench, pytest.raises(ValueError, match="SIMBA needs one model for all steps"):
        optimizer.compile(parse_parameters(optimizer, SMALL), materials(bench, student))
    assert not bench.counted.calls


def test_a_score_that_is_no_python_number_counts() -> None:
    class Own:
        def __float__(self) -> float:
            return 0.5

    assert numeric(Own()) == 0.5
    assert numeric(dspy.Prediction(score=True, feedback="well")).toDict() == {
        "score": 1.0,
        "feedback": "well",
    }
