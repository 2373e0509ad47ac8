"""The metric `judge`: a model's opinion, counted under its own role."""

from typing import Any

import dspy
import pytest

from dspy_lens_worker.guard import Guard
from dspy_lens_worker.judging import Judge
from dspy_lens_worker.messages import CapsOrder, Log, ModelOrder, Usage
from dspy_lens_worker.metrics import Metric, NoScore, find_metric
from dspy_lens_worker.offline import practice_lm
from dspy_lens_worker.optimizers.feedback import with_feedback
from support.orders import Place, examples, loopback, run
from support.provider import KEY, Provider

ENVIRONMENT = {"OPENAI_API_KEY": KEY}


def judging(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
    """Answers yes, and as a judge finds the first question right and the others wrong."""
    if "verdict" not in outputs:
        return dict.fromkeys(outputs, "yes")
    verdict = "right" if "question 12" in inputs else "wrong"
    return {"reasoning": f"It is {verdict}.", "verdict": verdict}


def asking(name: str) -> Metric:
    return find_metric(name, (), Guard(CapsOrder()), Judge(practice_lm(), "Answer the question."))


def example(**values: str) -> dspy.Example:
    return dspy.Example(question="Which colour?", **values).with_inputs("question")


def test_the_judge_decides_and_its_calls_are_counted_as_its_own(place: Place) -> None:
    with Provider(judging) as provider:
        judge = ModelOrder(**{**loopback(provider.base).model_dump(), "name": "openai/judge-model"})
        order = place.order(
            model=loopback(provider.base),
            metric="judge:answer",
            judge_model=judge,
            verb="evaluate",
            judge_calls=10,
        )
        ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert end.baseline is not None
    assert (end.baseline.score, end.baseline.n) == (0.1, 10)
    assert (end.calls.task, end.calls.judge, end.judged) == (10, 10, 10)
    charges = [it.charge for it in ran.of(Usage) if it.charge]
    assert {it.model for it in charges if it.role == "judge"} == {"openai/judge-model"}
    assert {it.model for it in charges if it.role == "task"} == {"openai/test-model"}
    assert not ran.of(Log)


def test_a_judge_needs_no_labels(place: Place) -> None:
    bare = [it.model_copy(update={"labels": {}}) for it in examples()]
    with Provider(judging) as provider:
        order = place.order(model=loopback(provider.base), metric="judge", verb="evaluate")
        end = run(place.folder(order, bare), ENVIRONMENT).finished
    assert end.state == "succeeded", end.reason
    assert end.baseline is not None
    assert end.baseline.n == 10


def test_a_cap_holds_for_the_judge_too(place: Place) -> None:
    with Provider(judging) as provider:
        order = place.order(
            model=loopback(provider.base), metric="judge:answer", verb="evaluate", caps=CapsOrder(calls=7)
        )
        end = run(place.folder(order, examples()), ENVIRONMENT).finished
        assert (end.state, len(provider.log)) == ("stopped", 7)


def test_a_judge_is_weighed_against_other_metrics() -> None:
    metric = asking("0.75*exact:answer + 0.25*judge:answer")
    assert metric.score(example(answer="red"), dspy.Prediction(answer="red")) == 1
    # Not the same text, but half of the words in common, which the practice judge calls partly right.
    assert metric.score(example(answer="dark red"), dspy.Prediction(answer="red")) == 0.125


def test_the_judges_reasons_are_the_feedback() -> None:
    metric = with_feedback(asking("judge:answer").callable())
    heard = metric(example(answer="red"), dspy.Prediction(answer="blue"), None, "self", [])
    assert heard.score == 0
    assert "verdict is wrong" in heard.feedback


def test_what_a_judge_asks_is_no_part_of_the_trace() -> None:
    with dspy.context(lm=practice_lm(), trace=[]):
        asking("judge:answer").score(example(answer="red"), dspy.Prediction(answer="red"))
        assert dspy.settings.trace == []


def test_an_unreadable_opinion_is_no_score(place: Place) -> None:
    with Provider(lambda inputs, outputs, earlier: dict.fromkeys(outputs, "perhaps")) as provider:
        lm = dspy.LM("openai/judge-model", api_base=provider.base, api_key=KEY, cache=False, num_retries=0)
        metric = find_metric("judge:answer", (), Guard(CapsOrder()), Judge(lm, ""))
        with pytest.raises(NoScore, match="The metric judge:answer raised"):
            metric.score(example(answer="red"), dspy.Prediction(answer="red"))


def test_a_metric_that_turns_out_to_ask_a_model_is_told_of(place: Place) -> None:
    place.write("metrics.py", HIDDEN)
    with Provider(judging) as provider:
        order = place.order(model=loopback(provider.base), metric="metrics:score", verb="evaluate")
        ran = run(place.folder(order, examples()), ENVIRONMENT)
    assert ran.finished.calls.judge == 10
    assert "The metric metrics:score calls a model, 1 times for each answer" in ran.of(Log)[0].message


HIDDEN = """
    import dspy

    tools = {"judge": dspy.Predict("question, answer -> verdict")}

    def score(gold, pred):
        return tools["judge"](question=gold.question, answer=pred.answer).verdict == "right"
"""
