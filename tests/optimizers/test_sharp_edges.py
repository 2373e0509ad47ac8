"""Where DSPy is wrong: what every optimizer is guarded against."""

from pathlib import Path
from typing import Any

import dspy
import pytest

from dspy_lens_worker.optimizers import find, parse_parameters
from support.colours import APP, SMALL, half_right
from support.counting import CountingEngine, counting, program
from support.materials import materials
from support.orders import Place, loopback, run
from support.provider import KEY, Provider
from support.tuning import topical

COMPILED = (
    "labeled",
    "bootstrap",
    "bootstrap_rs",
    "bootstrap_optuna",
    "miprov2",
    "copro",
    "gepa",
    "simba",
    "infer_rules",
)


def small(name: str) -> Any:
    optimizer = find(name)
    return optimizer, parse_parameters(optimizer, SMALL[name])


@pytest.mark.parametrize("name", [it for it in COMPILED if it != "simba"])
def test_a_step_keeps_the_model_that_its_author_gave_it(tmp_path: Path, name: str) -> None:
    optimizer, parameters = small(name)
    engine = CountingEngine(1.0)
    student = program(2)
    student.answer.lm = dspy.LM("fake/own", engine=engine)
    with counting(tmp_path, 1.0) as bench:
        made = optimizer.compile(parameters, materials(bench, student))
        made(question="0: what is it?")
    assert [it.lm and it.lm.model for it in (made.plan, made.answer)] == [None, "fake/own"]
    assert not [it for it in bench.task.sent if "[[ ## answer ## ]]" in it.rpartition("Respond with")[2]]
    assert engine.sent


@pytest.mark.parametrize("name", ["bootstrap", "bootstrap_rs", "bootstrap_optuna", "infer_rules", "miprov2"])
def test_a_record_with_a_score_of_nothing_makes_no_demo(tmp_path: Path, name: str) -> None:
    def nothing(gold: Any, answer: Any, trace: Any = None, *others: Any) -> Any:
        return dspy.Prediction(score=0.0, feedback="No.")

    optimizer = find(name)
    given = {"max_labeled_demos": 0} if name != "miprov2" else {}
    parameters = parse_parameters(optimizer, {**SMALL[name], **given})
    with counting(tmp_path, 1.0) as bench:
        made = optimizer.compile(parameters, materials(bench, program(), metric=nothing))
    assert not [it for it in made.demos if "augmented" in it]


@pytest.mark.parametrize("name", COMPILED)
def test_a_program_that_was_compiled_before_is_no_obstacle(tmp_path: Path, name: str) -> None:
    optimizer, parameters = small(name)
    with counting(tmp_path, 0.5) as bench:
        once = optimizer.compile(parameters, materials(bench, program(2)))
        twice = optimizer.compile(parameters, materials(bench, once))
    assert [it for it, _ in twice.named_predictors()] == ["plan", "answer"]


class Parts(dspy.Module):  # type: ignore[misc]
    """A program of two parts, which their author may have frozen."""

    def __init__(self, *frozen: str) -> None:
        super().__init__()
        self.plan = dspy.ChainOfThought("question -> hint")
        self.answer = dspy.ChainOfThought("question, hint -> answer")
        for it in frozen:
            getattr(self, it)._compiled = True

    def forward(self, question: str) -> Any:
        return self.answer(question=question, hint=self.plan(question=question).hint)


@pytest.mark.parametrize("name", COMPILED)
def test_a_frozen_part_stays_as_it_is_unless_nothing_else_is_left(tmp_path: Path, name: str) -> None:
    optimizer, parameters = small(name)
    with counting(tmp_path, 0.5) as bench:
        one = optimizer.compile(parameters, materials(bench, Parts("plan")))
        both = optimizer.compile(parameters, materials(bench, Parts("plan", "answer")))
    assert [it for it, _ in one.named_predictors()] == ["answer.predict"]
    assert one.plan.predict.demos == []
    assert one.plan.predict.signature.instructions == Parts().plan.predict.signature.instructions
    assert [it for it, _ in both.named_predictors()] == ["plan.predict", "answer.predict"]


@pytest.mark.parametrize("name", COMPILED)
def test_the_users_signature_stays_as_it_was(tmp_path: Path, name: str) -> None:
    class Mine(dspy.Signature):  # type: ignore[misc]
        """Answer."""

        question: str = dspy.InputField()
        answer: str = dspy.OutputField()

    optimizer, parameters = small(name)
    with counting(tmp_path, 0.5) as bench:
        optimizer.compile(parameters, materials(bench, dspy.Predict(Mine)))
    assert Mine.instructions == "Answer."


OWN = """

    own = dspy.Predict(Colour)
    own.lm = dspy.LM("openai/other")


    class Mixed(dspy.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = own, dspy.Predict(Colour)

        def forward(self, question):
            return self.second(question=question)
    """


@pytest.mark.parametrize(
    ("optimizer", "name", "message"),
    [
        ("knn", "own", "KNNFewShot forgets the model that self names for itself"),
        ("labeled,knn", "own", "KNNFewShot forgets the model"),
        ("simba", "Mixed", "SIMBA needs one model for all steps"),
    ],
)
def test_what_cannot_do_with_models_of_the_programs_own_is_refused_before_anything_is_sent(
    place: Place, optimizer: str, name: str, message: str
) -> None:
    place.write("app.py", APP + OWN)
    order = place.order(place.named_target("program", name), optimizer=optimizer, metric="exact:answer")
    end = run(place.folder(order, topical(6, 6, 10))).finished
    assert (end.state, end.requests) == ("failed", 0)
    assert message in str(end.reason)


def test_without_the_cache_the_same_question_is_sent_again(place: Place) -> None:
    sent = []
    with Provider(rule=half_right) as provider:
        for cache in (True, True, False):
            before = len(provider.log)
            order = place.order(model=loopback(provider.base, cache=cache), optimizer="labeled")
            ran = run(place.folder(order, topical(6, 6, 10)), {"OPENAI_API_KEY": KEY})
            assert ran.finished.state == "succeeded", ran.log
            sent.append(len(provider.log) - before)
    assert sent == [20, 0, 20]
