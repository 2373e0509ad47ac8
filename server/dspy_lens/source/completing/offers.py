"""What fits at a place, written as the file's format writes it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
class Place:
    """Where a cursor is in a record: below which keys, and in the value of `name` or, without one, in a name.

    `typed` stands before the cursor already, `taken` are the names that stand beside it. `write_name` gets a
    name and whether more keys belong below it, `write_value` a value; None where it does not fit what is typed.
    """

    path: tuple[str, ...]
    name: str | None
    typed: str
    taken: frozenset[str]
    write_name: Callable[[str, bool], str]
    write_value: Callable[[Any], str | None]
    in_list: bool = False


def offers_at(place: Place, named: Mapping[str, Field]) -> Iterator[Offer]:
    """Names that lack, or values that fit. `named` are fields by their column or dotted path."""
    columns = {tuple(column.split(".")): field for column, field in named.items()}
    if place.name is None:
        yield from _names(place, columns)
    for keys, field in columns.items():
        if place.name is not None and _fits(keys, (*place.path, place.name)):
            yield from _values(place, field)


def _names(place: Place, columns: Mapping[tuple[str, ...], Field]) -> Iterator[Offer]:
    offered: set[str] = set()
    for keys, field in columns.items():
        depth = len(place.path)
        if len(keys) <= depth or not _fits(keys[:depth], place.path) or _is_number(keys[depth]):
            continue
        name, deeper = keys[depth], len(keys) > depth + 1
        if name in place.taken or name in offered or not name.startswith(place.typed):
            continue
        offered.add(name)
        text = place.write_name(name, deeper)
        yield Offer(name, text, len(place.typed), "" if deeper else field.type)


def _values(place: Place, field: Field) -> Iterator[Offer]:
    kind = annotation(field.type)
    if place.in_list:
        if kind.item is None:
            return
        kind = kind.item
    values = [True, False] if kind.kind == "bool" else list(kind.values)
    for value in [*values, *([None] if kind.optional else [])]:
        text = place.write_value(value)
        if text is not None:
            yield Offer(_label(value), text, len(place.typed), field.type)


def _label(value: Any) -> str:
    return json.dumps(value) if value is None or isinstance(value, bool) else str(value)


def _fits(keys: Sequence[str], path: Sequence[str]) -> bool:
    """Whether a column's keys are those of a place; any item of a list is as good as the one that is named."""
    return len(keys) == len(path) and all(
        one == other or (_is_number(one) and _is_number(other)) for one, other in zip(keys, path, strict=True)
    )


def _is_number(key: str) -> bool:
    return key.removeprefix("-").isdigit()
