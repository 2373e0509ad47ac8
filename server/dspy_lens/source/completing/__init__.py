"""What may stand at a place of an example file: names of fields that a record lacks, and values that a type allows."""

from collections.abc import Mapping, Sequence

from dspy_lens.source.completing.json_place import json_place
from dspy_lens.source.completing.offers import Offer, offers_at
from dspy_lens.source.completing.table_place import table_place
from dspy_lens.source.completing.yaml_place import yaml_place
from dspy_lens.values.definition import Field

__all__ = ["SUFFIXES", "Offer", "offers"]

LINES = (".jsonl", ".ndjson")
TABLES = (".csv", ".tsv")
SUFFIXES = (*LINES, ".json", *TABLES, ".yaml", ".yml")
"""The files that something is completed in."""


def offers(
    path: str, before: str, after: str, fields: Sequence[Field], columns: Mapping[str, str]
) -> tuple[Offer, ...]:
    """What fits between the two parts of a file. `columns` gives a field's column, or its dotted path, where they differ."""
    if path.endswith(LINES):
        place = json_place(before.rpartition("\n")[2], after.partition("\n")[0], lines=True)
    elif path.endswith(".json"):
        place = json_place(before, after, lines=False)
    elif path.endswith(TABLES):
        place = table_place(before, after, tabs=path.endswith(".tsv"))
    else:
        place = yaml_place(before, after)
    named = {columns.get(it.name, it.name): it for it in fields}
    return tuple(offers_at(place, named)) if place is not None else ()
