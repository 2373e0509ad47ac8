"""What a type as written says about values: enough to read text, to check labels and to make placeholders."""

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from numbers import Number
from typing import Any

from dspy_lens.values.definition import Piece

LISTS = frozenset({"list", "List", "Sequence", "tuple", "Tuple", "set", "Set", "frozenset", "FrozenSet"})
DICTS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})
TRUE = frozenset({"true", "yes", "y", "t", "1"})
FALSE = frozenset({"false", "no", "n", "f", "0"})
_HOLDS: Mapping[str, tuple[type, ...]] = {"list": (list, tuple, set, frozenset), "dict": (Mapping,)}
_NEEDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "list": 'a list, such as ["a", "b"]',
    "dict": 'an object, such as {"a": 1}',
}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A type: `kind` is str, bool, int, float, literal, list, dict or other.

    `values` are those of a Literal, `item` is what a list holds; `optional` tells that None will do.
    """

    kind: str = "other"
    optional: bool = False
    values: tuple[Any, ...] = ()
    item: "Annotation | None" = None

    @property
    def comparable(self) -> bool:
        """Whether two values can be told right from wrong by `==`."""
        return self.kind in ("literal", "bool", "int", "float")


@lru_cache(4096)
def annotation(text: str) -> Annotation:
    """What a type as written says; whatever is not understood is "other"."""
    try:
        return _of(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Annotation()


def resolved(text: str, pieces: Iterable[Piece]) -> str:
    """The type behind an alias (`Category = Literal[…]`) that a definition leans on, else the type itself."""
    name = text.strip().rpartition(".")[2]
    if not name.isidentifier():
        return text
    pattern = re.compile(rf"^(?:type\s+)?{name}\s*(?::[^=\n]+)?=\s*(.+)", re.DOTALL | re.MULTILINE)
    for piece in pieces:
        found = pattern.search(piece.text)
        if found and annotation(found[1]).kind != "other":
            return found[1].strip()
    return text


def convert(text: str, type: str) -> Any:
    """The value that a cell's text stands for in a field of this type; ValueError where there is none."""
    return _convert(text, annotation(type))


def needed(value: Any, type: str) -> str | None:
    """What a type needs, where a value that is no text of a table does not fit; None where nothing is certain.

    Whatever equals a value of the type fits: 1 is true, and 2.0 a whole number.
    """
    kind = annotation(type)
    match kind.kind:
        case "bool":
            fits = isinstance(value, bool) or value in (0, 1)
        case "int":
            fits = isinstance(value, Number) and not (isinstance(value, float) and value % 1 != 0)
        case "float":
            fits = isinstance(value, Number)
        case "list" | "dict":
            fits = isinstance(value, _HOLDS[kind.kind]) or _is_text_of(value, kind)
        case _:
            return None
    return None if fits or value is None else _expected(kind)


def _is_text_of(value: Any, kind: Annotation) -> bool:
    """Whether a text holds a list or an object, as JSON text inside JSON does."""
    try:
        return isinstance(value, str) and _structure(value.strip(), kind) is not None
    except ValueError:
        return False


def _of(node: ast.expr) -> Annotation:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return annotation(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union([node.left, node.right])
    if isinstance(node, ast.Subscript):
        return _subscript(_name(node.value), node.slice)
    name = _name(node)
    if name in ("str", "bool", "int", "float"):
        return Annotation(name)
    if name in LISTS:
        return Annotation("list")
    return Annotation("dict") if name in DICTS else Annotation()


def _subscript(name: str, inside: ast.expr) -> Annotation:
    members = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if name == "Literal":
        values = tuple(ast.literal_eval(it) for it in members)
        return Annotation("literal", None in values, tuple(it for it in values if it is not None))
    if name == "Optional":
        return _union([inside, ast.Constant(None)])
    if name == "Union":
        return _union(members)
    if name == "Annotated" and members:
        return _of(members[0])
    if name in LISTS:
        return Annotation("list", item=_of(members[0]) if members else None)
    return Annotation("dict") if name in DICTS else Annotation()


def _union(members: list[ast.expr]) -> Annotation:
    kinds = [_of(it) for it in members if not (isinstance(it, ast.Constant) and it.value is None)]
    optional = len(kinds) < len(members) or any(it.optional for it in kinds)
    if len(kinds) == 1:
        return Annotation(kinds[0].kind, optional, kinds[0].values, kinds[0].item)
    if kinds and all(it.kind == "literal" for it in kinds):
        return Annotation("literal", optional, tuple(value for it in kinds for value in it.values))
    return Annotation("other", optional)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _convert(text: str, kind: Annotation) -> Any:
    bare = text.strip()
    if kind.optional and bare.lower() in ("", "none", "null"):
        return None
    match kind.kind:
        case "str":
            return text
        case "bool":
            return _truth(bare)
        case "int":
            return _whole(bare)
        case "float":
            return _number(bare)
        case "literal":
            return next((it for it in kind.values if str(it) == bare), text)
        case "list" | "dict":
            return _structure(bare, kind)
    return _structure(bare, kind) if bare[:1] in ("{", "[") else text


def _truth(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError("true or false")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        number = _number(text, "a whole number")
    if not number.is_integer():
        raise ValueError("a whole number")
    return int(number)


def _number(text: str, expected: str = "a number") -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(expected) from None
    if not math.isfinite(number):
        raise ValueError(expected)
    return number


def _structure(text: str, kind: Annotation) -> Any:
    """A list or object written as JSON or as a Python literal."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        try:
            value = json.loads(json.dumps(ast.literal_eval(text), default=sorted))
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            raise ValueError(_expected(kind)) from None
    expected = {"list": list, "dict": dict}.get(kind.kind, object)
    if not isinstance(value, expected):
        raise ValueError(_expected(kind))
    return value


def _expected(kind: Annotation) -> str:
    return _NEEDS.get(kind.kind, "JSON")
