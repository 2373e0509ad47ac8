"""Files that may hold a target's examples though no rule takes them: which, and how their columns would be mapped."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dspy_lens.source.annotations import annotation
from dspy_lens.source.examples.mapping import MISSING, lookup
from dspy_lens.source.fields import Fields
from dspy_lens.source.kinship import by_name
from dspy_lens.source.nearby import ExampleFiles
from dspy_lens.values.definition import Definition, Field
from dspy_lens.values.examples import ExampleFile, Row
from dspy_lens.values.match import Match

MOST_LIKELY = 5
MOST_READ = 60
LOOKED_AT = 50  # records of a file that say what its columns hold


def likely_near(definition: Definition, fields: Fields, files: ExampleFiles) -> tuple[Match, ...]:
    """Files near a definition whose column names speak for all inputs and an output; no record is read."""
    paths = dict.fromkeys(path for ring in files.rings(definition) for path in ring)
    every = (_named(path, fields, files.columns(path)) for path in paths)
    return tuple(it for it in every if it.likely)[:MOST_LIKELY]


def all_matches(
    definition: Definition, fields: Fields, files: ExampleFiles
) -> tuple[tuple[Match, ExampleFile], ...]:
    """Every file of the root that may be meant, with what it holds: those that fit first, then the nearest.

    Near files are all looked into; of those further away only files that name a field in some way.
    """
    near = dict.fromkeys(path for ring in files.rings(definition) for path in ring)
    further = [it for it in files.every() if it not in near]
    speaking = [it for it in further if _named(it, fields, files.columns(it)).columns]
    read = [files.read(it) for it in (*near, *speaking)[:MOST_READ]]
    found = [(match_of(it, fields), it) for it in read if it.rows]
    outputs = {it.name for it in fields.outputs}
    return tuple(
        sorted(
            (it for it in found if it[0].columns),
            key=lambda it: (not it[0].fits, not it[0].likely, len(outputs & set(it[0].lacking))),
        )
    )


def match_of(file: ExampleFile, fields: Fields) -> Match:
    """How a file's columns would be mapped: by name, also inside of objects, then by values, then by what is left."""
    rows = file.rows[:LOOKED_AT]
    columns = tuple(dict.fromkeys((*file.columns, *_inner(rows))))
    named = {field: column for field, (column, _) in _proposed(fields, columns).items()}
    for field in fields.outputs:
        if field.name not in named and (column := _by_labels(field, rows, columns, named)) is not None:
            named[field.name] = column
    for field in fields.inputs:
        if field.name not in named and (column := _left_over(field, rows, file.columns, named)) is not None:
            named[field.name] = column
    return _match(file.path, fields, named, set(_proposed(fields, columns)))


def _named(path: str, fields: Fields, columns: Sequence[str]) -> Match:
    named = {field: column for field, (column, _) in _proposed(fields, columns).items()}
    return _match(path, fields, named, set(named))


def _proposed(fields: Fields, columns: Sequence[str]) -> Mapping[str, tuple[str, float]]:
    return by_name([it.name for it in fields.inputs], [it.name for it in fields.outputs], columns)


def _match(path: str, fields: Fields, named: Mapping[str, str], by_names: set[str]) -> Match:
    every = [it.name for it in (*fields.inputs, *fields.outputs)]
    required = [it.name for it in fields.inputs if it.required] or [it.name for it in fields.inputs]
    return Match(
        path,
        tuple((name, named[name]) for name in every if name in named),
        tuple(it for it in every if it not in named),
        bool(required) and all(it in named for it in required),
        bool(required)
        and all(it in by_names for it in required)
        and any(it.name in by_names for it in fields.outputs),
    )


def _inner(rows: Sequence[Row]) -> Iterator[str]:
    """Paths to what objects in columns hold, also those written as JSON text."""
    for row in rows[:5]:
        for column, value in row.values.items():
            for name in _object(value):
                yield f"{column}.{name}"


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}


def _by_labels(
    field: Field, rows: Sequence[Row], columns: Sequence[str], named: Mapping[str, str]
) -> str | None:
    """The one free column whose values are all among those of the field's Literal."""
    allowed = {str(it) for it in annotation(field.type).values}
    free = [it for it in columns if it not in named.values()]
    fits = [it for it in free if allowed and (held := _held(rows, it)) and set(held) <= allowed]
    return fits[0] if len(fits) == 1 else None


def _left_over(
    field: Field, rows: Sequence[Row], columns: Sequence[str], named: Mapping[str, str]
) -> str | None:
    """For text, the one free column that holds different text in most records."""
    free = [it for it in columns if it not in named.values()]
    texts = [it for it in free if _is_prose(rows, it)]
    return texts[0] if annotation(field.type).kind == "str" and len(texts) == 1 else None


def _is_prose(rows: Sequence[Row], column: str) -> bool:
    held = [it for row in rows if isinstance(it := lookup(row.values, column), str) and " " in it.strip()]
    return bool(rows) and len(held) * 2 >= len(rows) and len(set(held)) * 2 >= len(held)


def _held(rows: Sequence[Row], column: str) -> list[str]:
    values = [lookup(row.values, column) for row in rows]
    return [str(it) for it in values if it is not MISSING and it not in (None, "")]
