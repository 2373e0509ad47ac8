"""YAML: a list of records, or an object that holds one, or one record a document; safe tags only."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from dspy_lens.source.examples.documents import SPLITS
from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.plain import Plain
from dspy_lens.values.definition import Severity

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

ITEM = re.compile(r"^- ", re.MULTILINE)


def read_yaml(text: str, found: Found) -> None:
    """Finds the records of a YAML file; in a broken file, the items of its list that can be read."""
    plain = Plain()
    try:
        documents = list(_documents(text))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _read_items(text, found, plain, error)
    for loader, node in documents:
        for item in _records(node, found, len(documents) > 1):
            _read_record(loader, item, found, plain, 0)
    return None


def _documents(text: str) -> Iterator[tuple[Any, Any]]:
    """The documents as trees of nodes, which know their lines, each with what builds its values."""
    loader = Loader(text)
    try:
        while loader.check_node():
            yield loader, loader.get_node()
    finally:
        loader.dispose()


def _records(node: Any, found: Found, several: bool) -> list[Any]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if isinstance(node, yaml.MappingNode):
        lists = {key.value: value for key, value in node.value if _holds_objects(value)}
        if len(lists) == 1 or (lists and all(str(it).lower() in SPLITS for it in lists)):
            return [item for value in lists.values() for item in value.value]
        if several:
            return [node]
    line = node.start_mark.line + 1
    message = "This file holds no list of objects. Write one record for each `- `."
    found.problem(line, "examples/no-records", message, Severity.ERROR)
    return []


def _holds_objects(node: Any) -> bool:
    return isinstance(node, yaml.SequenceNode) and any(isinstance(it, yaml.MappingNode) for it in node.value)


def _read_record(loader: Any, node: Any, found: Found, plain: Plain, before: int) -> None:
    line = before + node.start_mark.line + 1
    try:
        value = plain(loader.construct_object(node, deep=True))
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        found.broken(
            line, f"This record can not be read: {_why(error)}. Mend it; the other records are used."
        )
    else:
        found.record(line, value)


def _read_items(text: str, found: Found, plain: Plain, error: Exception) -> None:
    """The items of a list at the margin, each read for itself; of any other broken file, nothing."""
    starts = [it.start() for it in ITEM.finditer(text)]
    if not starts:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        found.problem(line, "examples/broken", f"This is not YAML: {_why(error)}. Mend it.", Severity.ERROR)
        return
    line, at = 0, 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        line, at = line + text.count("\n", at, start), start
        try:
            for loader, node in list(_documents(text[start:end])):
                for item in _records(node, found, False):
                    _read_record(loader, item, found, plain, line)
        except (yaml.YAMLError, ValueError, RecursionError) as problem:
            found.broken(line + 1, f"This record is not YAML: {_why(problem)}. Mend it; the others are used.")


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return str(getattr(error, "problem", None) or error).partition("\n")[0]
