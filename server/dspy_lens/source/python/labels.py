"""The values of a `Literal` that is made of a variable: `Literal[tuple(COLOURS)]`, `Literal[*COLOURS]`."""

import ast
from typing import Any

from dspy_lens.source.python.folding import value_of
from dspy_lens.source.python.names import Names, Where
from dspy_lens.source.python.reader import Reader
from dspy_lens.source.python.text import Lines


def spelt_out(names: Names, written: str, where: Where, line: int) -> str:
    """A type with the values of its Literals; as it is written where these are there, or where only running could tell."""
    if "Literal[" not in written:
        return written
    try:
        tree = ast.parse(written, mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return written
    made = _Spelling(names, Reader(Lines(written)), where, line)
    spelt = made.visit(tree)
    return ast.unparse(spelt) if made.changed else written


class _Spelling(ast.NodeTransformer):
    def __init__(self, names: Names, reader: Reader, where: Where, line: int) -> None:
        self.names, self.reader, self.where, self.line = names, reader, where, line
        self.changed = False

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if not (isinstance(node.value, ast.Name | ast.Attribute) and _tail(node.value) == "Literal"):
            self.generic_visit(node)
            return node
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if all(isinstance(it, ast.Constant) for it in items):
            return node
        found = [value for it in items for value in self._values(it)]
        if not found or not all(isinstance(it, str | int) or it is None for it in found):
            return node
        self.changed = True
        made: list[ast.expr] = [ast.Constant(it) for it in found]
        inside: ast.expr = ast.Tuple(made, ast.Load()) if len(made) > 1 else made[0]
        return ast.copy_location(ast.Subscript(node.value, inside, ast.Load()), node)

    def _values(self, item: ast.expr) -> list[Any]:
        """The labels that one item brings; a list in the list where they cannot be told."""
        if isinstance(item, ast.Constant):
            return [item.value]
        spread = isinstance(item, ast.Starred)
        given = item.value if isinstance(item, ast.Starred) else item
        found = value_of(self.names, self.reader.expression(given), self.where, self.line)
        if isinstance(found, tuple) or (spread and isinstance(found, list)):
            return list(found)
        return [found] if isinstance(found, str) and not spread else [[]]


def _tail(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr
