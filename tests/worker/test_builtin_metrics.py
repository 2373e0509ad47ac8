from typing import Any

import pytest

from dspy_lens_worker.builtin_metrics import UnknownMetric, parse, score


def scored(metric: str, labels: dict[str, Any], answer: dict[str, Any]) -> float:
    terms = parse(metric)
    assert terms is not None
    return score(terms, labels, answer)


@pytest.mark.parametrize(
    ("metric", "label", "answer", "expected"),
    [
        ("exact", "Paris", "Paris", 1),
        ("exact", "Paris", "paris", 0),
        ("exact", "3", 3, 1),
        ("exact", 3, 3.0, 1),
        ("exact", "true", True, 1),
        ("exact", "1", True, 0),
        ("exact", ["a", "b"], ["a", "b"], 1),
        ("exact", "a", None, 0),
        ("normalized", "The Beatles!", "beatles", 1),
        ("f1", "a red house", "red house", 1),
        ("f1", "red house", "red car", 0.5),
        ("f1", "red house", "", 0),
        ("contains", "Paris", "It is paris, surely.", 1),
        ("contains", ["a1", "b2"], "only a1", 0.5),
        ("numeric:0.1", "3.14", 3.2, 1),
        ("numeric:0.1", "1,000", 1000, 1),
        ("numeric", 3, 3.1, 0),
        ("numeric:0.1", 3, "three", 0),
        ("overlap", ["a", "b"], ["b", "c"], 1 / 3),
        ("overlap", "a, b", ["A", "B"], 1),
        ("fields", {"name": "Ann", "age": 30}, {"name": "Ann", "age": 31}, 0.5),
        ("fields", {"name": "Ann", "address": {"city": "Bern", "zip": 3000}}, {"name": "Ann"}, 0.5),
        ("fields", ["a", "b"], ["a", "c", "d", "e"], 0.25),
        ("fields", {"a": 1}, "no record", 0),
    ],
)
def test_a_built_in_metric_compares_label_and_answer(
    metric: str, label: Any, answer: Any, expected: float
) -> None:
    assert scored(metric, {"it": label}, {"it": answer}) == pytest.approx(expected)


def test_only_the_named_field_counts() -> None:
    labels, answer = {"a": "1", "b": "2"}, {"a": "1", "b": "9"}
    assert scored("exact:a", labels, answer) == 1
    assert scored("exact", labels, answer) == 0
    assert scored("fields", labels, answer) == 0.5
    assert scored("numeric:10:b", labels, answer) == 1


def test_outputs_without_a_label_are_not_compared() -> None:
    assert scored("exact", {"a": "1"}, {"a": "1", "confidence": 0.3}) == 1
    with pytest.raises(ValueError, match="no label for confidence"):
        scored("exact:confidence", {"a": "1"}, {"a": "1"})


def test_metrics_are_weighted() -> None:
    labels, answer = {"label": "x", "reason": "red house"}, {"label": "x", "reason": "red car"}
    assert scored("0.7*exact:label + 0.3*f1:reason", labels, answer) == pytest.approx(0.85)
    assert scored("3*exact:label + 1*exact:reason", labels, answer) == 0.75
    assert scored("3*exact:label+exact:reason", labels, answer) == 0.75


def test_what_names_no_built_in_metric_is_left_to_others() -> None:
    assert parse("app.metrics:score") is None
    assert parse("nonsense") is None
    with pytest.raises(UnknownMetric):
        parse("0.5*exact + 0.5*app:score")
    with pytest.raises(UnknownMetric):
        parse("0*exact")
