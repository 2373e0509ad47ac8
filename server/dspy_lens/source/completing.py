"""What may stand at a place of a record: names of fields that are missing, and the values that a type allows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dspy_lens.source.annotations import annotation
from dspy_lens.values.definition import Field


@dataclass(frozen=True, slots=True)
class Offer:
    """A text that takes the place of the last `replaces` characters before the cursor."""

    label: str
    text: str
    replaces: int
    detail: str


@dataclass(frozen=True, slots=True)
class _Inside:
    """Where the cursor is: in the name of a field or in the value of `field`, behind `typed`, in a string or not."""

    field: str | None
    typed: str
    quoted: bool


def offers(before: str, after: str, fields: Sequence[Field], columns: Mapping[str, str]) -> tuple[Offer, ...]:
    """What fits between the two parts of a JSON record's line. `columns` gives a field's column where they differ."""
    inside = _inside(before)
    if inside is None:
        return ()
    named = {columns.get(it.name, it.name): it for it in fields}
    if inside.field is None:
        return tuple(_names(inside, named, before + after, after))
    field = named.get(inside.field)
    return tuple(_values(inside, field, after)) if field is not None else ()


def _names(inside: _Inside, named: Mapping[str, Field], line: str, after: str) -> Iterator[Offer]:
    for name, field in named.items():
        if f'"{name}"' in line or not name.startswith(inside.typed):
            continue
        closing = "" if after.startswith('"') else '": '
        text = name + closing if inside.quoted else f'"{name}": '
        yield Offer(name, text, len(inside.typed), field.type)


def _values(inside: _Inside, field: Field, after: str) -> Iterator[Offer]:
    kind = annotation(field.type)
    values = [True, False] if kind.kind == "bool" else list(kind.values)
    for value in [*values, *([None] if kind.optional else [])]:
        if inside.quoted and not (isinstance(value, str) and value.startswith(inside.typed)):
            continue
        text = json.dumps(value, ensure_ascii=False)
        if inside.quoted:
            text = text[1:] if not after.startswith('"') else text[1:-1]
        elif not text.startswith(inside.typed):
            continue
        yield Offer(str(value), text, len(inside.typed), field.type)


def _inside(before: str) -> _Inside | None:
    """Reads a line up to the cursor as far as it goes; None inside lists and deeper objects."""
    depth, name, last, at = 0, None, "", 0
    value_of: str | None = None
    while at < len(before):
        mark = before[at]
        if mark == '"':
            end = _end(before, at)
            if end is None:
                if depth != 1:
                    return None
                return _Inside(value_of, before[at + 1 :], True)
            name, at = before[at + 1 : end], end
        elif mark in "{[":
            depth, value_of = depth + 1, None
        elif mark in "}]":
            depth -= 1
        elif mark == ":" and depth == 1:
            value_of = name
        elif mark == "," and depth == 1:
            value_of = None
        if not mark.isspace():
            last = mark
        at += 1
    if depth != 1:
        return None
    if value_of is not None:
        typed = before.rpartition(":")[2].lstrip()
        return _Inside(value_of, typed, False) if last != '"' else None
    return _Inside(None, "", False) if last in "{," else None


def _end(text: str, start: int) -> int | None:
    """Where the string that starts at `start` is closed."""
    at = start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            return at
        at += 1
    return None
