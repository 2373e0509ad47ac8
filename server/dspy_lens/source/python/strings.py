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
    return StringSignature(
        _fields(inputs, left),
        _fields(outputs, right),
        tuple(dict.fromkeys(name for it in (*inputs, *outputs) for name in _roots(it.annotation))),
        frozenset(it.partition(".")[0] for it in _SOUGHT.findall(text)),
    )


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


def _roots(annotation: ast.expr | None) -> Iterator[str]:
    if annotation is not None:
        yield from (it.id for it in ast.walk(annotation) if isinstance(it, ast.Name))
