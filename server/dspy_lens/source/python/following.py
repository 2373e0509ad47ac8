"""One step back from an expression to what it comes from: variables, attributes, parameters, `with`, unpacking."""

import ast
from collections.abc import Iterator

from dspy_lens.source.python.expressions import Const
from dspy_lens.source.python.facts import Function
from dspy_lens.source.python.given import settled
from dspy_lens.source.python.names import External, Found, Meaning, Names, Where
from dspy_lens.source.python.reader import dotted
from dspy_lens.source.python.syntax import Spot, calls_of, returned, spot_of, statements

DEEPEST = 16


class Following:
    """Goes back as far as is certain; None where only running could tell."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def meaning(self, spot: Spot, name: str) -> Meaning:
        return self.names.meaning(name, spot.where, spot.line)

    def external(self, spot: Spot) -> str:
        """The dotted name, outside the root, of what a call calls; empty for what lies inside."""
        called = spot.call()
        made = self.meaning(spot, called[0]) if called and called[0] else None
        return made.dotted if isinstance(made, External) else ""

    def function(self, spot: Spot) -> Found | None:
        """The function of the root that a call calls."""
        called = spot.call()
        made = self.meaning(spot, called[0]) if called and called[0] else None
        return made if isinstance(made, Found) and isinstance(made.binding, Function) else None

    def back(self, spot: Spot) -> Spot | None:
        """What a name or an attribute of `self` was given; None for anything else."""
        name = spot.name
        if name is None:
            return None
        if "." not in name and (known := dict(spot.given).get(name)) is not None:
            return known
        first = settled(self.names, spot.as_given())
        if (first.expr, first.where) != (spot.expr, spot.where):
            made = spot_of(self.names, first)
            same = made is not None and made.where == spot.where
            return Spot(made.node, made.where, made.block, spot.given) if made and same else made
        return self._bound(spot, name) if "." not in name else None

    def back_all(self, spot: Spot) -> Spot:
        """The same until nothing more is known."""
        for _ in range(DEEPEST):
            before = self.back(spot)
            if before is None or (before.node is spot.node and before.where == spot.where):
                break
            spot = before
        return spot

    def result(self, spot: Spot) -> Spot | None:
        """What the function of the root that is called here returns, with its parameters as they are given."""
        found = self.function(spot)
        made = returned(self.names, found) if found is not None else None
        if made is None or found is None or not isinstance(spot.node, ast.Call):
            return None
        return Spot(made.node, made.where, made.block, tuple(arguments(found, spot)))

    def _bound(self, spot: Spot, name: str) -> Spot | None:
        """What a name is bound to by a `with`, by unpacking, or as a parameter."""
        for statement, where, block in statements(self.names, spot.where):
            around = Spot(spot.node, where, block, spot.given)
            if (found := _by_statement(statement, name)) is not None:
                return around.other(found)
        return self._parameter(spot, name)

    def _parameter(self, spot: Spot, name: str) -> Spot | None:
        """What a parameter is given, when all calls of its function say the same."""
        found = enclosing(self.names, spot.where)
        if found is None or not isinstance(found.binding, Function):
            return None
        given: list[Spot] = []
        for call in calls_of(self.names, found):
            told = dict(arguments(found, call)).get(name)
            if told is None:
                return None
            given.append(told)
        first = next(iter(given), None)
        return first if first and all(_same(first, it) for it in given) else None


def enclosing(names: Names, where: Where) -> Found | None:
    """The function around a place."""
    if not where.scopes or where.scopes[-1].kind != "function":
        return None
    own, around = where.scopes[-1], Where(where.path, where.offset, where.scopes[:-1])
    for it in _bindings(names, around):
        if isinstance(it, Function) and it.scope is own:
            return Found(around, it)
    return None


def arguments(found: Found, call: Spot) -> Iterator[tuple[str, Spot]]:
    """The parameters of a function as a call gives them, defaults included; methods know their `self`."""
    function, node = found.binding, call.node
    assert isinstance(function, Function)
    assert isinstance(node, ast.Call)
    if any(isinstance(it, ast.Starred) for it in node.args) or any(it.arg is None for it in node.keywords):
        return
    own = bool(found.where.scopes) and found.where.scopes[-1].kind == "class"
    names = [it.name for it in function.parameters][1 if own else 0 :]
    yield from ((name, call.other(it)) for name, it in zip(names, node.args, strict=False))
    yield from ((str(it.arg), call.other(it.value)) for it in node.keywords)


def constant(following: Following, spot: Spot | None) -> object:
    """The value of a constant expression; None where it has none."""
    if spot is None:
        return None
    expr = following.back_all(spot).expr
    return expr.value if isinstance(expr, Const) else None


def _bindings(names: Names, where: Where) -> Iterator[object]:
    if where.scopes:
        yield from where.scopes[-1].bindings
        return
    facts = names.files.get(where.path)
    for offset, block in facts.blocks if facts else ():
        if offset == where.offset:
            yield from block.scope.bindings


def _by_statement(statement: ast.stmt, name: str) -> ast.expr | None:
    match statement:
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == name:
                    return item.context_expr
        case ast.Assign(targets=[ast.Tuple(elts=elements)], value=value):
            if any(isinstance(it, ast.Name) and it.id == name for it in elements) and splits(value):
                return value
    return None


def splits(value: ast.expr) -> bool:
    """Whether unpacking gives parts of one list: `train_test_split(data)`."""
    return isinstance(value, ast.Call) and (dotted(value.func) or "").endswith("train_test_split")


def _same(one: Spot, other: Spot) -> bool:
    return ast.dump(one.node) == ast.dump(other.node) and (
        one == other or isinstance(one.node, ast.Constant) or not one.where.scopes + other.where.scopes
    )
