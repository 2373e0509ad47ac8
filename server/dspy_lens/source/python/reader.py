"""Boils syntax down to expressions."""

import ast

from dspy_lens.source.python.expressions import (
    Binary,
    Call,
    Choice,
    Const,
    Each,
    Expr,
    Item,
    Items,
    Member,
    Not,
    Pairs,
    Place,
    Ref,
    Repeat,
    Stream,
    Sum,
    Unknown,
)
from dspy_lens.source.python.text import Lines
from dspy_lens.source.python.unrolled import put, rows_of

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Div: "/",
    ast.Mod: "%",
    ast.Mult: "*",
    ast.Or: "or",
    ast.And: "and",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_KINDS: dict[type[ast.expr], str] = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` of a chain of attributes on a name; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


class Reader:
    """Boils down the expressions of one block."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def place(self, node: ast.expr | ast.stmt) -> Place:
        end_line = node.end_lineno or node.lineno
        return Place(
            node.lineno,
            end_line,
            self.lines.column(node.lineno, node.col_offset),
            self.lines.column(end_line, node.end_col_offset or node.col_offset),
        )

    def text(self, node: ast.expr) -> str:
        place = self.place(node)
        return self.lines.between(place.line, place.column, place.end_line, place.end_column)

    def expression(self, node: ast.expr) -> Expr:
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.BinOp() | ast.UnaryOp():
                return self._constant(node)
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.Call():
                return self._call(node)
            case ast.List() | ast.Tuple() | ast.Set():
                items = tuple(self.expression(it) for it in node.elts)
                return Items(_KINDS[type(node)], items, self.place(node))
            case ast.Dict():
                keys = [self.expression(key) if key else None for key in node.keys]
                values = [self.expression(it) for it in node.values]
                return Pairs(tuple(zip(keys, values, strict=True)), self.place(node))
            case ast.DictComp():
                return self._comprehended(node)
            case ast.ListComp():
                return self._repeated(node, _count(node))
            case ast.GeneratorExp():
                return Stream(self._repeated(node, None), self.place(node))
            case ast.Await():
                return self.expression(node.value)
            case ast.NamedExpr():
                return self.expression(node.value)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return Choice(
                    self.expression(test), self.expression(body), self.expression(orelse), self.place(node)
                )
            case ast.BoolOp(op=op, values=[first, *rest]):
                made = self.expression(first)
                for it in rest:
                    made = Binary(_OPERATORS[type(op)], made, self.expression(it), self.place(node))
                return made
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return Binary(
                    _OPERATORS[type(op)], self.expression(left), self.expression(right), self.place(node)
                )
            case ast.Subscript(value=value, slice=key):
                return Item(self.expression(value), self.expression(key), self.place(node))
        return Unknown(self.place(node))

    def _constant(self, node: ast.expr) -> Expr:
        found = folded(node)
        if found is not None:
            return Const(found[0], self.place(node))
        match node:
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return Sum((self.expression(left), self.expression(right)), self.place(node))
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return self._united(self.expression(left), self.expression(right), self.place(node))
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _OPERATORS:
                return Binary(
                    _OPERATORS[type(op)], self.expression(left), self.expression(right), self.place(node)
                )
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.expression(operand), self.place(node))
            case ast.JoinedStr(values=values):
                # The empty text tells `f"{A}{B}"` from `A + B`.
                return Sum(
                    (Const("", self.place(node)), *(self._joined(it) for it in values)), self.place(node)
                )
        return Unknown(self.place(node))

    def _repeated(self, node: ast.ListComp | ast.GeneratorExp, count: int | None) -> Repeat:
        return Repeat(self.expression(node.elt), count, self.place(node), self._each(node.generators))

    def _each(self, generators: list[ast.comprehension]) -> Each | None:
        match generators:
            case [ast.comprehension(target=target, iter=over, ifs=tests, is_async=0)]:
                unpacked = isinstance(target, ast.Tuple)
                elements = target.elts if isinstance(target, ast.Tuple) else [target]
                names = tuple(it.id for it in elements if isinstance(it, ast.Name))
                if len(names) == len(elements):
                    made = tuple(self.expression(it) for it in tests)
                    return Each(names, unpacked, self.expression(over), made)
        return None

    def _comprehended(self, node: ast.DictComp) -> Expr:
        """A dict that is made of items which stand in the source, one by one."""
        rows = rows_of(node.generators)
        if rows is None:
            return Unknown(self.place(node))
        pairs = [(self.expression(put(node.key, row)), self.expression(put(node.value, row))) for row in rows]
        return Pairs(tuple(pairs), self.place(node))

    def _united(self, left: Expr, right: Expr, place: Place) -> Expr:
        """`{…} | {…}`."""
        if isinstance(left, Pairs) and isinstance(right, Pairs):
            return Pairs((*left.items, *right.items), place)
        return Unknown(place)

    def _joined(self, part: ast.expr) -> Expr:
        match part:
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self.expression(value)
            case ast.FormattedValue(value=value, conversion=conversion, format_spec=None) if (
                conversion == 114
            ):
                return Binary(
                    "format", self.expression(value), Const("!r", self.place(part)), self.place(part)
                )
            case ast.FormattedValue(value=value, conversion=-1, format_spec=ast.JoinedStr() as spec):
                return Binary("format", self.expression(value), self.expression(spec), self.place(part))
            case ast.FormattedValue():
                return Unknown(self.place(part))
        return self.expression(part)

    def _name(self, node: ast.Name | ast.Attribute) -> Expr:
        name = dotted(node)
        if name is not None:
            return Ref(name, self.place(node))
        assert isinstance(node, ast.Attribute)
        return Member(self.expression(node.value), node.attr, self.place(node))

    def _call(self, node: ast.Call) -> Call:
        return Call(
            self.expression(node.func),
            tuple(self.expression(it) for it in node.args),
            tuple((it.arg, self.expression(it.value)) for it in node.keywords),
            self.place(node),
        )


def folded(node: ast.expr) -> tuple[str | bytes | int | float | complex | bool | None] | None:
    """The value of a constant expression, in a tuple of one: literals, their sums, f-strings without holes."""
    match node:
        case ast.Constant(value=value) if value is not Ellipsis:
            return (value,)
        case ast.JoinedStr(values=values):
            parts = [it.value for it in values if isinstance(it, ast.Constant) and isinstance(it.value, str)]
            return ("".join(parts),) if len(parts) == len(values) else None
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            match folded(left), folded(right):
                case (str(a),), (str(b),):
                    return (a + b,)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return (-number,)
    return None


def _count(node: ast.ListComp) -> int | None:
    match node.generators:
        case [ast.comprehension(iter=ast.Call(func=ast.Name("range"), args=[ast.Constant(int(n))]), ifs=[])]:
            return n
        case [ast.comprehension(iter=ast.List(elts=items) | ast.Tuple(elts=items), ifs=[])]:
            return len(items)
    return None
