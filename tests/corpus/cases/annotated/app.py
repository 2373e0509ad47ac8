from typing import Annotated

import dspy


class Marked(dspy.Signature):
    """Marked."""

    a: Annotated[str, dspy.InputField(desc="marked")]
    b: Annotated[int, "a note", dspy.OutputField(desc="after a note")]
    c: Annotated[str, dspy.OutputField(desc="in the type")] = dspy.OutputField(desc="in the value")
    d: Annotated[list[str], "only a note"] = dspy.OutputField()


class Below(Marked):
    e: Annotated[str, dspy.OutputField()]


class Redeclared(Marked):
    """Other types and texts for fields that a base has."""

    a: Annotated[int, dspy.InputField(desc="again")]
    b: float = dspy.OutputField(desc="now plain")
    d: Annotated[str, dspy.OutputField(desc="now marked")]


class Turned(Marked):
    """An output that becomes an input."""

    c: str = dspy.InputField(desc="turned")
