"""Comprehensions over items that stand in the source: what each item gives the variables."""

import ast
import copy
from collections.abc import Mapping, Sequence

_MOST = 100  # items
Row = Mapping[str, ast.expr]


def rows_of(generators: Sequence[ast.comprehension]) -> tuple[Row, ...] | None:
    """What the variables of a comprehension hold, item by item; None where only running could tell."""
    match generators:
        case [ast.comprehension(target=target, iter=ast.Tuple(elts=items) | ast.List(elts=items), ifs=[])]:
            rows = [_row(target, it) for it in items[:_MOST]]
            known = tuple(it for it in rows if it is not None)
            return known if len(known) == len(items) else None
    return None


def _row(target: ast.expr, item: ast.expr) -> Row | None:
    match target, item:
        case ast.Name(id=name), ast.Constant() | ast.Name() | ast.Attribute() | ast.Subscript():
            return {name: item}
        case ast.Tuple(elts=names), ast.Tuple(elts=items) | ast.List(elts=items) if len(names) == len(items):
            rows = [_row(name, it) for name, it in zip(names, items, strict=True)]
            if all(it is not None for it in rows):
                return {name: it for row in rows if row for name, it in row.items()}
    return None


def put(node: ast.expr, row: Row) -> ast.expr:
    """An expression with the variables replaced by what they hold."""
    made: ast.expr = _Putting(row).visit(copy.deepcopy(node))
    return made


class _Putting(ast.NodeTransformer):
    def __init__(self, row: Row) -> None:
        self.row = row

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.row.get(node.id, node)
