"""What a method does to its object: the attributes it assigns, and the methods of its own or its bases it calls."""

import ast
from collections.abc import Iterable, Iterator

from dspy_lens.source.python.assigned import pairs_of, targets_of
from dspy_lens.source.python.expressions import Call
from dspy_lens.source.python.facts import SelfAssign, SelfCall
from dspy_lens.source.python.reader import Reader


def self_steps(
    reader: Reader, body: Iterable[ast.stmt], me: str, plain: bool = True
) -> Iterator[SelfAssign | SelfCall]:
    """The steps in order; branches and loops count as if they were all taken, and make what is in them not `plain`.

    `me` is the name of the method's first parameter.
    """
    for node in body:
        match node:
            case ast.Assign() | ast.AnnAssign() if node.value is not None:
                yield from _assigns(reader, node, me, plain)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=value, attr=name)) as call):
                own = isinstance(value, ast.Name) and value.id == me
                if own or _is_super(value):
                    made = reader.expression(call)
                    assert isinstance(made, Call)
                    yield SelfCall(name, not own, made)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case _:
                inner = [it for it in ast.iter_child_nodes(node) if isinstance(it, ast.stmt)]
                handlers = [it for it in ast.iter_child_nodes(node) if isinstance(it, ast.ExceptHandler)]
                inside = [*inner, *(it for handler in handlers for it in handler.body)]
                yield from self_steps(reader, inside, me, plain=False)


def _assigns(reader: Reader, node: ast.Assign | ast.AnnAssign, me: str, plain: bool) -> Iterator[SelfAssign]:
    targets = targets_of(node)
    place = reader.place(node)
    seen = False
    for target, value in pairs_of(targets, node.value):
        match target:
            # A second target of the same statement names the same object, which DSPy counts once.
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == me and not seen:
                made = value or node.value
                if made is not None:
                    seen = value is None
                    alone = plain and len(targets) == 1 and value is None
                    yield SelfAssign(attribute, reader.expression(made), place, alone)


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
