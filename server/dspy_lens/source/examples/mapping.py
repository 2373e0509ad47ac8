"""Records become examples: each field takes its column's value, and text takes the field's type."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dspy_lens.source.annotations import annotation, convert, needed
from dspy_lens.source.examples.found import Found
from dspy_lens.values.definition import Field, Problem, Severity
from dspy_lens.values.examples import Example, ExampleFile, Row

MISSING: Any = object()
WRONG: Any = object()  # a cell that was told to be of another type


def map_examples(
    file: ExampleFile,
    inputs: Sequence[Field],
    outputs: Sequence[Field],
    field_map: Mapping[str, str] | None = None,
) -> tuple[tuple[Example, ...], tuple[Problem, ...]]:
    """The examples of a file and what is wrong with them (the file's own problems apart).

    `field_map` gives a field's column where the names differ; `a.b` is what the object or the JSON text
    in column `a` holds under `b`, `a.0` the first of its list. A record without one of the inputs is a
    problem and left out. Labels are only what the record gives: no key, null or an empty cell is no label.
    """
    mapping = dict(field_map or {})
    found = Found(file.path)
    if not _columns_fit(file, inputs, outputs, mapping, found):
        return (), found.problems
    text = file.path.lower().endswith((".csv", ".tsv"))
    mapper = _Mapper(inputs, outputs, mapping, text, found)
    examples = [it for row in file.rows if (it := mapper.example(row)) is not None]
    return tuple(examples), found.problems


class _Mapper:
    def __init__(
        self,
        inputs: Sequence[Field],
        outputs: Sequence[Field],
        mapping: Mapping[str, str],
        text: bool,
        found: Found,
    ) -> None:
        self._inputs, self._outputs, self._map = inputs, outputs, mapping
        self._text, self._found = text, found

    def example(self, row: Row) -> Example | None:
        """The example of a record; None where one of its inputs is missing."""
        inputs = {field.name: self._input(row, field) for field in self._inputs}
        missing = [it.name for it in self._inputs if it.required and inputs[it.name] is MISSING]
        if any(it is WRONG for it in inputs.values()) and not missing:
            return None
        given = {name: value for name, value in inputs.items() if value is not MISSING}
        if missing or (given and all(value in ("", None) for value in given.values())):
            names = ", ".join(f"`{it}`" for it in missing or given)
            self._tell(
                row, "examples/missing-input", f"This record gives no {names}, so it is left out. Add it."
            )
            return None
        labels = {
            field.name: value for field in self._outputs if (value := self._label(row, field)) is not None
        }
        return Example(given, labels, row.number)

    def _input(self, row: Row, field: Field) -> Any:
        value = lookup(row.values, self._map.get(field.name, field.name))
        kind = annotation(field.type)
        if value is None:
            return None if kind.optional else MISSING
        if value is MISSING:
            return value
        if not self._text or not isinstance(value, str):
            self._check_type(row, field, value)
            return value
        if not value.strip() and kind.kind not in ("str", "other"):
            return None if kind.optional else MISSING
        try:
            return convert(value, field.type)
        except ValueError as error:
            self._tell_type(row, field, value, f"{error}, so this record is left out")
            return WRONG

    def _label(self, row: Row, field: Field) -> Any:
        """A label, or None where the record gives none."""
        value = lookup(row.values, self._map.get(field.name, field.name))
        if value is MISSING or value is None:
            return None
        if self._text and isinstance(value, str):
            if not value.strip():
                return None
            try:
                value = convert(value, field.type)
            except ValueError as error:
                self._tell_type(row, field, value, error)
                return None
        else:
            self._check_type(row, field, value)
        self._check(row, field, value)
        return value

    def _check(self, row: Row, field: Field, value: Any) -> None:
        kind = annotation(field.type)
        if kind.kind != "literal" or value is None or _among(value, kind.values):
            return
        names = [str(it) for it in kind.values]
        near = difflib.get_close_matches(str(value), names, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Use one of {', '.join(names[:12])}."
        self._tell(
            row,
            "examples/unknown-label",
            f"`{field.name}` is {_short(value)}, which its type does not allow. {hint}",
        )

    def _check_type(self, row: Row, field: Field, value: Any) -> None:
        if (needs := needed(value, field.type)) is not None:
            self._tell_type(row, field, value, needs)

    def _tell_type(self, row: Row, field: Field, value: Any, needs: object) -> None:
        message = f"`{field.name}` is {_short(value)}, but `{field.type}` needs {needs}. Change one of them."
        self._tell(row, "examples/wrong-type", message)

    def _tell(self, row: Row, code: str, message: str) -> None:
        self._found.problem(row.line, code, self._found.of_record(row.number, message))


def lookup(values: Mapping[str, Any] | list[Any], column: str) -> Any:
    """What a record holds in a column, or under a dotted path; MISSING where it holds nothing.

    A number in a path picks from a list, from its end where it is negative: `messages.-1.content`.
    """
    if isinstance(values, list):
        values = _numbered(values)
    if column in values:
        return values[column]
    head, dot, rest = column.partition(".")
    while dot:
        inner = _inside(values.get(head))
        if inner is not None:
            return lookup(inner, rest)
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return MISSING


def covers(columns: Iterable[str], column: str) -> bool:
    """Whether a column, or the column that a dotted path starts from, is among these."""
    parts = column.split(".")
    known = set(columns)
    return any(".".join(parts[:length]) in known for length in range(1, len(parts) + 1))


def _columns_fit(
    file: ExampleFile,
    inputs: Sequence[Field],
    outputs: Sequence[Field],
    mapping: Mapping[str, str],
    found: Found,
) -> bool:
    """Whether every input has a column; what the map names wrongly, and inputs without one, are problems."""
    if not file.rows:
        return True
    for field, column in mapping.items():
        if not covers(file.columns, column):
            hint = _nearest(column, file.columns)
            found.problem(
                1,
                "examples/unknown-column",
                f"`{field}` is mapped to `{column}`, which is no column here. {hint}",
            )
    names = [it.name for it in inputs if it.required]
    missing = [it for it in names if not covers(file.columns, mapping.get(it, it))]
    unmapped = [it for it in missing if it not in mapping]
    if unmapped:
        listed = ", ".join(f"`{it}`" for it in unmapped)
        has = ", ".join(f"`{it}`" for it in file.columns[:12])
        message = (
            f"No column gives the input {listed}; this file has {has}. "
            f"Rename a column, or map it: map={file.columns[0]}:{unmapped[0]}"
        )
        found.problem(1, "examples/missing-input", message, Severity.ERROR)
    return not missing


def _nearest(column: str, columns: Sequence[str]) -> str:
    near = difflib.get_close_matches(column, columns, 1)
    return f"Did you mean `{near[0]}`?" if near else f"Use one of {', '.join(columns[:12])}."


def _inside(value: Any) -> Mapping[str, Any] | list[Any] | None:
    """An object or list, also one that is written as JSON text."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, Mapping | list) else None


def _numbered(values: list[Any]) -> dict[str, Any]:
    count = len(values)
    return {str(at): values[at] for at in range(-count, count)}


def _among(value: Any, values: Sequence[Any]) -> bool:
    return any(value == it and type(value) is type(it) for it in values)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
