"""Training a model by OpenAI's protocol of files and jobs, against a server that speaks it."""

import json
import signal
from pathlib import Path
from typing import Any

import dspy
import pytest

from dspy_lens_worker.messages import CapsOrder, Log, ModelOrder, Trial, Usage
from dspy_lens_worker.optimizers import Shape, find, parse_parameters
from dspy_lens_worker.optimizers.finetune_counts import usual_epochs
from support.orders import Place, Ran, loopback, run, worker
from support.practice import score
from support.provider import KEY
from support.tuning import Tuning, knows_even_numbers, topical

ROWS = topical(24, 8, 10)
ENVIRONMENT = {"OPENAI_API_KEY": KEY}


def tuned(place: Place, tuning: Tuning, optimizer: str = "finetune", **changes: Any) -> Ran:
    order = place.order(model=loopback(tuning.base), optimizer=optimizer, **changes)
    return run(place.folder(order, ROWS), ENVIRONMENT)


def said(ran: Ran) -> str:
    return "\n".join(it.message for it in ran.of(Log))


def test_the_trained_model_is_scored_and_its_name_kept_with_the_program(place: Place) -> None:
    with Tuning(rule=knows_even_numbers) as tuning:
        ran = tuned(place, tuning, parameters={"train_kwargs": {"n_epochs": 2, "suffix": "colours"}})
        end = ran.finished
        assert end.state == "succeeded", ran.log
        assert end.baseline is not None
        assert end.best is not None
        assert (end.baseline.score, end.best.score) == (0.5, 1.0)
        assert ran.program["lm"]["model"] == "openai/ft:test-model:loop::ftjob-1"
        assert KEY not in (ran.folder / "program.json").read_text()
        (job,) = tuning.jobs
        assert job.asked["suffix"] == "colours"
        assert job.asked["hyperparameters"] == {"n_epochs": 2}
        rows = tuning.files["file-1"]
        assert len(rows) == 16  # the even ones of 32
        assert all(it["messages"][-1]["role"] == "assistant" for it in rows)
        assert [it for it in ("validating files", "queued", "running", "succeeded") if it in said(ran)]
        assert score_in_plain_dspy(ran) == end.best.score


def score_in_plain_dspy(ran: Ran) -> float:
    program = dspy.Predict("question -> answer")
    program.load(str(ran.folder / "program.json"), allow_unsafe_lm_state=True)
    program.lm = program.lm.copy(api_key=KEY)
    test = [
        dspy.Example(**it.inputs, **it.labels).with_inputs(*it.inputs) for it in ROWS if it.part == "test"
    ]
    return score(program, test, lambda gold, answer, trace=None: float(gold.answer == answer.answer))


def test_a_trial_tells_how_often_the_model_was_right_before(place: Place) -> None:
    with Tuning(rule=knows_even_numbers) as tuning:
        ran = tuned(place, tuning)
    assert [(it.score, it.full) for it in ran.of(Trial)] == [(0.5, True)]


def test_what_was_trained_is_charged_once_and_the_same_is_never_trained_twice(place: Place) -> None:
    with Tuning(rule=knows_even_numbers) as tuning:
        given = {"training_price": 3.0}
        first, second = tuned(place, tuning, parameters=given), tuned(place, tuning, parameters=given)
        assert (first.finished.state, second.finished.state) == ("succeeded", "succeeded"), second.log
        assert len(tuning.jobs) == 1
    charges = [it.charge for ran in (first, second) for it in ran.of(Usage) if it.charge]
    trained = [it for it in charges if it.model.endswith("(training)")]
    assert [(it.input, it.micros) for it in trained] == [(4321, 12963)]


def test_a_job_that_fails_says_why(place: Place) -> None:
    with Tuning(rule=knows_even_numbers, ends="failed") as tuning:
        end = tuned(place, tuning).finished
    assert (end.state, end.stage) == ("failed", "run")
    assert "The training of test-model failed: The data was too dull." in str(end.reason)


def test_a_cancelled_run_cancels_its_job(place: Place) -> None:
    with Tuning(rule=knows_even_numbers, ends=None) as tuning:
        order = place.order(model=loopback(tuning.base), optimizer="finetune")
        folder = place.folder(order, ROWS)
        with worker(folder, ENVIRONMENT) as process:
            tuning.wait_for_job()
            process.send_signal(signal.SIGINT)
            code = process.wait(15)
        ran = Ran(folder, code, (folder / "worker.log").read_text())
        assert (ran.finished.state, ran.finished.reason) == ("stopped", "Cancelled."), ran.log
        assert tuning.jobs[0].status == "cancelled"
    assert ran.finished.program is not None


def test_what_training_may_cost_has_to_fit_into_the_cap(place: Place) -> None:
    with Tuning(rule=knows_even_numbers) as tuning:
        ran = tuned(place, tuning, parameters={"training_price": 3.0}, caps=CapsOrder(tokens=12_000))
        assert ran.finished.state == "stopped", ran.log
        assert "The cap of 12,000 tokens is reached." in str(ran.finished.reason)
        assert tuning.jobs == []


def test_too_few_right_answers_are_not_trained_on(place: Place) -> None:
    """How often the program is right is not asked beforehand where a teacher answers for it."""
    with Tuning(rule=lambda inputs, outputs, earlier: dict.fromkeys(outputs, "unsure")) as tuning:
        end = tuned(place, tuning, teacher=loopback(tuning.base)).finished
        assert tuning.jobs == []
    assert end.state == "failed"
    assert "Only 0 answers were right, and training takes 10." in str(end.reason)


def test_a_program_that_is_hardly_ever_right_is_not_asked_for_answers_to_train_on(place: Place) -> None:
    with Tuning(rule=lambda inputs, outputs, earlier: dict.fromkeys(outputs, "unsure")) as tuning:
        end = tuned(place, tuning).finished
        assert (len(tuning.log), tuning.jobs) == (10, [])  # the held-out examples, before
    assert (end.state, end.stage) == ("failed", "optimizer")
    assert "answers 0% of 10 examples right, so that 32 make about 0 right answers" in str(end.reason)


@pytest.mark.parametrize(
    ("optimizer", "given", "shape", "refused"),
    [
        ("finetune", {}, Shape(24, 8, measured=50, solved=0.0), True),
        ("finetune", {}, Shape(24, 8, measured=50, solved=0.3), False),
        ("finetune", {}, Shape(24, 8, measured=3, solved=0.0), False),  # three say next to nothing
        ("finetune", {}, Shape(24, 8, measured=50, solved=0.1, predictors=2), False),
        ("finetune", {"multitask": False}, Shape(24, 8, measured=50, solved=0.1, predictors=2), True),
        ("finetune,bootstrap", {}, Shape(24, 8, measured=50, solved=0.0), True),
        ("bootstrap,finetune", {}, Shape(24, 8, measured=50, solved=0.0), False),
        ("better_together", {"strategy": "w -> p"}, Shape(24, 8, measured=50, solved=0.0), True),
        ("better_together", {"strategy": "p -> w"}, Shape(24, 8, measured=50, solved=0.0), False),
    ],
)
def test_what_was_measured_tells_whether_there_will_be_enough_to_train_on(
    optimizer: str, given: dict[str, Any], shape: Shape, refused: bool
) -> None:
    found = find(optimizer)
    problem = found.problem(parse_parameters(found, given), shape)
    assert ("right answers, and training takes 10" in (problem or "")) is refused


@pytest.mark.parametrize(
    ("model", "given", "caps", "message"),
    [
        ("offline", {}, {}, "The practice model cannot be trained."),
        ("anthropic/claude-sonnet-4-5", {}, {}, "cannot be trained by OpenAI's protocol"),
        ("openai/gpt-4o-mini", {}, {"micros": 10**6}, "The price of training openai/gpt-4o-mini is unknown"),
        (
            "openai/gpt-4o-mini",
            {"training_price": 3.0},
            {"micros": 10**6},
            "What openai/gpt-4o-mini costs once it is trained is unknown",
        ),
        ("openai/gpt-4o-mini", {"provider": "local"}, {}, "finetune needs torch"),
        ("openai/gpt-4o-mini", {"train_kwargs": {"use_peft": True}, "provider": "local"}, {}, "and peft"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_sent(
    place: Place, model: str, given: dict[str, Any], caps: dict[str, Any], message: str
) -> None:
    order = place.order(
        model=ModelOrder(name=model), optimizer="finetune", parameters=given, caps=CapsOrder(**caps)
    )
    end = run(place.folder(order, ROWS)).finished
    assert (end.state, end.stage, end.requests) == ("failed", "optimizer", 0)
    assert message in str(end.reason)


def test_prompts_and_weights_take_turns_and_the_best_is_kept(place: Place) -> None:
    given = {"strategy": "p -> w", "p_parameters.num_candidate_programs": 1}
    with Tuning(rule=knows_even_numbers) as tuning:
        ran = tuned(place, tuning, "better_together", parameters=given)
        end = ran.finished
        assert end.state == "succeeded", ran.log
        assert end.best is not None
        assert end.best.score == 1.0
        assert ran.program["lm"]["model"].startswith("openai/ft:test-model")
        assert score_in_plain_dspy(ran) == 1.0


@pytest.mark.parametrize("optimizer", ["finetune,bootstrap_rs", "better_together"])
def test_what_comes_after_the_training_asks_the_trained_model(place: Place, optimizer: str) -> None:
    given = {"p_parameters.num_candidate_programs": 1, "strategy": "w -> p"}
    given = given if optimizer == "better_together" else {"num_candidate_programs": 1}
    with Tuning(rule=knows_even_numbers) as tuning:
        ran = tuned(place, tuning, optimizer, parameters=given)
        assert ran.finished.state == "succeeded", ran.log
        asked = [it.body["model"] for it in tuning.log]
        first = asked.index("ft:test-model:loop::ftjob-1")
        assert set(asked[first:]) == {"ft:test-model:loop::ftjob-1"}
        assert ran.program["lm"]["model"] == "openai/ft:test-model:loop::ftjob-1"


def test_a_part_that_fails_leaves_what_came_before_it(place: Place) -> None:
    given = {"strategy": "p -> w", "p": "labeled"}
    with Tuning(rule=knows_even_numbers, ends="failed") as tuning:
        ran = tuned(place, tuning, "better_together", parameters=given)
    assert ran.finished.state == "succeeded", ran.log
    assert "A step of p -> w failed: The training of test-model failed" in said(ran)
    assert ran.finished.best is not None


def test_the_calls_are_certain_and_epochs_are_those_of_the_provider() -> None:
    optimizer = find("finetune")
    plan = optimizer.calls(parse_parameters(optimizer, {"train_kwargs": {"n_epochs": 4}}), Shape(20, 0), 0)
    assert plan.task.low == plan.task.high == 20
    assert plan.trained.high == 80
    assert [usual_epochs(it) for it in (10, 20, 33, 34, 1000, 20_000)] == [10, 5, 3, 3, 3, 1]


def test_nothing_of_the_key_is_kept(place: Place) -> None:
    with Tuning(rule=knows_even_numbers) as tuning:
        tuned(place, tuning)
    for file in Path(place.path).rglob("*"):
        if file.is_file() and file.suffix in (".json", ".jsonl", ".log"):
            assert KEY not in file.read_text(), file
    notes = list((place.cache / "training").iterdir())
    assert [json.loads(it.read_text()) for it in notes] == [{"job": "ftjob-1", "charged": True}]
