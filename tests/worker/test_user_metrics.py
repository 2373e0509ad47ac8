"""The user's own metric: every shape that works, and what it may return instead of a score."""

import re
from typing import Any

import dspy
import pytest

from dspy_lens_worker.messages import Log, Usage
from dspy_lens_worker.metrics import NoScore, score_of
from support.orders import Place, examples, loopback, run
from support.provider import KEY, Provider

ENVIRONMENT = {"OPENAI_API_KEY": KEY}


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "returned None, which is no score"),
        ("good", "returned 'good', which is no score"),
        (float("nan"), "returned nan"),
        (float("inf"), "returned inf"),
        (10**400, "is no number from 0 to 1"),
        (85, "returned 85, and scores run from 0 to 1"),
        (-1, "returned -1, and scores run"),
        ([1], "returned a list"),
        (dspy.Prediction(feedback="x"), "returned None"),
    ],
)
def test_what_is_no_score_is_not_taken_for_one(result: Any, said: str) -> None:
    with pytest.raises(NoScore, match=re.escape(said)):
        score_of(result)


@pytest.mark.parametrize(
    ("result", "score"), [(True, 1.0), (False, 0.0), (0.3, 0.3), (dspy.Prediction(score=0.4), 0.4), (1, 1.0)]
)
def test_booleans_numbers_and_predictions_are_scores(result: Any, score: float) -> None:
    assert score_of(result) == score


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return None", "returned None, which is no score"),
        ("return gold.missing", "raised metrics.py:2: AttributeError"),
        ("import sys; sys.exit(1)", "called sys.exit (metrics.py:2)"),
    ],
)
def test_a_metric_without_scores_fails_the_run_at_once(
    place: Place, provider: Provider, body: str, said: str
) -> None:
    place.write("metrics.py", f"def score(gold, pred, trace=None):\n    {body}\n")
    order = place.order(model=loopback(provider.base), metric="metrics:score")
    end = run(place.folder(order, examples()), ENVIRONMENT).finished
    assert (end.state, end.stage) == ("failed", "metric")
    assert said in str(end.reason)
    assert len(provider.log) <= 4


def test_a_metric_that_breaks_while_optimizing_fails_the_run_too(place: Place, provider: Provider) -> None:
    place.write("metrics.py", "def score(gold, pred):\n    return None\n")
    order = place.order(model=loopback(provider.base), metric="metrics:score")
    end = run(place.folder(order, examples(2, 6, 0)), ENVIRONMENT).finished
    assert (end.state, end.stage) == ("failed", "metric")
    assert len(provider.log) <= 5


def test_a_metric_that_fails_now_and_then_is_no_wrong_answer(place: Place, provider: Provider) -> None:
    place.write("metrics.py", "def score(gold, pred):\n    return None if '3' in gold.question else True\n")
    order = place.order(model=loopback(provider.base), metric="metrics:score", verb="evaluate")
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    assert ran.finished.baseline is not None
    assert (ran.finished.baseline.score, ran.finished.baseline.n) == (1.0, 9)
    assert "1 of 10 examples were left out" in ran.of(Log)[0].message


@pytest.mark.parametrize(
    "source",
    [
        "def score(gold, pred):\n    return gold.answer != pred.answer\n",
        "import dspy\ndef score(gold, pred, trace=None):\n    return dspy.Prediction(score=1.0, feedback='x')\n",
        "def score(gold, pred, trace, pred_name, pred_trace):\n    return 1\n",
        "class Score:\n    def __call__(self, gold, pred, trace=None):\n        return 1.0\nscore = Score()\n",
    ],
)
def test_metrics_come_in_many_shapes(place: Place, provider: Provider, source: str) -> None:
    place.write("metrics.py", source)
    order = place.order(model=loopback(provider.base), metric="metrics:score", parameters={"restrict": [-3]})
    end = run(place.folder(order, examples()), ENVIRONMENT).finished
    assert end.state == "succeeded", end.reason
    assert end.baseline is not None
    assert end.baseline.score == 1.0


def test_models_that_a_metric_asks_are_judges(place: Place, provider: Provider) -> None:
    place.write("metrics.py", JUDGE)
    order = place.order(model=loopback(provider.base), metric="metrics:score", verb="evaluate")
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert (end.calls.task, end.calls.judge) == (10, 10)
    assert [it.charge.role for it in ran.of(Usage) if it.charge].count("judge") == 10


JUDGE = """
    import dspy

    judge = dspy.Predict("question, answer -> fair")

    def score(gold, pred):
        return judge(question=gold.question, answer=pred.answer).fair == "unsure"
"""


def test_a_metric_that_is_not_there_is_said(place: Place) -> None:
    place.write("metrics.py", "x = 1\n")
    for name, said in (
        ("metrics:score", "There is no function score in metrics."),
        ("metrix:score", "There is no module named metrix."),
        ("exactly", "There is no metric called exactly."),
        ("metrics:x", "There is no function x in metrics."),
    ):
        end = run(place.folder(place.order(metric=name), examples())).finished
        assert (end.state, end.stage) == ("failed", "metric")
        assert said in str(end.reason)
