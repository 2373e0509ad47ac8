"""Where the columns of an example file are named, so that one can be renamed in place."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from dspy_lens.source.examples.tables import DELIMITERS
from dspy_lens.values.definition import Span

TEXT = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".yaml", ".yml")
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def column_places(path: str, text: str, column: str) -> tuple[Span, ...]:
    """Every place of a file that names a column of its records, quotes left out; empty where there is none."""
    suffix = path[path.rfind(".") :].lower()
    if suffix in (".csv", ".tsv"):
        return tuple(_header(path, text, column, suffix))
    if suffix in (".yaml", ".yml"):
        return tuple(_yaml(path, text, column))
    offsets = _keys(text, column, lines=suffix in (".jsonl", ".ndjson"))
    return tuple(_spans(path, text, offsets, len(json.dumps(column, ensure_ascii=False)) - 2))


def _keys(text: str, column: str, lines: bool) -> Iterator[int]:
    """Where the key stands in each record: an object of the file, or of the list that it holds."""
    wanted = {json.dumps(column), json.dumps(column, ensure_ascii=False)}
    deep = _record_depth(text, lines)
    stack: list[str] = []
    at, expecting = 0, False
    while at < len(text):
        char = text[at]
        if char == '"' and (match := STRING.match(text, at)) is not None:
            if expecting and len(stack) == deep and match[0] in wanted and _is_key(text, match.end()):
                yield at + 1
            at, expecting = match.end(), False
            continue
        if char in "{[":
            stack.append(char)
            expecting = char == "{"
        elif char in "}]":
            stack[-1:] = []
            expecting = False
        elif char == ",":
            expecting = stack[-1:] == ["{"]
        elif char == "\n" and lines:
            # A broken line says nothing about the next.
            stack.clear()
        at += 1


def _is_key(text: str, at: int) -> bool:
    return text[at : at + 20].lstrip().startswith(":")


def _record_depth(text: str, lines: bool) -> int:
    """How deep records lie: 1 in JSON Lines, 2 in a list, 3 in a list of an object."""
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if lines:
        return 1
    if start == "[":
        return 2
    try:
        json.loads(text)
    except ValueError:
        return 1
    return 3


def _header(path: str, text: str, column: str, suffix: str) -> Iterator[Span]:
    """The cell of a table's first row."""
    lead = len(text) - len(text.lstrip("\ufeff\r\n"))
    line = text[lead:].partition("\n")[0].rstrip("\r")
    number = text.count("\n", 0, lead) + 1
    found = (
        "\t" if suffix == ".tsv" else max(DELIMITERS, key=lambda it: (line.count(it), -DELIMITERS.index(it)))
    )
    cells = next(csv.reader(io.StringIO(line), delimiter=found), [])
    if line.count(found) != len(cells) - 1:
        return
    shift = text[:lead].rpartition("\n")[2].count("\ufeff")
    start = shift
    for cell in line.split(found):
        name = cell.strip().strip('"')
        if name == column:
            at = start + cell.index(name)
            yield Span(path, number, number, at, at + len(name))
            return
        start += len(cell) + 1


def _yaml(path: str, text: str, column: str) -> Iterator[Span]:
    try:
        documents = list(yaml.compose_all(text, Loader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    for document in documents:
        for record in _yaml_records(document):
            for key, _ in record.value:
                if key.value == column:
                    quoted = 1 if key.style in ("'", '"') else 0
                    line, start = key.start_mark.line + 1, key.start_mark.column + quoted
                    yield Span(path, line, line, start, start + len(column))


def _yaml_records(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.SequenceNode):
        yield from (it for it in node.value if isinstance(it, yaml.MappingNode))
    elif isinstance(node, yaml.MappingNode):
        lists = [value for _, value in node.value if isinstance(value, yaml.SequenceNode)]
        inner = [it for value in lists for it in value.value if isinstance(it, yaml.MappingNode)]
        yield from inner or [node]


def _spans(path: str, text: str, offsets: Iterator[int], length: int) -> Iterator[Span]:
    line, start = 1, 0
    for at in offsets:
        line += text.count("\n", start, at)
        start = at
        column = at - (text.rfind("\n", 0, at) + 1)
        yield Span(path, line, line, column, column + length)
