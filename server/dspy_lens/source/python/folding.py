"""Values that expressions are certain to have: constants, and what is put together of them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dspy_lens.source.python.computing import (
    UNKNOWN,
    EnumMember,
    added,
    attribute,
    computed,
    function_called,
    item,
    items_of,
    method_called,
    shown,
)
from dspy_lens.source.python.enumerations import enumerated
from dspy_lens.source.python.expressions import (
    Binary,
    Call,
    Choice,
    Const,
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
    method_of,
)

if TYPE_CHECKING:
    from dspy_lens.source.python.names import Names, Where

_DEEP = 40
_NESTED = 6  # conditions inside of conditions that are looked at
_MOST = 1000  # items that a comprehension goes over
_NOWHERE = Place(0, 0, 0, 0)
_LITERAL = frozenset({"typing.Literal", "typing_extensions.Literal"})


def text_of(names: "Names", expr: Expr | None, where: "Where", line: int) -> str | None:
    """The string that an expression is known to give."""
    found = _folded(names, expr, where, line)
    if isinstance(found, EnumMember) and found.is_text:
        found = found.value
    return found if isinstance(found, str) else None


def value_of(names: "Names", expr: Expr | None, where: "Where", line: int) -> Any:
    """The constant that an expression is known to give, else None."""
    found = _folded(names, expr, where, line)
    return None if found is UNKNOWN else found


def truth(names: "Names", expr: Expr, where: "Where", line: int) -> bool | None:
    """Whether a condition holds; None where only running could tell."""
    found = _folded(names, expr, where, line)
    return None if found is UNKNOWN or isinstance(found, EnumMember) else bool(found)


def _folded(names: "Names", expr: Expr | None, where: "Where", line: int) -> Any:
    """The value; unknown where working it out asks for itself, as in `x = 1 if x is None else x`."""
    if names.nested >= _NESTED:
        return UNKNOWN
    names.nested += 1
    found = _Folder(names).fold(expr, where, line, 0)
    names.nested -= 1
    return found


class _Folder:
    def __init__(self, names: "Names") -> None:
        self.names = names
        self.given: Mapping[str, Any] = {}  # what the variables of the comprehensions around hold

    def fold(self, expr: Expr | None, where: "Where", line: int, depth: int) -> Any:
        """The value of an expression, or `UNKNOWN`."""
        if isinstance(expr, Ref):
            known = self._of_name(expr.dotted, where, line, depth)
            if known is not None:
                return known
        held, there, at = self._held(expr, where, line)
        if held is None or depth > _DEEP or id(held) in self.names.folding:
            return UNKNOWN
        changes = isinstance(held, Items | Pairs | Repeat | Call) and held is not expr
        if changes and self.names.grows(expr, where, line):
            return UNKNOWN
        self.names.folding.add(id(held))
        try:
            with self._inside(self.given if held is expr else {}):
                return self._known(held, there, at, depth)
        finally:
            self.names.folding.discard(id(held))

    @contextmanager
    def _inside(self, given: Mapping[str, Any]) -> Iterator[None]:
        before, self.given = self.given, given
        yield
        self.given = before

    def _held(self, expr: Expr | None, where: "Where", line: int) -> tuple[Expr | None, "Where", int]:
        """What a name holds; a choice that the variables of a comprehension may decide stays one."""
        if self.given and isinstance(expr, Choice):
            return expr, where, line
        return self.names.value(expr, where, line)

    def _of_name(self, dotted: str, where: "Where", line: int, depth: int) -> Any:
        """What a name stands for that is no variable of the source's: None where it is one."""
        first, *rest = dotted.split(".")
        if first in self.given:
            made = self.given[first]
            for it in rest:
                made = attribute(made, it)
            return made
        if rest and rest[-1] == "__args__":
            return self._literal(Ref(dotted.removesuffix(".__args__"), _NOWHERE), where, line, depth)
        with self._inside({}):
            return enumerated(
                self.names, dotted, where, line, lambda it, there, at: self.fold(it, there, at, depth + 1)
            )

    def _known(self, expr: Expr, where: "Where", line: int, depth: int) -> Any:
        def inner(it: Expr) -> Any:
            return self.fold(it, where, line, depth + 1)

        match expr:
            case Const(value):
                return value
            case Ref(dotted):
                return self._named(dotted, where, line)
            case Sum(parts):
                return added([inner(it) for it in parts])
            case Items("list" | "tuple" as kind, items):
                made = [inner(it) for it in items]
                return UNKNOWN if UNKNOWN in made else tuple(made) if kind == "tuple" else made
            case Pairs(items):
                return self._dict([(inner(key) if key else UNKNOWN, inner(it)) for key, it in items])
            case Repeat() | Stream(Repeat()):
                return self._repeated(expr if isinstance(expr, Repeat) else expr.made, inner)
            case Member(value, name):
                return attribute(inner(value), name)
            case Item(value, key):
                return item(inner(value), inner(key))
            case Not(value):
                found = inner(value)
                return UNKNOWN if found is UNKNOWN or isinstance(found, EnumMember) else not found
            case Choice(test, body, other):
                return self._chosen(inner(test), lambda: inner(body), lambda: inner(other))
            case Binary("and" | "or" as op, left, right):
                return _either(op, inner(left), lambda: inner(right))
            case Binary("is" | "is not" as op, Ref(dotted), Const(None)) if self._exists(dotted, where, line):
                return op == "is not"
            case Binary(op, left, right):
                return computed(op, inner(left), inner(right))
            case Call():
                return self._called(expr, where, line, depth, inner)
        return UNKNOWN

    def _repeated(self, made: Repeat, inner: Callable[[Expr], Any]) -> Any:
        """The list that a comprehension makes."""
        each = made.each
        over = items_of(inner(each.over)) if each else None
        if each is None or over is None or len(over) > _MOST:
            return UNKNOWN
        out: list[Any] = []
        for held in over:
            row = _row(each.names, held, each.unpacked)
            if row is None:
                return UNKNOWN
            with self._inside({**self.given, **row}):
                tests = [inner(it) for it in each.tests]
                if any(it is UNKNOWN or isinstance(it, EnumMember) for it in tests):
                    return UNKNOWN
                if all(tests):
                    out.append(inner(made.item))
        return UNKNOWN if UNKNOWN in out else out

    def _named(self, dotted: str, where: "Where", line: int) -> Any:
        meaning = getattr(self.names.meaning(dotted, where, line), "dotted", dotted)
        if meaning in ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"):
            return False
        return tuple(sys.version_info[:3]) if meaning == "sys.version_info" else UNKNOWN

    def _exists(self, dotted: str, where: "Where", line: int) -> bool:
        """Whether a name stands for something of DSPy's: nobody writes for a DSPy that is not there."""
        meaning = str(getattr(self.names.meaning(dotted, where, line), "dotted", ""))
        return meaning.partition(".")[0] == "dspy"

    def _dict(self, items: list[tuple[Any, Any]]) -> Any:
        keys = [key for key, _ in items]
        if UNKNOWN in keys or not all(isinstance(it, str | int) for it in keys):
            return UNKNOWN
        return dict(items)

    def _chosen(self, test: Any, body: Callable[[], Any], other: Callable[[], Any]) -> Any:
        if test is not UNKNOWN and not isinstance(test, EnumMember):
            return body() if test else other()
        first, second = body(), other()
        return first if type(first) is type(second) and first == second else UNKNOWN

    def _called(self, call: Call, where: "Where", line: int, depth: int, inner: Callable[[Expr], Any]) -> Any:
        owner, method = method_of(call)
        function = self._function(call, where, line)
        if function in ("typing.get_args", "typing_extensions.get_args") and len(call.args) == 1:
            return self._literal(call.args[0], where, line, depth)
        if function == "map" and len(call.args) == 2:
            made = items_of(inner(call.args[1])) or [UNKNOWN]
            shows = isinstance(call.args[0], Ref) and call.args[0].dotted == "str"
            texts = [shown(it) if it is not UNKNOWN else None for it in made]
            return texts if shows and None not in texts else UNKNOWN
        arguments = [inner(it) for it in call.args]
        named = {key: inner(it) for key, it in call.keywords if key is not None}
        if UNKNOWN in arguments or UNKNOWN in named.values() or len(named) < len(call.keywords):
            return UNKNOWN
        called = method_called(inner(owner), method, arguments, named) if owner is not None else UNKNOWN
        return called if called is not UNKNOWN else function_called(function, arguments, named)

    def _literal(self, expr: Expr, where: "Where", line: int, depth: int) -> Any:
        """The values of `NAME = Literal["a", "b"]`."""
        held, there, at = self.names.value(expr, where, line)
        if not isinstance(held, Item):
            return UNKNOWN
        made = self.names.expression(held.value, there, at)
        if getattr(made, "dotted", "") not in _LITERAL:
            return UNKNOWN
        found = self.fold(held.key, there, at, depth + 1)
        return found if found is UNKNOWN or isinstance(found, tuple) else (found,)

    def _function(self, call: Call, where: "Where", line: int) -> str:
        if not isinstance(call.func, Ref):
            return ""
        meaning = self.names.meaning(call.func.dotted, where, line)
        return str(getattr(meaning, "dotted", call.func.dotted if meaning is None else ""))


def _row(names: tuple[str, ...], held: Any, unpacked: bool) -> dict[str, Any] | None:
    """What the variables of a comprehension hold for one item."""
    if not unpacked:
        return {names[0]: held}
    items = items_of(held)
    return dict(zip(names, items, strict=True)) if items is not None and len(items) == len(names) else None


def _either(op: str, left: Any, right: Callable[[], Any]) -> Any:
    if left is UNKNOWN or isinstance(left, EnumMember):
        return UNKNOWN
    return left if bool(left) == (op == "or") else right()
