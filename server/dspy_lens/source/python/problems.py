"""Mistakes that DSPy is certain to refuse or to take for something else."""

import builtins
import sys
import typing
from collections.abc import Iterator

from dspy_lens.source.python.expressions import Const, Ref
from dspy_lens.source.python.facts import Star
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.names import Names
from dspy_lens.source.python.shape import Shape
from dspy_lens.source.python.strings import Malformed, read_string
from dspy_lens.source.python.uses import Made, Use
from dspy_lens.values.definition import Problem, Severity

# The names that DSPy knows in a signature string without looking for them.
_TYPES = frozenset(typing.__dict__) | {
    "NoneType",
    "int",
    "str",
    "float",
    "bool",
    "list",
    "tuple",
    "dict",
    "set",
}
_TYPES |= {"frozenset", "complex", "bytes", "bytearray"}
_TYPES |= {"Field"}  # inside of Annotated; DSPy calls pydantic's own
UNKNOWN_TYPE = "unknown-type"
_TAKES_SIGNATURE_ALONE = {"Predict": "callbacks", "ChainOfThought": "rationale_field"}


def class_problems(name: str, shape: Shape) -> Iterator[Problem]:
    for field, span in shape.stray:
        yield Problem(
            span,
            "field-marker",
            f"DSPy refuses {name}: `{field}` is neither input nor output. "
            f"Give it `= dspy.InputField()` or `= dspy.OutputField()`.",
            Severity.ERROR,
        )


def string_problems(made: Made, names: Names) -> Iterator[Problem]:
    """What is wrong with a signature string that is given to DSPy."""
    if made.text is None:
        return
    span = span_of(made.where, made.place.place)
    read = read_string(made.text)
    if isinstance(read, Malformed):
        yield Problem(span, read.code, read.message, Severity.ERROR)
        return
    for field in (*read.inputs, *read.outputs):
        if field.name.startswith("_"):
            message = (
                f"DSPy refuses the field `{field.name}`: names may not begin with an underscore. Rename it."
            )
            yield Problem(span, "field-underscore", message, Severity.ERROR)
    for name in read.names:
        if _is_unknown(name, name in read.sought, made, names):
            message = f"DSPy knows no type `{name}` here. Import it, or declare the signature as a class."
            yield Problem(span, UNKNOWN_TYPE, message, Severity.ERROR)


def _is_unknown(name: str, sought: bool, made: Made, names: Names) -> bool:
    """Whether DSPy cannot find a type: it looks in its callers only for names right behind a colon."""
    if name in _TYPES or name in sys.stdlib_module_names or not name[:1].isupper():
        return False
    if made.maker is not None and made.maker.argument(3, "custom_types") is not None:
        return False
    if sought and hasattr(builtins, name):
        return False
    return not sought or (not names.binds(name, made.where, made.line) and not _may_come(names, made))


def _may_come(names: Names, made: Made) -> bool:
    """Whether a star import may bring names that cannot be seen."""
    stars = [it for _, it in names.lookup(made.where.path, "*") if isinstance(it, Star)]
    return any(it.module.partition(".")[0] not in ("typing", "dspy") for it in stars)


def use_problems(use: Use) -> Iterator[Problem]:
    """Instructions given to a predictor, which takes none."""
    if not use.native or use.factory not in _TAKES_SIGNATURE_ALONE:
        return
    call = use.site.call
    told = next((it for key, it in call.keywords if key == "instructions"), None)
    given = call.args[0] if call.args else None
    better = (
        f"Give it `{given.dotted}.with_instructions(…)`."
        if isinstance(given, Ref)
        else 'Use `dspy.Signature("…", "instructions")` as the signature.'
    )
    if told is not None:
        message = f"{use.factory} takes no instructions: these go to the model's parameters. {better}"
        yield Problem(span_of(use.where, told.place), "predict-instructions", message)
    elif len(call.args) > 1 and isinstance(call.args[1], Const) and isinstance(call.args[1].value, str):
        message = (
            f"{use.factory} takes this text for `{_TAKES_SIGNATURE_ALONE[use.factory]}`, not for instructions. "
            f"{better}"
        )
        yield Problem(span_of(use.where, call.args[1].place), "predict-instructions", message)
