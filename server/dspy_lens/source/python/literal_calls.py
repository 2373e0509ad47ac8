"""Calls of programs with values that stand in the source: each could be an example."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dspy_lens.source.python.following import Following
from dspy_lens.source.python.names import Names, Where
from dspy_lens.source.python.programs_given import ProgramsGiven
from dspy_lens.source.python.shape import Origin
from dspy_lens.source.python.syntax import Spot, expressions, tree_of


@dataclass(frozen=True, slots=True)
class LiteralCall:
    """`qa(question="…")`: the definition behind `qa`, and the values by field."""

    about: Origin
    values: dict[str, Any]


def literal_calls(names: Names, path: str, line: int) -> Iterator[LiteralCall]:
    """The calls that stand on a line (or go over it) and give a known program nothing but literals, by name."""
    programs = ProgramsGiven(Following(names))
    for offset, block in names.files[path].blocks:
        tree = tree_of(block.text) if offset < line <= offset + block.text.count("\n") + 1 else None
        for node, scopes in expressions(tree.body, block.scope) if tree else ():
            if not isinstance(node, ast.Call) or not _covers(node, line - offset):
                continue
            values = _values(node)
            about = programs.origin(Spot(node.func, Where(path, offset, scopes), block)) if values else None
            if values and isinstance(about, tuple):
                yield LiteralCall(about, values)


def _covers(node: ast.Call, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _values(node: ast.Call) -> dict[str, Any] | None:
    """The keywords of a call that has nothing else, where all are literals that JSON has too."""
    if node.args or not node.keywords:
        return None
    values: dict[str, Any] = {}
    for it in node.keywords:
        if it.arg is None:
            return None
        try:
            values[it.arg] = ast.literal_eval(it.value)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            return None
        if not _is_json(values[it.arg]):
            return None
    return values


def _is_json(value: Any) -> bool:
    match value:
        case None | bool() | int() | float() | str():
            return True
        case list():
            return all(_is_json(it) for it in value)
        case dict():
            return all(isinstance(key, str) and _is_json(it) for key, it in value.items())
    return False
