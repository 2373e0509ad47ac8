"""The two sides of an assignment."""

import ast
from collections.abc import Iterator


def targets_of(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    """What is assigned to: several of `a = b = 1`."""
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def pairs_of(targets: list[ast.expr], value: ast.expr | None) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Each target with its own value where the two sides match one by one, else with None."""
    for target in targets:
        match target, value:
            case (ast.Tuple(elts=left), ast.Tuple(elts=right)) if len(left) == len(right):
                yield from zip(left, right, strict=True)
            case _:
                yield target, None
