"""Where a cursor is in a YAML list of records: by its line and by the margins of those above."""

import json
import re
from typing import Any

from dspy_lens.source.completing.offers import Place

NAME = re.compile(r"(?P<margin>\s*(?:- +)?)(?P<typed>[\w-]*)$")
PAIR = re.compile(r"(?P<margin>\s*(?:- +)?)(?P<key>[\w-]+):(?: +(?P<quote>[\"']?)(?P<typed>[^\"'#]*))?$")
KEY = re.compile(r"(?P<margin>\s*(?:- +)?)[\"']?(?P<key>[\w-]+)[\"']?\s*:")
ITEM = "0"  # any item of a list
PLAIN = re.compile(r"(?!(?i:true|false|null|yes|no|on|off|~)$)[A-Za-z_][\w ./-]*")


def yaml_place(before: str, after: str) -> Place | None:
    """The name or value that the cursor is in; None where the line is neither."""
    above, _, line = before.rpartition("\n")
    if (pair := PAIR.match(line)) and pair["typed"] is not None:
        path, _ = _around(above, line, len(pair["margin"]))
        quote, typed = pair["quote"], pair["typed"]
        return Place(path, pair["key"], typed, frozenset(), _name, lambda it: _value(it, typed, quote, after))
    if (found := NAME.match(line)) and found["margin"]:
        path, taken = _around(above, line, len(found["margin"]))
        behind = _siblings(after.partition("\n")[2].split("\n"), len(found["margin"]))
        return Place(path, None, found["typed"], frozenset((*taken, *behind)), _name, lambda it: None)
    return None


def _around(above: str, line: str, margin: int) -> tuple[tuple[str, ...], list[str]]:
    """The keys around a margin below the item of the outermost list, and the names beside it that come before."""
    steps: list[str] = []
    beside: list[str] = []
    inner = margin
    margin = _outside(line[:margin], margin, steps)
    for found in filter(None, map(KEY.match, reversed(above.split("\n")))):
        own = len(found["margin"])
        if own == inner == margin:
            beside.append(found["key"])
        elif own < margin:
            steps.insert(0, found["key"])
        else:
            continue
        margin = _outside(found["margin"], own, steps)
    return tuple(steps[steps.index(ITEM) + 1 :] if ITEM in steps else steps), beside


def _outside(before: str, margin: int, steps: list[str]) -> int:
    """The margin that what is around must stay below; an item of a list is a step of its own."""
    if "-" not in before:
        return margin
    steps.insert(0, ITEM)
    return before.index("-") + 1


def _siblings(lines: list[str], margin: int) -> list[str]:
    names = []
    for line in lines:
        found = KEY.match(line)
        if found is None or "-" in found["margin"] or len(found["margin"]) < margin:
            break
        if len(found["margin"]) == margin:
            names.append(found["key"])
    return names


def _name(name: str, deeper: bool) -> str:
    return f"{name}:" if deeper else f"{name}: "


def _value(value: Any, typed: str, quote: str, after: str) -> str | None:
    if value is None or isinstance(value, bool):
        text = json.dumps(value)
        return None if quote or not text.startswith(typed) else text
    text = str(value)
    if not text.startswith(typed):
        return None
    if quote:
        return text + ("" if after.startswith(quote) else quote)
    return text if PLAIN.fullmatch(text) or not isinstance(value, str) else f'"{text}"' if not typed else None
