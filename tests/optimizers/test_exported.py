"""Programs that run otherwise than their state says: a module beside it makes them again in plain DSPy."""

import json
from pathlib import Path
from typing import Any

import dspy
import pytest

from dspy_lens_worker.exported.ensemble import assemble, joining
from dspy_lens_worker.exported.metric_text import built_in_text
from dspy_lens_worker.messages import Log, ModelOrder, OrderExample, TargetOrder, Trial
from dspy_lens_worker.optimizers import Shape, find, parse_parameters
from support.demo_runs import demo_examples, demo_order, demo_run
from support.orders import Place, Ran, loopback, run
from support.plain_process import in_plain_dspy
from support.provider import KEY, Provider
from support.tuning import TOPICS, topical


def held_out(ran: Ran) -> list[OrderExample]:
    return [it for it in demo_examples("events") if it.part == "test"]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("knn", {}),
        ("knn", {"k": 5, "max_bootstrapped_demos": 0}),
        ("ensemble", {"parameters.num_candidate_programs": 3}),
        ("ensemble", {"of": "copro", "parameters": {"breadth": 3, "depth": 1}, "reduce_fn": "each"}),
        ("bootstrap_rs,knn", {"num_candidate_programs": 1}),
    ],
)
def test_the_module_makes_the_program_again_with_the_same_score(
    place: Place, name: str, given: dict[str, Any]
) -> None:
    ran = demo_run(place, name, given)
    end = ran.finished
    assert (end.state, end.reason) == ("succeeded", None), ran.log
    assert end.best is not None
    assert end.module is not None
    again = in_plain_dspy(Path(end.module), held_out(ran), [place.root], place.path / "plain")
    assert again.score == pytest.approx(end.best.score)


def only_what_demos_show(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
    """Knows the colour of a topic only once a demo of that topic shows it."""
    colour = next(it for word, it in TOPICS.items() if word in inputs)
    return dict.fromkeys(outputs, colour if colour in earlier else "unsure")


def test_near_examples_help_and_none_of_ours_is_needed_in_production(place: Place) -> None:
    rows = topical(4, 8, 10)
    with Provider(rule=only_what_demos_show) as provider:
        model = loopback(provider.base)
        folder = place.folder(place.order(model=model, optimizer="knn", parameters={"k": 2}), rows)
        ran = run(folder, {"OPENAI_API_KEY": KEY})
        end = ran.finished
        assert end.state == "succeeded", ran.log
        assert end.baseline is not None
        assert end.best is not None
        assert (end.baseline.score, end.best.score > 0.7) == (0.0, True)
        lm = {"model": model.name, "api_base": model.api_base, "api_key": KEY, "max_tokens": 200}
        test = [it for it in rows if it.part == "test"]
        again = in_plain_dspy(folder / "program.py", test, [place.root], place.path / "plain", lm)
    assert again.score == pytest.approx(end.best.score)
    assert again.ours == []
    assert end.prompt is not None
    assert (end.prompt.calls_before, end.prompt.calls) == (1, 3)
    assert again.calls == 3.0  # two examples are looked at, and then the question is asked


def test_what_the_optimizer_says_of_its_price_in_production_is_what_it_costs(place: Place) -> None:
    optimizer = find("knn")
    shape = Shape(4, 8, success=1.0, measured=20)
    plan = optimizer.calls(parse_parameters(optimizer, {"k": 2}), shape, 0)
    assert (plan.task.high, plan.result_runs.expected) == (0.0, 3.0)
    optimizer = find("ensemble")
    plan = optimizer.calls(parse_parameters(optimizer, {"best": 4}), shape, 0)
    assert plan.result_runs.high == 4.0


def test_a_teacher_that_takes_no_part_is_told(place: Place) -> None:
    ran = run(demo_order(place, "knn", {"k": 2}, teacher=ModelOrder(name="offline")))
    assert ran.finished.state == "succeeded", ran.log
    assert "The teacher takes no part in knn" in "".join(it.message for it in ran.of(Log))


APP = """
    from typing import Literal

    import dspy

    Colour = Literal["blue", "green", "red", "gold", "white", "unsure"]


    class QA(dspy.Signature):
        '''Name the colour.'''

        question: str = dspy.InputField()
        answer: Colour = dspy.OutputField()


    class Two(dspy.Module):
        def __init__(self):
            super().__init__()
            self.think = dspy.ChainOfThought("question -> hint")
            self.answer = dspy.Predict("question, hint -> answer")

        def forward(self, question):
            return self.answer(question=question, hint=self.think(question=question).hint)


    two = Two()


    def same(example, prediction):
        return dspy.Prediction(score=float(example.answer == prediction.answer), feedback="so it is")


    def letters(texts):
        return [[float(it.count(letter)) for letter in "abcdefghijklmnopqrstuvwxyz"] for it in texts]


    def first(outputs):
        return outputs[0]
    """


@pytest.mark.parametrize("target", ["QA", "Two", "two", "question -> answer: Colour"])
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("knn", {"k": 2, "vectorizer": "app:letters"}),
        ("ensemble", {"reduce_fn": "app:first", "parameters.num_candidate_programs": 2}),
    ],
)
def test_what_is_the_users_own_is_imported_by_the_module(
    place: Place, target: str, name: str, given: dict[str, Any]
) -> None:
    place.write("app.py", APP)
    with Provider(rule=only_what_demos_show) as provider:
        order = place.order(
            target_of(place, target),
            metric="app:same",
            model=loopback(provider.base),
            optimizer=name,
            parameters=given,
        )
        rows = topical(4, 8, 10)
        folder = place.folder(order, rows)
        ran = run(folder, {"OPENAI_API_KEY": KEY})
        end = ran.finished
        assert end.state == "succeeded", ran.log
        assert end.best is not None
        lm = {"model": "openai/test-model", "api_base": provider.base, "api_key": KEY, "max_tokens": 200}
        test = [it for it in rows if it.part == "test"]
        again = in_plain_dspy(folder / "program.py", test, [place.root], place.path / "plain", lm)
    assert again.ours == []
    assert again.score == pytest.approx(end.best.score)


def target_of(place: Place, name: str) -> TargetOrder:
    if "->" in name:
        return place.string_target(name)
    if name == "QA":
        return place.named_target("class", name, wrapper="ChainOfThought")
    return place.named_target("program", name)


def test_an_ensemble_joins_programs_of_earlier_runs(place: Place) -> None:
    first = demo_run(place, "labeled", {"k": 3})
    second = demo_run(place, "bootstrap", {})
    given = {"runs": [first.folder.name, second.folder.name]}
    ran = demo_run(place, "ensemble", given)
    assert ran.finished.state == "succeeded", ran.log
    assert sorted(ran.finished.demos) == ["programs[0]", "programs[1]"]
    again = in_plain_dspy(ran.folder / "program.py", held_out(ran), [place.root], place.path / "plain")
    assert ran.finished.best is not None
    assert again.score == pytest.approx(ran.finished.best.score)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("ensemble", {"runs": ["nowhere", "run1"]}, "The run nowhere is not there."),
        ("ensemble", {"reduce_fn": "app:nothing"}, "There is no function nothing in app."),
        ("knn", {"vectorizer": "app:nothing"}, "There is no function nothing in app."),
    ],
)
def test_what_is_not_there_is_said_before_anything_is_sent(
    place: Place, name: str, given: dict[str, Any], message: str
) -> None:
    end = run(demo_order(place, name, given)).finished
    assert (end.state, end.stage, end.requests) == ("failed", "optimizer", 0)
    assert message in str(end.reason)


def test_a_cap_leaves_the_members_of_an_ensemble(place: Place) -> None:
    ran = demo_run(place, "ensemble", {"parameters.num_candidate_programs": 3}, calls=75)
    end = ran.finished
    assert (end.state, end.requests <= 75) == ("stopped", True), ran.log
    assert ran.of(Trial)
    assert end.program is not None


def test_hosted_embeddings_are_counted_and_capped(place: Place) -> None:
    with Provider(rule=only_what_demos_show) as provider:
        given = {"k": 2, "vectorizer": "openai/embed", "max_bootstrapped_demos": 0}
        order = place.order(model=loopback(provider.base), optimizer="knn", parameters=given)
        folder = place.folder(order, topical(4, 8, 10))
        ran = run(folder, {"OPENAI_API_KEY": KEY, "OPENAI_API_BASE": provider.base})
        sent = len(provider.log)
        embedded = [it for it in provider.log if "input" in it.body]
    assert ran.finished.state == "succeeded", ran.log
    assert ran.finished.requests == sent
    assert len(embedded) == 1 + 10  # all examples together, and each held-out question


def answers(*values: Any) -> list[Any]:
    return [dspy.Prediction(reasoning=f"so {at}", answer=it) for at, it in enumerate(values)]


@pytest.mark.parametrize(
    ("name", "values", "answer"),
    [
        ("majority", ("Blue", "green", "blue "), "Blue"),
        ("majority", ("green", "blue"), "green"),
        ("majority", ([1, 2], [2, 1], [2, 1]), [2, 1]),
        ("majority", (True, False, False), False),
        ("each", ("blue", "green", "green"), "green"),
        ("mean", (1, 2, 6), 3.0),
        ("mean", ("a", "b", "b"), "b"),
    ],
)
def test_answers_of_any_type_are_joined(name: str, values: tuple[Any, ...], answer: Any) -> None:
    assert joining(name, None)(answers(*values)).answer == answer


def test_equal_inputs_ask_the_same_members() -> None:
    class Says(dspy.Module):  # type: ignore[misc]
        def __init__(self, word: str) -> None:
            super().__init__()
            self.word = word

        def forward(self, question: str) -> Any:
            return dspy.Prediction(answer=self.word)

    settings = {"reduce_fn": "majority", "field": None, "size": 1, "members": 5}
    made = assemble([Says(it) for it in "abcde"], settings, None)
    first = [made(question=str(it)).answer for it in range(20)]
    assert first == [made(question=str(it)).answer for it in range(20)]
    assert len(set(first)) > 2


@pytest.mark.parametrize(
    ("metric", "label", "answer", "score"),
    [
        ("exact", "Blue", "Blue", 1.0),
        ("normalized:it", "The blue", "blue.", 1.0),
        ("0.7*exact:it + 0.3*f1:it", "deep blue", "blue", 0.3 * 2 / 3),
        ("numeric:0.1:it", "3.05", 3.1, 1.0),
        ("overlap", ["a", "b"], ["b"], 0.5),
        ("contains", "blue", "so Blue it is", 1.0),
    ],
)
def test_a_built_in_metric_is_taken_along_as_text(metric: str, label: Any, answer: Any, score: float) -> None:
    text = built_in_text(metric)
    assert text is not None
    assert "dspy_lens" not in text
    made: dict[str, Any] = {}
    exec(text, made)
    assert made["score"](made["parse"](metric), {"it": label}, {"it": answer}) == pytest.approx(score)


def test_the_state_holds_what_the_module_needs(place: Place) -> None:
    ran = demo_run(place, "knn", {})
    state = json.loads((ran.folder / "program.json").read_text())
    assert len(state["metadata"]["dspy_lens"]["running"]["examples"]) == 14
    text = (ran.folder / "program.py").read_text()
    assert "Made by DSPy Lens" in text.splitlines()[0]
    assert "import dspy_lens" not in text
