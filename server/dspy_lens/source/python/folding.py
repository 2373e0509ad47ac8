"""Values that expressions are certain to have: constants, and what is put together of them."""

import inspect
import operator
import re
import sys
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dspy_lens.source.python.expressions import (
    Binary,
    Call,
    Choice,
    Const,
    Expr,
    Item,
    Items,
    Not,
    Pairs,
    Ref,
    Sum,
    method_of,
)

if TYPE_CHECKING:
    from dspy_lens.source.python.names import Names, Where

_DEEP = 40
_NESTED = 6  # conditions inside of conditions that are looked at
_LONGEST = 100_000  # characters of a text that is put together
_UNKNOWN = object()
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
    "%": operator.mod,
}
_METHODS = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "replace", "join"}
)
_METHODS |= {"removeprefix", "removesuffix", "expandtabs", "casefold", "swapcase"}
_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "textwrap.dedent": textwrap.dedent,
    "inspect.cleandoc": inspect.cleandoc,
    "str": str,
}
_HOLES = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\w*\})*")


def text_of(names: "Names", expr: Expr | None, where: "Where", line: int) -> str | None:
    """The string that an expression is known to give."""
    found = _folded(names, expr, where, line)
    return found if isinstance(found, str) else None


def value_of(names: "Names", expr: Expr | None, where: "Where", line: int) -> Any:
    """The constant that an expression is known to give, else None."""
    found = _folded(names, expr, where, line)
    return None if found is _UNKNOWN else found


def truth(names: "Names", expr: Expr, where: "Where", line: int) -> bool | None:
    """Whether a condition holds; None where only running could tell."""
    found = _folded(names, expr, where, line)
    return None if found is _UNKNOWN else bool(found)


def _folded(names: "Names", expr: Expr | None, where: "Where", line: int) -> Any:
    """The value; unknown where working it out asks for itself, as in `x = 1 if x is None else x`."""
    if names.nested >= _NESTED:
        return _UNKNOWN
    names.nested += 1
    found = _Folder(names).fold(expr, where, line, 0)
    names.nested -= 1
    return found


class _Folder:
    def __init__(self, names: "Names") -> None:
        self.names = names

    def fold(self, expr: Expr | None, where: "Where", line: int, depth: int) -> Any:
        """The value of an expression, or `_UNKNOWN`."""
        expr, where, line = self.names.value(expr, where, line)
        if expr is None or depth > _DEEP or id(expr) in self.names.folding:
            return _UNKNOWN
        self.names.folding.add(id(expr))
        try:
            return self._known(expr, where, line, depth)
        finally:
            self.names.folding.discard(id(expr))

    def _known(self, expr: Expr, where: "Where", line: int, depth: int) -> Any:
        def inner(it: Expr) -> Any:
            return self.fold(it, where, line, depth + 1)

        match expr:
            case Const(value):
                return value
            case Ref(dotted):
                return self._named(dotted, where, line)
            case Sum(parts):
                return _added([inner(it) for it in parts])
            case Items("list" | "tuple" as kind, items):
                made = [inner(it) for it in items]
                return _UNKNOWN if _UNKNOWN in made else tuple(made) if kind == "tuple" else made
            case Pairs(items):
                return self._dict([(inner(key) if key else _UNKNOWN, inner(it)) for key, it in items])
            case Item(value, key):
                return _item(inner(value), inner(key))
            case Not(value):
                found = inner(value)
                return _UNKNOWN if found is _UNKNOWN else not found
            case Choice(test, body, other):
                return self._chosen(inner(test), lambda: inner(body), lambda: inner(other))
            case Binary("and" | "or" as op, left, right):
                return _either(op, inner(left), lambda: inner(right))
            case Binary("is" | "is not" as op, Ref(dotted), Const(None)) if self._exists(dotted, where, line):
                return op == "is not"
            case Binary(op, left, right):
                return _computed(op, inner(left), inner(right))
            case Call():
                return self._called(expr, where, line, inner)
        return _UNKNOWN

    def _named(self, dotted: str, where: "Where", line: int) -> Any:
        meaning = getattr(self.names.meaning(dotted, where, line), "dotted", dotted)
        if meaning in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"):
            return False
        return tuple(sys.version_info[:3]) if meaning == "sys.version_info" else _UNKNOWN

    def _exists(self, dotted: str, where: "Where", line: int) -> bool:
        """Whether a name stands for something of DSPy's: nobody writes for a DSPy that is not there."""
        meaning = str(getattr(self.names.meaning(dotted, where, line), "dotted", ""))
        return meaning.partition(".")[0] == "dspy"

    def _dict(self, items: list[tuple[Any, Any]]) -> Any:
        keys = [key for key, _ in items]
        if _UNKNOWN in keys or not all(isinstance(it, str | int) for it in keys):
            return _UNKNOWN
        return dict(items)

    def _chosen(self, test: Any, body: Callable[[], Any], other: Callable[[], Any]) -> Any:
        if test is not _UNKNOWN:
            return body() if test else other()
        first, second = body(), other()
        return first if type(first) is type(second) and first == second else _UNKNOWN

    def _called(self, call: Call, where: "Where", line: int, inner: Callable[[Expr], Any]) -> Any:
        arguments = [inner(it) for it in call.args]
        named = {key: inner(it) for key, it in call.keywords if key is not None}
        if _UNKNOWN in arguments or _UNKNOWN in named.values() or len(named) < len(call.keywords):
            return _UNKNOWN
        owner, method = method_of(call)
        if owner is not None and method in (*_METHODS, "format"):
            text = inner(owner)
            if isinstance(text, str):
                return _done(text, method, arguments, named)
        function = _FUNCTIONS.get(self._function(call, where, line))
        if function is not None and len(arguments) == 1 and isinstance(arguments[0], str) and not named:
            return function(arguments[0])
        return _UNKNOWN

    def _function(self, call: Call, where: "Where", line: int) -> str:
        if not isinstance(call.func, Ref):
            return ""
        meaning = self.names.meaning(call.func.dotted, where, line)
        return str(getattr(meaning, "dotted", call.func.dotted if meaning is None else ""))


def _done(text: str, method: str, arguments: list[Any], named: dict[str, Any]) -> Any:
    """What a method of a string gives."""
    if method == "format" and not _HOLES.fullmatch(text):
        return _UNKNOWN
    try:
        made = getattr(text, method)(*arguments, **named)
    except (TypeError, ValueError, LookupError):
        return _UNKNOWN
    return made if len(made) <= _LONGEST else _UNKNOWN


def _added(parts: list[Any]) -> Any:
    """Texts one after another; in a text, a hole takes numbers too."""
    if _UNKNOWN in parts or not any(isinstance(it, str) for it in parts):
        return _UNKNOWN
    if not all(isinstance(it, str | int | float) for it in parts):
        return _UNKNOWN
    return "".join(str(it) for it in parts)


def _either(op: str, left: Any, right: Callable[[], Any]) -> Any:
    if left is _UNKNOWN:
        return _UNKNOWN
    return left if bool(left) == (op == "or") else right()


def _computed(op: str, left: Any, right: Any) -> Any:
    if left is _UNKNOWN or right is _UNKNOWN:
        return _UNKNOWN
    if op == "*":
        return _repeated(left, right) if isinstance(left, str) else _repeated(right, left)
    if op == "%" and not isinstance(left, str):
        return _UNKNOWN
    try:
        made = _OPERATORS[op](left, right) if op in _OPERATORS else _UNKNOWN
    except (TypeError, ValueError, LookupError):
        return _UNKNOWN
    return _UNKNOWN if isinstance(made, str) and len(made) > _LONGEST else made


def _repeated(text: Any, times: Any) -> Any:
    if isinstance(text, str) and isinstance(times, int) and len(text) * times <= _LONGEST:
        return text * times
    return _UNKNOWN


def _item(value: Any, key: Any) -> Any:
    if value is _UNKNOWN or key is _UNKNOWN:
        return _UNKNOWN
    try:
        return value[key]
    except (TypeError, LookupError):
        return _UNKNOWN
