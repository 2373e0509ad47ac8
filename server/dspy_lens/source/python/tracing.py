"""Where a list of examples comes from, followed back from the call that takes it."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from dspy_lens.source.python.expressions import Binary, Const, Ref
from dspy_lens.source.python.facts import Assign
from dspy_lens.source.python.following import DEEPEST, Following, splits
from dspy_lens.source.python.literals import ExampleLiteral
from dspy_lens.source.python.names import External, Found
from dspy_lens.source.python.reader import dotted
from dspy_lens.source.python.records import SAME, FileRead, Lost, lost, records_of
from dspy_lens.source.python.syntax import Spot, statements

Literals = Callable[[str], tuple[ExampleLiteral, ...]]
PICKING = frozenset({"random.sample", "random.choices", "copy.copy", "copy.deepcopy"})


@dataclass(frozen=True, slots=True)
class Origins:
    """What a list of examples is made of: literals, and sources by name, read through one map of field to column."""

    sources: tuple[FileRead | str, ...] = ()
    literals: tuple[ExampleLiteral, ...] = ()
    map: tuple[tuple[str, str], ...] = ()

    def joined(self, other: "Origins") -> "Origins | None":
        """Both together; None where they would have to be read differently."""
        if self.map and other.map and self.map != other.map:
            return None
        sources = tuple(dict.fromkeys((*self.sources, *other.sources)))
        literals = tuple({it.span: it for it in (*self.literals, *other.literals)}.values())
        return Origins(sources, literals, self.map or other.map)


Traced = Origins | Lost


class Tracing:
    """Follows lists of examples; `literals` gives those of a file."""

    def __init__(self, following: Following, literals: Literals) -> None:
        self.following = following
        self._literals = literals

    def trace(self, spot: Spot, depth: int = 0) -> Traced:
        """What the examples are, or where that cannot be seen any more."""
        if depth > DEEPEST:
            return lost(spot, "is passed on too often")
        node = spot.node
        match node:
            case ast.Name() | ast.Attribute():
                return self._named(spot, depth)
            case ast.List(elts=[]):
                return lost(spot, "is an empty list")
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return self._items(spot, items, depth)
            case ast.ListComp(generators=[ast.comprehension(iter=source, target=target, ifs=[])], elt=item):
                return self._each(spot.other(item), target, spot.other(source), depth)
            case ast.Subscript(value=value, slice=ast.Slice()):
                return self.trace(spot.other(value), depth + 1)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._all([spot.other(left), spot.other(right)], depth)
            case ast.Call():
                return self._call(spot, node, depth)
        return lost(spot, "comes from what only running shows")

    def _named(self, spot: Spot, depth: int) -> Traced:
        before = self.following.back(spot)
        if before is None:
            return lost(spot, f"`{spot.name}` comes from what only running shows")
        if isinstance(before.node, ast.List) and not before.node.elts and spot.name:
            return self._grown(before, spot.name.rpartition(".")[2], depth)
        found = self.trace(before, depth + 1)
        if isinstance(found, Origins) and isinstance(before.node, ast.List) and spot.name:
            found = self._with_more(found, before, spot.name.rpartition(".")[2], depth)
        meaning = self.following.meaning(spot, spot.name or "")
        return self._by_name(found, meaning if isinstance(meaning, Found) else None)

    def _by_name(self, found: Traced, declared: Found | None) -> Traced:
        """What cannot be seen, with the name that running would give it by: a module's list or function."""
        if not isinstance(found, Lost) or found.running or declared is None or declared.where.scopes:
            return found
        path = declared.where.path
        if not path.endswith(".py") or _only_as_script(declared):
            return found
        module = self.following.names.modules.name(path)
        return replace(found, running=f"{module}:{declared.binding.name}")

    def _items(self, spot: Spot, items: list[ast.expr], depth: int) -> Traced:
        starred = [it.value for it in items if isinstance(it, ast.Starred)]
        if len(starred) == len(items):
            return self._all([spot.other(it) for it in starred], depth)
        first, last = spot.line, spot.where.offset + (spot.node.end_lineno or spot.node.lineno)
        inside = [it for it in self._literals(spot.where.path) if _within(it, spot, first, last)]
        if len(inside) == len(items):
            return Origins(literals=tuple(inside))
        if all(isinstance(it, ast.Name) for it in items):
            return self._all([spot.other(it) for it in items], depth)
        return lost(spot, "holds examples whose values only running shows")

    def _all(self, spots: list[Spot], depth: int) -> Traced:
        found: Origins = Origins()
        for spot in spots:
            one = self.trace(spot, depth + 1)
            if isinstance(one, Lost):
                return one
            both = found.joined(one)
            if both is None:
                return lost(spot, "reads its fields from other columns than what it is joined with")
            found = both
        return found

    def _call(self, spot: Spot, node: ast.Call, depth: int) -> Traced:
        name, tail = self.following.external(spot), (dotted(node.func) or "").rpartition(".")[2]
        if self._is_example(spot):
            inside = [it for it in self._literals(spot.where.path) if it.span.line == spot.line]
            return (
                Origins(literals=tuple(inside[:1])) if inside else lost(spot, "is an example of running code")
            )
        if node.args and (tail in SAME or name in PICKING or splits(node)):
            return self.trace(spot.other(node.args[0]), depth + 1)
        made = self.following.result(spot)
        found = self.trace(made, depth + 1) if made is not None else None
        if isinstance(found, Origins):
            return found
        found = found or lost(spot, f"comes from `{tail or 'a call'}`, which only running shows")
        bare = not node.args and not node.keywords
        return self._by_name(found, self.following.function(spot) if bare else None)

    def _each(self, item: Spot, target: ast.expr, source: Spot, depth: int) -> Traced:
        """Examples made one by one of the items of something."""
        inner = _without_inputs(item.node)
        if isinstance(inner, ast.Name) and isinstance(target, ast.Name) and inner.id == target.id:
            return self.trace(source, depth + 1)
        variable = _variable(target)
        if variable is None or not self._is_example(item.other(inner)):
            return lost(item, "makes its examples in a way that only running shows")
        assert isinstance(inner, ast.Call)
        columns = _columns(inner, variable)
        if columns is None:
            return lost(item, "changes values on the way into its examples")
        found = records_of(self.following, _rows(source))
        if isinstance(found, Lost):
            return found
        return Origins((found,), (), tuple((name, it) for name, it in columns.items() if name != it))

    def _with_more(self, found: Origins, start: Spot, name: str, depth: int) -> Traced:
        """A list that is written out, with what other lines `extend` it by or `append` to it."""
        for statement, where, block in statements(self.following.names, start.where):
            for it in _additions(statement, name):
                spot = Spot(it, where, block, start.given)
                more = (
                    self.trace(spot, depth + 1)
                    if isinstance(statement, ast.Expr)
                    else lost(spot, "is added by what only running shows")
                )
                both = found.joined(more) if isinstance(more, Origins) else more
                if not isinstance(both, Origins):
                    return both or lost(spot, "reads its fields from other columns than what it is added to")
                found = both
        return found

    def _grown(self, start: Spot, name: str, depth: int) -> Traced:
        """A list that a loop fills: `for row in rows: data.append(dspy.Example(…))`."""
        grown = [
            Spot(loop.iter, where, block, start.given)
            for loop, where, block in statements(self.following.names, start.where)
            if isinstance(loop, ast.For) and any(_appended(it, name) is not None for it in ast.walk(loop))
        ]
        if len(grown) != 1:
            return lost(start, "is filled in a way that only running shows")
        source = grown[0]
        for loop, _, _ in statements(self.following.names, start.where):
            if isinstance(loop, ast.For) and loop.iter is source.node:
                if len(loop.body) != 1 or not isinstance(loop.body[0], ast.Expr):
                    break
                item = _appended(loop.body[0].value, name)
                if item is not None:
                    return self._each(source.other(item), loop.target, source, depth)
        return lost(source, "is filled by a loop that does more than that")

    def _is_example(self, spot: Spot) -> bool:
        called = Spot(_without_inputs(spot.node), spot.where, spot.block).call()
        made = self.following.meaning(spot, called[0]) if called and called[0] else None
        return isinstance(made, External) and made.dspy == "Example"


def _only_as_script(declared: Found) -> bool:
    """Whether a name is only bound below `if __name__ == "__main__"`, so that no import gives it."""
    for guard in declared.binding.guards if isinstance(declared.binding, Assign) else ():
        match guard:
            case Binary("==", Ref("__name__"), Const("__main__")) | Binary(
                "==", Const("__main__"), Ref("__name__")
            ):
                return True
    return False


def _within(literal: ExampleLiteral, spot: Spot, first: int, last: int) -> bool:
    return (
        first <= literal.span.line and literal.span.end_line <= last and literal.span.path == spot.where.path
    )


def _without_inputs(node: ast.expr) -> ast.expr:
    """What `with_inputs` is called on."""
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="with_inputs")):
            return value
    return node


def _variable(target: ast.expr) -> str | None:
    """The loop's variable; of `for index, row in table.iterrows()` the second."""
    match target:
        case ast.Name(id=name) | ast.Tuple(elts=[_, ast.Name(id=name)]):
            return name
    return None


def _rows(source: Spot) -> Spot:
    """What `enumerate`, `tqdm` or `iterrows` goes over."""
    match source.node:
        case ast.Call(func=ast.Attribute(value=value, attr="iterrows"), args=[]):
            return source.other(value)
        case ast.Call(func=func, args=[inner, *_]) if (dotted(func) or "").rpartition(".")[2] in (
            "enumerate",
            "tqdm",
        ):
            return source.other(inner)
    return source


def _columns(call: ast.Call, variable: str) -> dict[str, str] | None:
    """The column of each field; empty where whole records are taken; None where values are changed."""
    columns: dict[str, str] = {}
    whole = [*call.args, *(it.value for it in call.keywords if it.arg is None)]
    if not all(_is_record(it, variable) for it in whole):
        return None
    for it in call.keywords:
        if it.arg is not None:
            column = _column(it.value, variable)
            if column is None:
                return None
            columns[it.arg] = column
    return columns if columns or whole else None


def _is_record(node: ast.expr, variable: str) -> bool:
    """Whether something is the loop's record as it is, or its line of JSON."""
    match node:
        case ast.Name(id=name):
            return name == variable
        case ast.Call(func=func, args=[inner]) if dotted(func) in ("json.loads", "orjson.loads", "dict"):
            return _is_record(inner, variable)
        case ast.Call(func=ast.Attribute(value=value, attr="strip"), args=[]):
            return _is_record(value, variable)
    return False


def _column(node: ast.expr, variable: str) -> str | None:
    """`a.b` of `row["a"]["b"]`, `row.a["b"]` or `row["a"].get("b")`."""
    match node:
        case ast.Name(id=name):
            return "" if name == variable else None
        case ast.Subscript(value=value, slice=ast.Constant(value=str() | int() as key)):
            inner, own = _column(value, variable), str(key)
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str(own))]):
            inner = _column(value, variable)
        case ast.Attribute(value=value, attr=own):
            inner = _column(value, variable)
        case _:
            return None
    if inner is None:
        return None
    return f"{inner}.{own}" if inner else own


def _additions(statement: ast.stmt, name: str) -> Iterator[ast.expr]:
    """What a statement puts into a list: more than the lines themselves tell, where it is a loop or a branch."""
    whole = isinstance(statement, ast.Expr)
    for node in [statement.value] if isinstance(statement, ast.Expr) else ast.walk(statement):
        match node:
            case ast.Call(
                func=ast.Attribute(value=owner, attr="append" | "extend" | "insert"), args=[*_, item]
            ) if (dotted(owner) or "").rpartition(".")[2] == name and (
                whole or isinstance(statement, ast.For | ast.While | ast.If)
            ):
                yield item


def _appended(node: ast.AST, name: str) -> ast.expr | None:
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="append"), args=[item]):
            return item if (dotted(owner) or "").rpartition(".")[2] == name else None
    return None
