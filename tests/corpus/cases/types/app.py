import datetime as dt
import typing
from typing import Annotated, Any, Dict, List, Literal, Optional, Tuple, Union

import dspy
from models import Address, Box, Colour, Person, Point
import models

Label = Literal["a", "b"]
Scores = dict[str, float]


class Types(dspy.Signature):
    """Many types."""

    plain = dspy.InputField()
    literal: Literal["x", "y"] = dspy.InputField()
    label: Label = dspy.InputField()
    maybe: Optional[int] = dspy.InputField()
    either: int | str | None = dspy.InputField()
    union: Union[int, List[str]] = dspy.InputField()
    scores: Scores = dspy.InputField()
    nested: dict[str, list[tuple[int, ...]]] = dspy.InputField()
    old: Dict[str, List[Tuple[int, str]]] = dspy.InputField()
    anything: Any = dspy.InputField()
    when: dt.date = dspy.InputField()
    image: dspy.Image = dspy.InputField()
    history: dspy.History = dspy.InputField()
    person: Person = dspy.OutputField()
    people: list[Person] = dspy.OutputField()
    box: Box[int] = dspy.OutputField()
    colour: Colour = dspy.OutputField()
    other: models.Colour = dspy.OutputField()
    point: Point = dspy.OutputField()
    flag: typing.Literal[True, 1, "one", None] = dspy.OutputField()
    multi: dict[
        str,
        int,
    ] = dspy.OutputField()


class ByAnnotated(dspy.Signature):
    """Annotated."""

    a: Annotated[str, dspy.InputField(desc="annotated")]
    b: Annotated[int, dspy.OutputField()]
    c: Annotated[str, "a note"] = dspy.OutputField(desc="both")
    d: typing.Annotated[list[str], dspy.OutputField(desc="dotted")]
