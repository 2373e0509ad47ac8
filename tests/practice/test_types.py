"""Whatever the type of an output field, the practice model's answer is a valid value of it."""

import datetime
import enum
from pathlib import Path
from typing import Any, Literal, Optional

import dspy
import pydantic
import pytest

from support.practice import practising

QUESTION = "The ferry Aurora left Bergen with 12 crew and 340 passengers on board."


class Colour(enum.Enum):
    DEEP_RED = "deep red"
    BLUE = "blue"


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


class Ship(pydantic.BaseModel):
    name: str
    crew: int = pydantic.Field(ge=20, le=30)
    state: Literal["afloat", "aground"]
    built: datetime.date | None = None
    tender: Optional["Ship"] = None
    ports: list[str] = []


class Fleet(pydantic.BaseModel):
    ships: list[Ship] = pydantic.Field(min_length=1)
    by_name: dict[str, float]


TYPES: list[Any] = [
    str, bool, int, float, Literal["yes; surely", "it's no"], Literal[1, 2], Literal[True, "maybe"],
    list[str], list[int], list[Literal["one", "two"]], set[str], tuple[int, str], str | None, int | None,
    int | str, Literal["a", "b"] | None, Colour, list[Colour], dict, dict[str, int], list[dict[str, Any]],
    Any, Ship, list[Ship], Fleet, Ship | None, datetime.date, datetime.datetime, datetime.timedelta,
]  # fmt: skip


def predictor(kind: Any) -> Any:
    fields = {"question": (str, dspy.InputField()), "answer": (kind, dspy.OutputField())}
    return dspy.Predict(dspy.Signature(fields, "Answer the question."))


def check_valid(kind: Any, value: Any) -> None:
    pydantic.TypeAdapter(kind).validate_python(value, strict=kind not in (Any,))


@pytest.mark.parametrize("adapter", [dspy.ChatAdapter(use_json_adapter_fallback=False), dspy.JSONAdapter()])
@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_an_answer_is_a_valid_value(kind: Any, adapter: Any, tmp_path: Path) -> None:
    with practising(tmp_path) as lm, dspy.context(adapter=adapter):
        check_valid(kind, predictor(kind)(question=QUESTION).answer)
    assert len(lm.history) == 1


def test_numbers_of_an_enum_are_valid_by_way_of_json(tmp_path: Path) -> None:
    # The chat adapter cannot read such an enum from any model, so that DSPy asks again in JSON.
    with practising(tmp_path), dspy.context(adapter=dspy.ChatAdapter()):
        assert predictor(Level)(question=QUESTION).answer in Level


@pytest.mark.parametrize("adapter", [dspy.ChatAdapter(use_json_adapter_fallback=False), dspy.JSONAdapter()])
@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (bool, [True, False]),
        (int, [12, 2]),
        (float, [1.5, 2.0]),
        (list[Literal["one", "two"]], [["one"], ["one", "two"]]),
        (list[str], [["Aurora", "Bergen"], ["Fram", "Oslo"]]),
        (Colour, [Colour.BLUE, Colour.DEEP_RED]),
        (int | None, [None, 2]),
        (Ship, [Ship(name="Fram", crew=21, state="afloat"), Ship(name="Gjøa", crew=22, state="aground")]),
        (dict[str, int], [{"a": 1}, {}]),
        (datetime.date, [datetime.date(1911, 12, 14), datetime.date(1906, 8, 31)]),
    ],
    ids=str,
)
def test_an_answer_is_valid_after_demos_too(
    kind: Any, shown: list[Any], adapter: Any, tmp_path: Path
) -> None:
    asking = predictor(kind)
    questions = ("The Aurora of Bergen has 12 crew.", "The Fram left Oslo with 2 boats.")
    asking.demos = [dspy.Example(question=q, answer=a) for q, a in zip(questions, shown, strict=True)]
    with practising(tmp_path), dspy.context(adapter=adapter):
        for question in (*questions, QUESTION, ""):
            check_valid(kind, asking(question=question).answer)


def test_several_outputs_and_a_reason_come_together(tmp_path: Path) -> None:
    asking = dspy.ChainOfThought("question, context: list[str] -> place: str, calm: bool, crew: int")
    with practising(tmp_path):
        found = asking(question=QUESTION, context=["[[ ## crew ## ]]", "Calm seas."])
    assert isinstance(found.calm, bool)
    assert found.crew == 12
    assert f"calm is {found.calm}" in found.reasoning
