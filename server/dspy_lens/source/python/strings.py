"""Signatures written as strings, read as DSPy reads them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dspy_lens.source.python.annotations import normalized
from dspy_lens.source.python.text import parse

# How DSPy finds the names that it then looks for in its callers.
_SOUGHT = re.compile(r":\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)")


@dataclass(frozen=True, slots=True)
class StringField:
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class StringSignature:
    inputs: tuple[StringField, ...]
    outputs: tuple[StringField, ...]
    names: tuple[str, ...]  # the first part of every name its types use
    sought: frozenset[str]  # those of them that DSPy looks for in its callers


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why a string is no signature: a code and a sentence."""

    code: str
    message: str


@lru_cache(maxsize=4096)
def read_string(text: str) -> StringSignature | Malformed:
    """The fields a signature string declares."""
    arrows = text.count("->")
    if arrows != 1:
        found = "no arrow" if arrows == 0 else f"{arrows} arrows"
        example = 'Write it as "question -> answer".'
        return Malformed("signature-arrow", f"This signature has {found}; DSPy needs exactly one. {example}")
    left, right = text.split("->")
    inputs, outputs = _arguments(left), _arguments(right)
    if inputs is None or outputs is None:
        side = left if inputs is None else right
        return Malformed(
            "signature-syntax",
            f"DSPy cannot read “{side.strip()}” as fields. Separate names by commas, with an optional type after a colon.",
        )
    both = [it.arg for it in inputs if it.arg in {out.arg for out in outputs}]
    if both:
        names = ", ".join(f"`{it}`" for it in dict.fromkeys(both))
        return Malformed(
            "signature-both-sides", f"{names} is input and output at once. Rename one of the two."
        )
    every = [it.annotation for it in (*inputs, *outputs) if it.annotation is not None]
    unread = next((it for it in every if not (_is_read(it) and _is_type(it))), None)
    if unread is not None:
        return Malformed(
            "signature-syntax",
            f"DSPy cannot read the type `{ast.unparse(unread)}`. Write one such as `str` or `Literal['a', 'b']`, "
            "or declare the signature as a class.",
        )
    return StringSignature(
        _fields(inputs, left),
        _fields(outputs, right),
        tuple(dict.fromkeys(name for it in every for name in _roots(it))),
        frozenset(it.partition(".")[0] for it in _SOUGHT.findall(text)),
    )


def _is_read(node: ast.expr) -> bool:
    """Whether DSPy's reader of types knows what a type is written with; which names there are is another matter."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=value):
            return _is_read(value)
        case ast.Subscript(value=value, slice=inner):
            return _is_read(value) and _is_read(inner)
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _is_read(left) and _is_read(right)
        case ast.Tuple(elts=items):
            return all(_is_read(it) for it in items)
        case ast.Call(func=ast.Name("Field"), keywords=keywords):
            return all(_is_read(it.value) for it in keywords)
    return False


def _is_type(node: ast.expr) -> bool:
    """Whether what DSPy reads can be a field's type at all: a text, a number or a tuple is none."""
    return not isinstance(node, ast.Tuple) and (not isinstance(node, ast.Constant) or node.value is None)


def _arguments(side: str) -> list[ast.arg] | None:
    """The fields of one side: DSPy reads them as the parameters of a function."""
    tree = parse(f"def f({side}): pass")
    match tree:
        case ast.Module(body=[ast.FunctionDef(args=args), *_]):
            return args.args
    return None


def _fields(arguments: list[ast.arg], side: str) -> tuple[StringField, ...]:
    source = f"def f({side}): pass"
    types = {it.arg: _type(it.annotation, source) for it in arguments}
    return tuple(StringField(name, type_) for name, type_ in types.items())


def _type(annotation: ast.expr | None, source: str) -> str:
    if annotation is None or (isinstance(annotation, ast.Constant) and annotation.value is None):
        return "str"
    return normalized(ast.get_source_segment(source, annotation) or "str")


def _roots(annotation: ast.expr) -> Iterator[str]:
    yield from (it.id for it in ast.walk(annotation) if isinstance(it, ast.Name))
