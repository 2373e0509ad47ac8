"""Rebuilds signatures from field names and types as written, without running anyone's code."""

import ast
import typing
from typing import Any

from dspy_lens_worker.messages import FieldOrder, TargetOrder

_PLAIN: dict[str, Any] = {
    "str": str, "int": int, "float": float, "bool": bool, "bytes": bytes, "list": list, "dict": dict,
    "tuple": tuple, "set": set, "frozenset": frozenset, "object": object, "None": None,
    "Any": Any, "List": list, "Dict": dict, "Tuple": tuple, "Set": set, "Sequence": list, "Iterable": list,
    "Mapping": dict, "Literal": typing.Literal, "Optional": typing.Optional, "Union": typing.Union,
}  # fmt: skip


def predictors_of(target: TargetOrder) -> list[type]:
    """The signatures that the target's wrapper really sends: one, or several for agents."""
    import dspy

    signature = signature_of(target)
    wrapper = getattr(dspy, target.wrapper, None)
    if wrapper is None or wrapper is dspy.Predict:
        return [signature]
    try:
        program = (
            wrapper(signature, tools=[]) if target.wrapper in ("ReAct", "CodeAct") else wrapper(signature)
        )
        found = [it.signature for it in program.predictors()]
    except Exception:  # not a wrapper of a signature, or one that wants more: its plain signature then
        found = []
    return found or [signature]


def signature_of(target: TargetOrder) -> type:
    import dspy

    fields: dict[str, Any] = {}
    for kind, orders in ((dspy.InputField, target.inputs), (dspy.OutputField, target.outputs)):
        fields.update({it.name: (type_of(it), kind(desc=_desc(it))) for it in orders})
    instructions = target.instructions
    made: type = dspy.Signature(fields) if instructions is None else dspy.Signature(fields, instructions)
    return made


def type_of(field: FieldOrder) -> Any:
    """The type as far as it can be known without importing anything of the user's; else `str`."""
    try:
        return _resolved(ast.parse(field.type, mode="eval").body)
    except (SyntaxError, ValueError, TypeError):
        return str


def _desc(field: FieldOrder) -> str:
    return field.desc if field.desc is not None else f"${{{field.name}}}"


def _resolved(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name):
            return _PLAIN.get(name, str)
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=str(text)):  # a forward reference
            return _resolved(ast.parse(text, mode="eval").body)
        case ast.Attribute(value=ast.Name(id="typing" | "t"), attr=name):
            return _PLAIN.get(name, str)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _resolved(left) | _resolved(right)
        case ast.Subscript(value=base, slice=inside):
            return _subscripted(_resolved(base), inside)
        case _:
            return str


def _subscripted(base: Any, inside: ast.expr) -> Any:
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    if base is typing.Literal:
        return typing.Literal[tuple(ast.literal_eval(it) for it in parts)]
    if base is str:  # an unknown generic, or Annotated
        return str
    arguments = tuple(
        ... if isinstance(it, ast.Constant) and it.value is ... else _resolved(it) for it in parts
    )
    return base[arguments if len(arguments) > 1 else arguments[0]]
