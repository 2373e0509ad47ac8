"""A signature as DSPy would have it: fields in order, types, descriptions, instructions."""

import inspect
from dataclasses import dataclass, replace

from dspy_lens.source.python.expressions import Place
from dspy_lens.source.python.names import Where
from dspy_lens.values.definition import Field, Span

Origin = tuple[str, int, int]
"""Path, line and column of what declares a signature."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A signature: `fields` in the order of declaration, each with whether it is an input."""

    fields: tuple[tuple[Field, bool], ...] = ()
    doc: str | None = None  # the raw text of the instructions; None where only running could tell
    origin: Origin | None = None  # of the class or the string that declares it
    stray: tuple[tuple[str, Span], ...] = ()  # fields that lack InputField or OutputField

    @property
    def inputs(self) -> tuple[Field, ...]:
        return tuple(it for it, is_input in self.fields if is_input)

    @property
    def outputs(self) -> tuple[Field, ...]:
        return tuple(it for it, is_input in self.fields if not is_input)

    @property
    def instructions(self) -> str | None:
        return None if self.doc is None else inspect.cleandoc(self.doc)

    def with_doc(self, doc: str | None) -> "Shape":
        return replace(self, doc=doc)


def default_instructions(shape: Shape) -> str:
    """What DSPy says when nobody says anything."""
    inputs = ", ".join(f"`{it.name}`" for it in shape.inputs)
    outputs = ", ".join(f"`{it.name}`" for it in shape.outputs)
    return f"Given the fields {inputs}, produce the fields {outputs}."


def origin_of(where: Where, place: Place) -> Origin:
    return where.path, where.offset + place.line, place.column
