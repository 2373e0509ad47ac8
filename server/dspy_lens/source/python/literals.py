"""`dspy.Example(…)` as it stands in the source."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dspy_lens.source.python.expressions import Call, Expr, Member, literal
from dspy_lens.source.python.facts import Site
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.names import Where
from dspy_lens.source.python.uses import Uses
from dspy_lens.values.definition import Span


@dataclass(frozen=True, slots=True)
class ExampleLiteral:
    """One example: `inputs` are the names given to `with_inputs`, None without it."""

    span: Span
    values: Mapping[str, Any]
    inputs: tuple[str, ...] | None
    holder: str | None  # the qualname of the variable or attribute that holds it, or the list it is in


def example_literals(calls: Iterable[tuple[Where, Site]], uses: Uses) -> Iterator[ExampleLiteral]:
    """The examples that are made of literal values."""
    consumed: set[tuple[int, int, int]] = set()
    for where, site in calls:
        call = site.call
        if (
            where.offset,
            call.place.line,
            call.place.column,
        ) in consumed and not isinstance(call.func, Member):
            continue
        inner, inputs = _unwrapped(call, uses, where)
        if uses.dspy(inner, where) != "Example":
            continue
        consumed.add((where.offset, inner.place.line, inner.place.column))
        values = _values(inner, uses, where)
        if values is not None:
            yield ExampleLiteral(span_of(where, call.place), values, inputs, site.holder)


def _unwrapped(call: Call, uses: Uses, where: Where) -> tuple[Call, tuple[str, ...] | None]:
    """The call of Example below `with_inputs`, and the names given there."""
    match call.func:
        case Member(Call() as inner, "with_inputs"):
            names = [uses.names.text(it, where, where.offset + it.place.line) for it in call.args]
            return inner, tuple(it for it in names if it is not None)
    return call, None


def _values(call: Call, uses: Uses, where: Where) -> dict[str, Any] | None:
    """What an example holds; None when a value is no literal."""
    values: dict[str, Any] = {}
    spread = [(None, it) for it in call.args]
    try:
        for name, given in (*spread, *call.keywords):
            value = literal(_known(given, uses, where))
            if name is not None:
                values[name] = value
            elif isinstance(value, dict) and all(isinstance(it, str) for it in value):
                values |= value
            else:
                return None
    except ValueError:
        return None
    return values or None


def _known(expr: Expr, uses: Uses, where: Where) -> Expr:
    value = uses.names.value(expr, where, where.offset + expr.place.line)[0]
    return expr if value is None else value
