"""Syntax trees of what `facts` boils down: needed only where data is followed through the user's own code."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from dspy_lens.source.python.expressions import Expr, Ref
from dspy_lens.source.python.facts import Block, Function, Scope
from dspy_lens.source.python.given import Given
from dspy_lens.source.python.names import Found, Names, Where
from dspy_lens.source.python.reader import Reader, dotted
from dspy_lens.source.python.text import Lines, parse

Definition = ast.FunctionDef | ast.AsyncFunctionDef
tree_of = lru_cache(maxsize=512)(parse)


@dataclass(frozen=True, slots=True)
class Spot:
    """An expression of a syntax tree, with the place that its names are looked up from.

    `given` are the parameters of the function around, where the call is known by which it was entered.
    """

    node: ast.expr
    where: Where
    block: Block
    given: "tuple[tuple[str, Spot], ...]" = field(default=(), compare=False)

    @property
    def line(self) -> int:
        return self.where.offset + self.node.lineno

    def other(self, node: ast.expr) -> "Spot":
        """Another expression of the same place."""
        return Spot(node, self.where, self.block, self.given)

    @property
    def expr(self) -> Expr:
        return Reader(Lines(self.block.text)).expression(self.node)

    def as_given(self) -> Given:
        return Given(self.expr, self.where, self.line)

    @property
    def name(self) -> str | None:
        return dotted(self.node)

    @property
    def call_name(self) -> str:
        """The dotted name that is called; empty where none is."""
        called = self.call()
        return called[0] if called else ""

    def call(self) -> tuple[str, ast.Call] | None:
        """The dotted name that is called, and the call."""
        if not isinstance(self.node, ast.Call):
            return None
        return dotted(self.node.func) or "", self.node


def block_of(names: Names, where: Where) -> Block | None:
    facts = names.files.get(where.path)
    return next((it for offset, it in facts.blocks if offset == where.offset), None) if facts else None


def spot_of(names: Names, given: Given) -> Spot | None:
    """The same expression in the syntax tree of its block; None where that does not parse."""
    block = block_of(names, given.where)
    tree = tree_of(block.text) if block else None
    if block is None or tree is None:
        return None
    reader = Reader(Lines(block.text))
    wanted = given.expr.place
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and node.lineno == wanted.line and reader.place(node) == wanted:
            return Spot(_named(node, given.expr), given.where, block)
    return None


def _named(node: ast.expr, expr: Expr) -> ast.expr:
    """The part of `best.save` that is meant, where the place is that of all of it."""
    while isinstance(expr, Ref) and isinstance(node, ast.Attribute) and dotted(node) != expr.dotted:
        node = node.value
    return node


def statements(names: Names, where: Where) -> Iterator[tuple[ast.stmt, Where, Block]]:
    """The statements around a place, those inside loops and branches too: of the function, else of the module."""
    facts = names.files[where.path]
    functions = [it for it in where.scopes if it.kind != "class"]
    for offset, block in facts.blocks:
        tree = tree_of(block.text)
        if tree is None or (functions and offset != where.offset):
            continue
        body = tree.body if not functions else body_of(tree, functions[-1])
        around = where if functions else Where(where.path, offset)
        for it in _flat(body):
            yield it, around, block


def body_of(tree: ast.Module, scope: Scope) -> list[ast.stmt]:
    """The body of the function that a scope is of."""
    function = next((node for node, name in _functions(tree.body, "") if name == scope.qualname), None)
    return function.body if function is not None else []


def returned(names: Names, found: Found) -> Spot | None:
    """What a function gives, when it has one `return`, and nothing is yielded."""
    function, block = found.binding, block_of(names, found.where)
    if not isinstance(function, Function) or block is None:
        return None
    tree = tree_of(block.text)
    body = list(_flat(body_of(tree, function.scope))) if tree else []
    returns = [it.value for it in body if isinstance(it, ast.Return)]
    yields = any(isinstance(it, ast.Yield | ast.YieldFrom) for own in body for it in ast.walk(own))
    if len(returns) != 1 or returns[0] is None or yields:
        return None
    return Spot(returns[0], found.within, block)


def calls_of(names: Names, found: Found) -> Iterator[Spot]:
    """Every call of a function by its name, in all files."""
    name = found.binding.name
    word = f"{name}("
    names.words.add(word)
    for path, facts in names.files.items():
        if word not in facts.text:
            continue
        for offset, block in facts.blocks:
            for node, scopes in calls_by_tail(block).get(name, ()) if word in block.text else ():
                at = Spot(node, Where(path, offset, scopes), block)
                meaning = names.meaning(at.call_name, at.where, at.line)
                if isinstance(meaning, Found) and meaning.key == found.key:
                    yield at


@lru_cache(maxsize=512)
def calls_by_tail(block: Block) -> Mapping[str, tuple[tuple[ast.Call, tuple[Scope, ...]], ...]]:
    """The calls of dotted names in a block by the last part of the name, each with the scopes around it."""
    tree = tree_of(block.text)
    found: dict[str, list[tuple[ast.Call, tuple[Scope, ...]]]] = {}
    for node, scopes in expressions(tree.body, block.scope) if tree else ():
        name = dotted(node.func) if isinstance(node, ast.Call) else None
        if name is not None and isinstance(node, ast.Call):
            found.setdefault(name.rpartition(".")[2], []).append((node, scopes))
    return {tail: tuple(its) for tail, its in found.items()}


def expressions(
    body: list[ast.stmt], scope: Scope, around: tuple[Scope, ...] = ()
) -> Iterator[tuple[ast.expr, tuple[Scope, ...]]]:
    """Every expression of some statements, each with the classes and functions around it."""
    for statement in body:
        if isinstance(statement, ast.ClassDef | Definition):
            inner = next((it for it in scope.scopes() if _is_of(it, statement, scope)), None)
            if inner is not None:
                yield from expressions(statement.body, inner, (*around, inner))
            continue
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.stmt):
                yield from expressions([child], scope, around)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                yield from expressions(child.body, scope, around)
            else:
                yield from ((it, around) for it in ast.walk(child) if isinstance(it, ast.expr))


def _is_of(scope: Scope, node: "ast.ClassDef | Definition", around: Scope) -> bool:
    return any(
        getattr(it, "scope", None) is scope and getattr(it, "line", 0) == node.lineno
        for it in around.bindings
    )


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.ClassDef | Definition):
            continue
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.stmt):
                yield from _flat([child])
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                yield from _flat(child.body)


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[Definition, str]]:
    for statement in _flat(body):
        if isinstance(statement, ast.ClassDef):
            yield from _functions(statement.body, f"{prefix}{statement.name}.")
        elif isinstance(statement, Definition):
            name = f"{prefix}{statement.name}"
            yield statement, name
            yield from _functions(statement.body, f"{name}.<locals>.")
