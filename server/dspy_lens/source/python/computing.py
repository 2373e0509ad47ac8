"""What operators, methods and functions of Python make of values that are known."""

import inspect
import json
import operator
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNKNOWN = object()
LONGEST = 100_000  # characters of a text, or items of a list, that is put together
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
_OF_TEXTS = frozenset(
    {"strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "replace", "join", "format"}
    | {"removeprefix", "removesuffix", "expandtabs", "casefold", "swapcase", "split", "splitlines"}
    | {"startswith", "endswith", "zfill"}
)
_OF_DICTS = frozenset({"keys", "values", "items", "get"})
_HOLES = re.compile(r"(?:[^{}]|\{\{|\}\}|\{\w*\})*")


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A member of an enum: its own name and value, and what a text shows of it, None where that may differ."""

    name: str
    value: Any
    text: str | None
    is_text: bool = False  # whether it is a `str` itself


@dataclass(frozen=True, slots=True)
class Enumeration:
    """The members of an enum, in order, each value once."""

    members: tuple[EnumMember, ...]
    names: Mapping[str, EnumMember]  # aliases too


def attribute(value: Any, name: str) -> Any:
    """`value.name` of an enum or of one of its members."""
    match value:
        case EnumMember():
            return {"name": value.name, "value": value.value}.get(name, UNKNOWN)
        case Enumeration():
            return dict(value.names) if name == "__members__" else value.names.get(name, UNKNOWN)
    return UNKNOWN


def added(parts: list[Any]) -> Any:
    """Texts, or lists, one after another; in a text, a hole takes whatever is sure to look the same everywhere."""
    if UNKNOWN in parts:
        return UNKNOWN
    for kind in (list, tuple):
        if all(isinstance(it, kind) for it in parts):
            return kind(item for it in parts for item in it)
    texts = [shown(it) for it in parts]
    if not any(isinstance(it, str) for it in parts) or None in texts:
        return UNKNOWN
    return _bounded("".join(it for it in texts if it is not None))


def shown(value: Any) -> str | None:
    """The text that a hole of an f-string makes of a value."""
    if isinstance(value, EnumMember):
        return value.text
    return str(value) if is_plain(value) else None


def is_plain(value: Any) -> bool:
    """Whether a value is made of texts, numbers, lists and dicts alone."""
    match value:
        case list() | tuple():
            return all(is_plain(it) for it in value)
        case dict():
            return all(is_plain(it) for it in (*value.keys(), *value.values()))
    return value is None or isinstance(value, str | int | float)


def items_of(value: Any) -> list[Any] | None:
    """What a loop goes over, None where only running could tell."""
    match value:
        case Enumeration():
            return list(value.members) if all(it.value is not UNKNOWN for it in value.members) else None
        case list() | tuple() | dict() | str():
            return list(value)
    return None


def computed(op: str, left: Any, right: Any) -> Any:
    """`left op right`; `format` is that of a hole, where `right` may be `!r`."""
    left, right = _compared(left), _compared(right)
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if op == "*":
        return _repeated(left, right) if isinstance(left, str) else _repeated(right, left)
    if op == "format":
        return _formatted(left, right)
    if op == "%" and not (isinstance(left, str) and is_plain(right)):
        return UNKNOWN
    return _tried(lambda: _OPERATORS[op](left, right) if op in _OPERATORS else UNKNOWN)


def item(value: Any, key: Any) -> Any:
    """`value[key]`."""
    if value is UNKNOWN or key is UNKNOWN:
        return UNKNOWN
    return _tried(lambda: value.names[key] if isinstance(value, Enumeration) else value[key])


def method_called(value: Any, method: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """What a method of a text or a dict gives."""
    if isinstance(value, dict) and method in _OF_DICTS:
        made = _tried(lambda: getattr(value, method)(*arguments, **named))
        return made if method == "get" or made is UNKNOWN else list(made)
    if not isinstance(value, str) or method not in _OF_TEXTS:
        return UNKNOWN
    if method == "format" and not (_HOLES.fullmatch(value) and is_plain([*arguments, *named.values()])):
        return UNKNOWN
    given = [_texts(it) for it in arguments] if method == "join" else arguments
    return _tried(lambda: getattr(value, method)(*given, **named))


def function_called(name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """What a function of Python's gives, by its dotted name."""
    sets = any(isinstance(it, frozenset) for it in arguments)
    made = _FUNCTIONS.get(name) if not sets or name in ("sorted", "len") else None
    if made is None:
        return UNKNOWN
    if name in _OF_PLAIN and not is_plain([*arguments, *named.values()]):
        return UNKNOWN
    listed = [it if not isinstance(it, Enumeration) else items_of(it) for it in arguments]
    return _tried(lambda: made(*listed, **named)) if None not in listed else UNKNOWN


def _listed(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments, **named: list(function(*arguments, **named))


def _range(*arguments: int) -> list[int]:
    return list(range(*arguments)[:LONGEST])


def _on_text(function: Callable[[str], str]) -> Callable[..., Any]:
    return lambda text: function(text) if isinstance(text, str) else UNKNOWN


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "textwrap.dedent": _on_text(textwrap.dedent),
    "inspect.cleandoc": _on_text(inspect.cleandoc),
    "json.dumps": json.dumps,
    "str": str,
    "repr": repr,
    "len": len,
    "list": list,
    "tuple": tuple,
    "dict": dict,
    "set": frozenset,
    "frozenset": frozenset,
    "sorted": sorted,
    "enumerate": _listed(enumerate),
    "zip": _listed(zip),
    "reversed": _listed(reversed),
    "range": _range,
}
# What they make shows how a value looks as text.
_OF_PLAIN = frozenset({"str", "repr", "json.dumps"})


def _compared(value: Any) -> Any:
    """A member of an enum as operators see it, where it is a text; others are not guessed at."""
    if isinstance(value, EnumMember):
        return value.value if value.is_text else UNKNOWN
    return value


def _texts(value: Any) -> Any:
    """What `join` is given, members that are texts by these."""
    found = items_of(value)
    return [_compared(it) for it in found] if found is not None else UNKNOWN


def _formatted(value: Any, spec: Any) -> Any:
    if not is_plain(value) or not isinstance(spec, str):
        return UNKNOWN
    return _tried(lambda: repr(value) if spec == "!r" else format(value, spec))


def _repeated(text: Any, times: Any) -> Any:
    if isinstance(text, str) and isinstance(times, int) and len(text) * times <= LONGEST:
        return text * times
    return UNKNOWN


def _tried(compute: Callable[[], Any]) -> Any:
    try:
        return _bounded(compute())
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError):
        return UNKNOWN


def _bounded(made: Any) -> Any:
    return UNKNOWN if isinstance(made, str | list | tuple) and len(made) > LONGEST else made
