"""One output field of one question, with all that the prompt shows about it."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from dspy_lens_worker.offline.draws import Draws
from dspy_lens_worker.offline.kinds import Choice, Kind, Listing, Maybe, Number, Record, Row, Table
from dspy_lens_worker.offline.prompts import Prompt

NO_VALUE = object()


@dataclass(frozen=True, slots=True)
class Shown:
    """A demo's inputs, joined and by name, with the value it gives this field."""

    text: str
    inputs: tuple[str, ...]
    value: Any


@dataclass(frozen=True, slots=True)
class Case:
    """What decides the value of one field."""

    field: str
    text: str
    inputs: tuple[str, ...]
    shown: tuple[Shown, ...]
    advice: str
    draws: Draws

    def inside(self, field: str, shown: tuple[Shown, ...]) -> "Case":
        """The case of a value within this field's value."""
        return replace(self, field=field, shown=shown)


def case_of(prompt: Prompt, field: str, desc: str, kind: Kind, draws: Draws) -> Case:
    """Gathers what the prompt shows about one field; demos whose value is of another kind are left out."""
    names = [each.name for each in prompt.task.inputs]
    shown = []
    for demo in prompt.demos:
        value = value_of(demo.outputs[field], kind) if field in demo.outputs else NO_VALUE
        if value is not NO_VALUE:
            inputs = _ordered(demo.inputs, names)
            shown.append(Shown("\n".join(inputs), inputs, value))
    inputs = _ordered(prompt.inputs, names)
    # What a field's description says counts like an instruction about it.
    advice = f"{prompt.task.instructions}\nFor `{field}`: {desc}" if desc else prompt.task.instructions
    return Case(field, "\n".join(inputs), inputs, tuple(shown), advice, draws)


def value_of(text: str, kind: Kind) -> Any:
    """The value that a text stands for, or NO_VALUE when it is none of this kind."""
    match kind:
        case Choice(options):
            named = {str(option).lower(): option for option in reversed(options)}
            return named.get(text.strip().strip("\"'").lower(), NO_VALUE)
        case Number():
            return number_of(text)
        case Maybe(inner):
            return None if text.strip() in ("None", "null") else value_of(text, inner)
        case Listing() | Row():
            return _structure(text, list)
        case Record() | Table():
            return _structure(text, dict)
        case _:
            return text


def number_of(text: str) -> Any:
    """The number a text is, or NO_VALUE."""
    text = text.strip().replace(",", "")
    if re.fullmatch(r"[+-]?\d{1,300}", text):
        return int(text)
    return float(text) if re.fullmatch(r"[+-]?\d{1,300}\.\d+", text) else NO_VALUE


def fits(value: Any, kind: Kind) -> bool:
    """Whether a value is of a kind, as far as answering by example needs it."""
    match kind:
        case Choice(options):
            return any(value == option and type(value) is type(option) for option in options)
        case Number():
            return is_number(value)
        case Maybe(inner):
            return value is None or fits(value, inner)
        case Listing() | Row():
            return isinstance(value, list)
        case Record() | Table():
            return isinstance(value, dict)
        case _:
            return isinstance(value, str)


def is_number(value: Any) -> bool:
    """Whether a value counts; True and False do not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _structure(text: str, wanted: type) -> Any:
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError):
            continue
        return value if isinstance(value, wanted) else NO_VALUE
    return NO_VALUE


def _ordered(values: Mapping[str, str], names: list[str]) -> tuple[str, ...]:
    return tuple(values.get(name, "") for name in names)
