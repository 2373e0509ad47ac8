"""The program to optimize: a signature in its wrapper, or the user's own module."""

import builtins
import inspect
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dspy_lens_worker.failure import Failed, described
from dspy_lens_worker.load import find_attribute, import_user_module, user_code
from dspy_lens_worker.messages import FieldOrder, Order, TargetOrder

# What a signature string may name without anything of the user's.
PLAIN_TYPES = {*vars(builtins), *vars(typing), "dspy"}


def build_student(order: Order) -> Any:
    """A program without an own model unless its author gave it one; fails at stage "load"."""
    target = order.target
    if target.kind == "program":
        return program(order)
    signature = string_signature(order) if target.kind == "string" else class_signature(order)
    return wrapped(target, signature, target.import_roots)


def program(order: Order) -> Any:
    """The user's module: an instance as it is, a class without arguments."""
    import dspy

    target = order.target
    found: Any = find_attribute(module_of(order), target.qualname)
    if isinstance(found, dspy.Module):
        return found.deepcopy()
    if not (inspect.isclass(found) and issubclass(found, dspy.Module)):
        raise Failed(
            "load", f"{target.name} is no dspy.Module that can be imported. Move it to the top level."
        )
    missing = required_arguments(found)
    if missing:
        raise Failed(
            "load",
            f"{target.qualname} needs {', '.join(missing)} to be made. Give defaults, or make an instance "
            "at the top level and optimize that.",
        )
    with user_code(f"making {target.qualname}", [order.root, *target.import_roots], "load"):
        made: Any = found()
    if not made.named_predictors():
        raise Failed("load", f"{target.qualname} holds no predictor to optimize. Make them in `__init__`.")
    return made


def required_arguments(made: type) -> list[str]:
    # DSPy's metaclass hides the constructor's own signature.
    parameters = list(inspect.signature(made.__init__).parameters.values())[1:]  # type: ignore[misc]
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [it.name for it in parameters if it.default is it.empty and it.kind not in kinds]


def class_signature(order: Order) -> Any:
    """The user's class; one that cannot be reached by import is made again from its fields."""
    import dspy

    target = order.target
    if target.path.endswith(".ipynb") or "<locals>" in target.qualname or "#" in target.qualname:
        return from_fields(order)
    found = find_attribute(module_of(order), target.qualname)
    if not (inspect.isclass(found) and issubclass(found, dspy.Signature)):
        raise Failed(
            "load",
            f"{target.qualname} is no dspy.Signature once {target.module} is imported. Check its name.",
        )
    return found


def string_signature(order: Order) -> Any:
    import dspy

    target = order.target
    if target.literal is None:
        return from_fields(order)
    with user_code(f"reading the signature {target.literal!r}", [order.root], "load"):
        types = types_for(order, [*target.inputs, *target.outputs])
        given = () if target.instructions is None else (target.instructions,)
        return dspy.Signature(target.literal, *given, custom_types=types)


def from_fields(order: Order) -> Any:
    """A signature of the same fields, types and instructions as the source says."""
    import dspy

    target = order.target
    with user_code(f"making {target.qualname} from its fields", [order.root], "load"):
        types = types_for(order, [*target.inputs, *target.outputs])
        made = dspy.Signature(arrow(target), custom_types=types)
        for field in (*target.inputs, *target.outputs):
            if field.desc is not None:
                made = made.with_updated_fields(field.name, desc=field.desc)
        return made if target.instructions is None else made.with_instructions(target.instructions)


def arrow(target: TargetOrder) -> str:
    sides = (", ".join(f"{it.name}: {it.type}" for it in side) for side in (target.inputs, target.outputs))
    return " -> ".join(sides)


def types_for(order: Order, fields: Sequence[FieldOrder]) -> dict[str, Any] | None:
    """The user's own types that the fields name; their module is imported only when there are any."""
    unknown = {name for it in fields for name in names_in(it.type)} - PLAIN_TYPES
    if not unknown:
        return None
    if order.target.path.endswith(".ipynb"):
        raise Failed(
            "load",
            f"{', '.join(sorted(unknown))} is defined in a notebook. Move it into a module and import it.",
        )
    module = module_of(order)
    return {**vars(module), **{it: getattr(module, it) for it in unknown if hasattr(module, it)}}


def names_in(annotation: str) -> set[str]:
    import ast

    try:
        tree = ast.parse(annotation, mode="eval")
    except SyntaxError:
        return set()
    return {it.id for it in ast.walk(tree) if isinstance(it, ast.Name)}


def module_of(order: Order) -> Any:
    target = order.target
    roots = [order.root, *target.import_roots]
    return import_user_module(target.module, roots, path=str(Path(order.root, target.path)))


def wrapped(target: TargetOrder, signature: Any, roots: Sequence[str]) -> Any:
    """The signature in the DSPy predictor that the order names."""
    import dspy

    name = target.wrapper.removeprefix("dspy.")
    wrapper: Any = getattr(dspy, name, None)
    if not (inspect.isclass(wrapper) and issubclass(wrapper, dspy.Module)):
        raise Failed("load", f"DSPy has no predictor called {name}. Choose Predict or ChainOfThought.")
    try:
        made: Any = wrapper
        return made(signature)
    except Exception as error:
        raise Failed(
            "load",
            f"dspy.{name} does not take {target.qualname} alone: {described(error)}. "
            "Put it into a dspy.Module and optimize that, or choose Predict.",
        ) from error
