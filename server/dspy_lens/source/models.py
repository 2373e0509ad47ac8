"""The models and enums that a field's type names, as far as the pieces of its definition hold their source."""

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from dspy_lens.values.definition import Piece


def model_fields(name: str, pieces: Iterable[Piece]) -> dict[str, str]:
    """The fields of the class of this name with their types as written; empty where it is no model."""
    return {
        it.target.id: ast.unparse(it.annotation)
        for it in _body(name, pieces)
        if isinstance(it, ast.AnnAssign) and isinstance(it.target, ast.Name)
    }


def enum_values(name: str, pieces: Iterable[Piece]) -> tuple[Any, ...]:
    """The values of the class of this name that are written as constants; empty where it is no enum."""
    return tuple(
        it.value.value
        for it in _body(name, pieces)
        if isinstance(it, ast.Assign) and isinstance(it.value, ast.Constant)
    )


def _body(name: str, pieces: Iterable[Piece]) -> Iterator[ast.stmt]:
    for piece in pieces:
        for it in _classes(piece.text):
            if it.name == name:
                yield from it.body


@lru_cache(256)
def _classes(text: str) -> tuple[ast.ClassDef, ...]:
    try:
        return tuple(it for it in ast.parse(text).body if isinstance(it, ast.ClassDef))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
