"""What `create` writes, run by the real DSPy."""

import json
from typing import Any

import pytest

from dspy_lens.source.python import Project, read_python
from dspy_lens.source.skeletons import examples_skeleton, is_placeholder, metric_skeleton
from dspy_lens.values.definition import Definition

SOURCE = '''
from typing import Literal, Optional
import dspy

Mood = Literal["good", "bad"]

class Review(dspy.Signature):
    """Judge a review."""
    text: str = dspy.InputField()
    length: int = dspy.InputField()
    mood: Mood = dspy.OutputField()
    summary: str = dspy.OutputField()
    tags: list[str] = dspy.OutputField()
    fair: bool = dspy.OutputField()
    stars: Optional[float] = dspy.OutputField()

class Answering(dspy.Module):
    def __init__(self):
        self.search = dspy.Predict("question -> query")
        self.answer = dspy.ChainOfThought("question, context -> answer")

    def forward(self, question):
        return self.answer(question=question, context=self.search(question=question).query)
'''


def definition(name: str) -> Definition:
    project = Project({"app.py": read_python("app.py", SOURCE)})
    return next(it for it in project.all() if it.qualname == name)


def metric(name: str) -> Any:
    space: dict[str, Any] = {}
    exec(metric_skeleton(definition(name)), space)
    return next(it for key, it in space.items() if key.endswith("_metric"))


def test_ten_examples_have_the_right_fields_and_types() -> None:
    rows = [json.loads(it) for it in examples_skeleton(definition("Review")).splitlines()]
    assert rows[0] == {
        "text": "text 1",
        "length": 1,
        "mood": "good",
        "summary": "summary 1",
        "tags": ["tags 1"],
        "fair": True,
        "stars": 0.5,
    }
    assert [it["mood"] for it in rows] == ["good", "bad"] * 5


def test_a_program_takes_the_outputs_of_its_last_predictor() -> None:
    rows = [json.loads(it) for it in examples_skeleton(definition("Answering")).splitlines()]
    assert rows[0] == {"question": "question 1", "answer": "answer 1"}


def test_the_metric_scores_real_predictions() -> None:
    import dspy

    score = metric("Review")
    labels: dict[str, Any] = {
        "mood": "good",
        "summary": "a fine book",
        "tags": ["a", "b"],
        "fair": True,
        "stars": 2.5,
    }
    example = dspy.Example(text="x", length=1, **labels).with_inputs("text", "length")
    assert score(example, dspy.Prediction(**labels)) == 1.0
    half = dspy.Prediction(**{**labels, "mood": "bad", "summary": "A fine day", "tags": ["b", "c"]})
    assert score(example, half) == pytest.approx((0 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert score(example, dspy.Prediction()) == 0.0
    assert score(example, half, trace=[]) is False


def test_the_metric_compares_only_what_the_example_labels() -> None:
    import dspy

    score = metric("Review")
    example = dspy.Example(text="x", length=1, mood="good").with_inputs("text", "length")
    assert score(example, dspy.Prediction(mood="good", summary="anything")) == 1.0
    assert score(dspy.Example(text="x", length=1), dspy.Prediction(mood="good")) == 0.0


def test_the_metric_of_a_program_compares_its_answer() -> None:
    import dspy

    score = metric("Answering")
    assert score(dspy.Example(question="q", answer="blue sky"), dspy.Prediction(answer="Blue sky")) == 1.0


def test_a_record_that_was_created_is_known_again_whatever_the_types_of_its_inputs() -> None:
    assert is_placeholder({"facts": ["facts 1"], "more": {"key": "more 1"}, "count": 1})
    assert not is_placeholder({"facts": ["The lamp is broken"], "more": {"key": "more 1"}})
    assert is_placeholder({"person": {"name": "name 1", "homes": [{"street": "street 1"}]}})
    assert not is_placeholder({"count": 1})


PERSON = """
from enum import Enum
from typing import Optional

import dspy
from pydantic import BaseModel

class Mood(Enum):
    GOOD = "good"
    BAD = "bad"

class Address(BaseModel):
    street: str
    number: int

class Person(BaseModel):
    name: str
    mood: Optional[Mood] = None
    homes: list[Address] = []
    parent: "Optional[Person]" = None

class Extract(dspy.Signature):
    text: str = dspy.InputField()
    person: Person = dspy.OutputField()
    mood: Mood = dspy.OutputField()
"""


def test_models_and_enums_are_written_as_they_are_and_scored_by_their_fields() -> None:
    import dspy

    space: dict[str, Any] = {}
    exec(PERSON, space)
    found = next(iter(Project({"app.py": read_python("app.py", PERSON)}).all()))
    row = json.loads(examples_skeleton(found).splitlines()[0])
    space["Person"].model_rebuild(_types_namespace=space)
    person = space["Person"].model_validate(row["person"])
    assert person.homes[0].model_dump() == {"street": "street 1", "number": 1}
    assert space["Mood"](row["mood"]) is person.mood
    exec(metric_skeleton(found), space)
    example = dspy.Example(text="x", person=row["person"] | {"name": "Ada"}, mood="good").with_inputs("text")
    score = space["extract_metric"](example, dspy.Prediction(person=person, mood=space["Mood"].GOOD))
    assert score == pytest.approx((3 / 4 + 1) / 2)
