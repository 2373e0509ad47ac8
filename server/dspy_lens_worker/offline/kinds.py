"""What values an output field may take, from its annotation or the JSON schema in the prompt."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dspy_lens_worker.offline.prompts import FieldText

DEEPEST = 3  # from here on what may be left out is, so that a model that contains itself ends

LIMIT = 12  # and here what may not


@dataclass(frozen=True, slots=True)
class Text:
    """Any words; `format` is a JSON schema's, such as `date`."""

    format: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these."""

    options: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A number within bounds; `whole` for an int."""

    whole: bool
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Several values of one kind, at least so many."""

    item: "Kind"
    least: int = 0


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value or none."""

    kind: "Kind"


@dataclass(frozen=True, slots=True)
class Record:
    """Named values."""

    fields: tuple[tuple[str, "Kind"], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """So many values in this order: a tuple."""

    items: tuple["Kind", ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Any names with values."""


Kind = Text | Choice | Number | Listing | Maybe | Record | Row | Table

TRUTH = Choice((True, False))
BASIC: Mapping[str, Kind] = {
    "str": Text(),
    "bool": TRUTH,
    "int": Number(whole=True),
    "float": Number(whole=False),
}


@lru_cache(maxsize=1024)
def kind_of(field: FieldText) -> Kind:
    """What a field may say; free text where nothing is known."""
    if field.annotation in BASIC:
        return BASIC[field.annotation]
    return _literal(field.annotation) or _noted(field.note) or Text()


def _literal(annotation: str) -> Kind | None:
    if not annotation.startswith("Literal["):
        return None
    try:
        options = ast.literal_eval(f"[{annotation.removeprefix('Literal[')}")
    except (ValueError, SyntaxError):
        return None
    return Choice(tuple(options))


def _noted(note: str) -> Kind | None:
    for lead in ("must be one of: ", "must exactly match (no extra characters) one of: "):
        if note.startswith(lead):
            return Choice(_options(note.removeprefix(lead).split("; ")))
    lead = "must adhere to the JSON schema: "
    if not note.startswith(lead):
        return None
    try:
        schema = json.loads(note.removeprefix(lead))
    except ValueError:
        return None
    return schema_kind(schema, schema.get("$defs", {}))


def _options(texts: list[str]) -> tuple[Any, ...]:
    """The options of an enum; DSPy's note does not tell 1 from "1", and numbers are commoner."""
    return tuple(map(int, texts)) if all(text.isdecimal() for text in texts) else tuple(texts)


def schema_kind(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int = 0) -> Kind:
    """The kind that a JSON schema describes."""
    if depth > LIMIT:
        return Text()
    schema = _resolved(schema, definitions)
    if "const" in schema:
        return Choice((schema["const"],))
    if "enum" in schema:
        return Choice(tuple(schema["enum"]))
    if "anyOf" in schema or "oneOf" in schema:
        return _either(schema.get("anyOf") or schema.get("oneOf") or [], definitions, depth)
    match schema.get("type"):
        case "boolean":
            return TRUTH
        case "integer" | "number":
            return _number(schema)
        case "array":
            return _array(schema, definitions, depth)
        case "object":
            return _object(schema, definitions, depth)
        case "null":
            return Choice((None,))
        case _:
            return Text(schema.get("format", ""))


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        found: Mapping[str, Any] = definitions.get(str(schema["$ref"]).rpartition("/")[2], {})
        return found
    if len(schema.get("allOf", ())) == 1:
        return _resolved(schema["allOf"][0], definitions)
    return schema


def _either(branches: list[Any], definitions: Mapping[str, Any], depth: int) -> Kind:
    real = [branch for branch in branches if branch.get("type") != "null"]
    may_lack = len(real) < len(branches)
    if not real or (may_lack and depth >= DEEPEST):
        return Choice((None,))
    kind = schema_kind(real[0], definitions, depth + 1)
    return Maybe(kind) if may_lack else kind


def _number(schema: Mapping[str, Any]) -> Kind:
    whole = schema["type"] == "integer"
    step = 1 if whole else 1e-6
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        least = schema["exclusiveMinimum"] + step
    if "exclusiveMaximum" in schema:
        most = schema["exclusiveMaximum"] - step
    return Number(whole, least, most)


def _array(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Kind:
    if "prefixItems" in schema:
        return Row(tuple(schema_kind(item, definitions, depth + 1) for item in schema["prefixItems"]))
    least = int(schema.get("minItems", 0))
    if depth >= DEEPEST and not least:
        return Row(())
    return Listing(schema_kind(schema.get("items", {}), definitions, depth + 1), least)


def _object(schema: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Kind:
    named = schema.get("properties", {})
    if not named:
        return Table()
    return Record(tuple((name, schema_kind(each, definitions, depth + 1)) for name, each in named.items()))
