"""JSON schemas: of settings files, from the models that check them, and of one target's example records."""

from collections.abc import Mapping, Sequence
from typing import Any

from dspy_lens.source.annotations import Annotation, annotation
from dspy_lens.source.switches import NAMES
from dspy_lens.values.definition import Field
from dspy_lens.values.settings import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS = {"str": "string", "bool": "boolean", "int": "integer", "float": "number", "dict": "object"}


def settings_schema() -> dict[str, Any]:
    """What `dspy-lens.toml` and `[tool.dspy-lens]` may hold."""
    made = Settings.model_json_schema()
    made["properties"]["problems"]["propertyNames"] = {"enum": sorted(NAMES)}
    return {"$schema": DIALECT, **made, "title": "Settings of DSPy Lens"}


def examples_schema(
    name: str, inputs: Sequence[Field], outputs: Sequence[Field], columns: Mapping[str, str]
) -> dict[str, Any]:
    """What one record of a target's example file holds: a line of JSONL, or an item of a JSON list.

    Labels may be left out, and other columns may stand beside. `columns` gives a field's column, or its
    dotted path, where they differ.
    """
    made: dict[str, Any] = {"$schema": DIALECT, "title": f"An example of {name}", "type": "object"}
    for it in (*inputs, *outputs):
        keys = columns.get(it.name, it.name).split(".")
        _put(made, keys, _field(it), required=it in inputs and it.required)
    return made


def _put(schema: dict[str, Any], keys: Sequence[str], field: dict[str, Any], required: bool) -> None:
    """A field below its keys. Where a path leads on may also stand JSON as text, of which nothing is said."""
    first, rest = keys[0], keys[1:]
    if first.removeprefix("-").isdigit():
        return
    properties = schema.setdefault("properties", {})
    if required and first not in schema.setdefault("required", []):
        schema["required"].append(first)
    if rest:
        _put(properties.setdefault(first, {}), rest, field, required)
    else:
        properties[first] = field


def _field(field: Field) -> dict[str, Any]:
    own = field.desc and field.desc != f"${{{field.name}}}"
    return {**_type(annotation(field.type)), **({"description": field.desc} if own else {})}


def _type(kind: Annotation) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if kind.kind == "literal":
        made = {"enum": [*kind.values, *([None] if kind.optional else [])]}
    elif kind.kind == "list":
        made = {"type": "array", **({"items": _type(kind.item)} if kind.item else {})}
    elif kind.kind in KINDS:
        made = {"type": KINDS[kind.kind]}
    return {"anyOf": [made, {"type": "null"}]} if kind.optional and "type" in made else made
