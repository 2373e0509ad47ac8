"""Fields as the body of one class declares them."""

from dataclasses import dataclass, field, replace

from dspy_lens.source.python import known
from dspy_lens.source.python.annotations import normalized
from dspy_lens.source.python.expressions import Call, Choice, Const, Expr, Pairs, Place
from dspy_lens.source.python.facts import Assign, Class
from dspy_lens.source.python.labels import spelt_out
from dspy_lens.source.python.names import External, Found, Names, Where, holds_at
from dspy_lens.values.definition import Field, Span


@dataclass
class Members:
    """What the body of one class says about fields: each with whether it is an input."""

    fields: dict[str, tuple[Field, bool]] = field(default_factory=dict)
    strays: list[tuple[str, Span]] = field(default_factory=list)  # annotated, but neither input nor output
    order: list[str] = field(default_factory=list)  # as DSPy has it: first what is assigned a field


def span_of(where: Where, place: Place) -> Span:
    line, end_line = where.offset + place.line, where.offset + place.end_line
    return Span(where.path, line, end_line, place.column, place.end_column)


def members_of(names: Names, found: Found) -> Members:
    """The fields that a class declares itself."""
    assert isinstance(found.binding, Class)
    members = Members()
    first: dict[Expr, str] = {}  # a field object that two names share keeps the description of the first
    annotated: list[str] = []
    for name, it in _last(names, found).items():
        shared = first.setdefault(it.value, name) if it.value is not None else name
        value, line = it.value or it.marker, found.where.offset + it.line
        made = field_of(names, shared, it.annotation, value, found.within, line, it.target)
        if made is not None and not name.startswith("__"):
            members.fields[name] = (replace(made[0], name=name), made[1])
            (members.order if it.value is not None else annotated).append(name)
        elif made is None and _is_stray(it):
            members.strays.append((name, span_of(found.where, it.target)))
            annotated.append(name)
    members.order += annotated
    return members


def field_of(
    names: Names,
    name: str,
    annotation: str | None,
    value: Expr | None,
    where: Where,
    line: int,
    target: Place,
) -> tuple[Field, bool] | None:
    """A field with whether it is an input; None when the value makes none."""
    value, there, line = names.value(value, where, line)
    if isinstance(value, Choice):
        either = [
            field_of(names, name, annotation, it, there, line, target) for it in (value.body, value.other)
        ]
        return next((it for it in either if it is not None), None)
    side = _side(names, value, there, line) if isinstance(value, Call) else None
    if side is None or not isinstance(value, Call):
        return None
    given, hidden = _keywords(names, value, there, line)
    told = given.get("desc", given.get("description"))
    desc = names.text(told, there, line) if told or hidden else f"${{{name}}}"
    required = not hidden and "default" not in given and "default_factory" not in given
    type_ = spelt_out(names, normalized(annotation), where, line) if annotation else "str"
    return Field(name, type_, desc, span_of(where, target), required), side == known.INPUT


def type_written(names: Names, written: Expr, where: Where, line: int) -> str | None:
    """The text of a type that is given as an argument; None for `None`."""
    if isinstance(written, Const) and written.value is None:
        return None
    lines = names.files[where.path].lines
    place = written.place
    rows = lines[where.offset + place.line - 1 : where.offset + place.end_line]
    rows[-1] = rows[-1][: place.end_column]
    rows[0] = rows[0][place.column :]
    return normalized("\n".join(rows))


def _keywords(names: Names, value: Call, where: Where, line: int) -> tuple[dict[str, Expr], bool]:
    """The keywords of a call, those of a `**{…}` too, and whether some cannot be seen."""
    given: dict[str, Expr] = {}
    hidden = False
    for key, it in value.keywords:
        spread = names.value(it, where, line)[0] if key is None else None
        if key is not None:
            given[key] = it
        elif isinstance(spread, Pairs) and not names.grows(it, where, line):
            given |= {str(name.value): inner for name, inner in spread.items if isinstance(name, Const)}
        else:
            hidden = True
    return given, hidden


def _side(names: Names, value: Call, where: Where, line: int) -> str | None:
    """`InputField` or `OutputField`; a name of a module that cannot be seen is taken at its word."""
    made = names.expression(value.func, where, line)
    if not isinstance(made, External) or made.dotted.startswith("?"):
        return None
    seen = made.dspy or made.dotted.rpartition(".")[2]
    return seen if seen in (known.INPUT, known.OUTPUT) else None


def _last(names: Names, found: Found) -> dict[str, Assign]:
    """What each name of a class body holds in the end; its annotation stays, and so does its first place.

    What stands under a condition that does not hold is left out.
    """
    assert isinstance(found.binding, Class)
    last: dict[str, Assign] = {}
    for it in found.binding.scope.bindings:
        if isinstance(it, Assign) and holds_at(names, it, found.within) is not False:
            before = last.get(it.name)
            last[it.name] = replace(it, annotation=it.annotation or before.annotation) if before else it
    return last


def _is_stray(it: Assign) -> bool:
    annotated = it.annotation is not None and "ClassVar" not in it.annotation
    return annotated and not it.name.startswith("_") and it.name != "model_config"
