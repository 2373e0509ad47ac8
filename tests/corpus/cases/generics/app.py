from typing import Generic, Optional, TypeVar

import dspy
from pydantic import BaseModel

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: Optional["Page[T]"] = None


class Row(BaseModel):
    name: str


class Paged(dspy.Signature):
    """Generic types."""

    query: str = dspy.InputField()
    page: Page[Row] = dspy.OutputField()
    rows: list[Row] | None = dspy.OutputField(desc="or none")


class Abstract(dspy.Module, Generic[T]):
    def __init__(self):
        super().__init__()
        self.p = dspy.Predict("a -> b")

    def forward(self, a: str) -> T:
        return self.p(a=a)


class Concrete(Abstract[Row]):
    pass
