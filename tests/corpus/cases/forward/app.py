from __future__ import annotations

import dspy
from pydantic import BaseModel


class Early(dspy.Signature):
    """Uses what comes later."""

    a: str = dspy.InputField()
    late: Late = dspy.OutputField()


class Late(BaseModel):
    x: int


class Item(BaseModel):
    x: int


class Quoted(dspy.Signature):
    """Quoted."""

    a: "str" = dspy.InputField()
    items: "list[Item]" = dspy.OutputField()
