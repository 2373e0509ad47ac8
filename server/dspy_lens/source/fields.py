"""What an example record has to give for a definition: its inputs and outputs, with the columns they take."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dspy_lens.source.annotations import resolved
from dspy_lens.source.examples.mapping import covers
from dspy_lens.values.definition import Definition, Field, Kind, Piece
from dspy_lens.values.settings import TargetSettings
from dspy_lens.values.target import Metric


@dataclass(frozen=True, slots=True)
class Fields:
    """What an example record has to give."""

    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    map: dict[str, str]
    metric: Metric | None = None

    def mapped_over(self, found: dict[str, str]) -> "Fields":
        """The same with columns that were found, below those that somebody named."""
        return replace(self, map={**found, **self.map})

    def inputs_in(self, columns: Sequence[str]) -> bool:
        """Whether every input has a column."""
        names = [it.name for it in self.inputs if it.required] or [it.name for it in self.inputs]
        return bool(names) and all(covers(columns, self.map.get(it, it)) for it in names)

    def covered_by(self, columns: Sequence[str]) -> int:
        """How many outputs the columns give; 0 when they lack an input, or when no input is known."""
        if not self.inputs_in(columns):
            return 0
        return sum(covers(columns, self.map.get(it.name, it.name)) for it in self.outputs)

    def labels(self, columns: Sequence[str]) -> tuple[Field, ...]:
        """The outputs, and the columns that the user's own metric asks for by name."""
        if self.metric is None or not self.metric.pieces:
            return self.outputs
        taken = {it.name for it in (*self.inputs, *self.outputs)} | set(self.map.values())
        text = "\n".join(it.text for it in self.metric.pieces)
        words = set(re.findall(r"\w+", text))
        return self.outputs + tuple(Field(it, "Any") for it in columns if it in words and it not in taken)


def fields_of(definition: Definition, own: TargetSettings) -> Fields:
    """A program's inputs are the parameters of `forward`, its outputs those of its predictors."""
    inputs, outputs = definition.inputs, definition.outputs
    if definition.kind is Kind.PROGRAM:
        outputs = tuple({it.name: it for p in definition.predictors for it in p.outputs}.values())
    if own.inputs is not None:
        known = {it.name: it for it in (*outputs, *inputs)}
        inputs = tuple(known.get(name, Field(name, "Any")) for name in own.inputs)
    names = {it.name for it in inputs}
    outputs = tuple(it for it in outputs if it.name not in names)
    pieces = definition.pieces
    return Fields(_resolved(inputs, pieces), _resolved(outputs, pieces), dict(own.map))


def _resolved(fields: Iterable[Field], pieces: tuple[Piece, ...]) -> tuple[Field, ...]:
    return tuple(replace(it, type=resolved(it.type, pieces)) for it in fields)
