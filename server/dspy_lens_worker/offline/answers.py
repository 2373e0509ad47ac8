"""The answer to a question: a value for every output field, reasons last, though they are shown first."""

from collections.abc import Mapping
from typing import Any

from dspy_lens_worker.offline.cases import case_of
from dspy_lens_worker.offline.draws import Draws
from dspy_lens_worker.offline.features import EVERYDAY, words
from dspy_lens_worker.offline.kinds import Text, kind_of
from dspy_lens_worker.offline.opinions import is_judging, verdict
from dspy_lens_worker.offline.prompts import FieldText, Prompt
from dspy_lens_worker.offline.values import value

REASONS = ("reasoning", "rationale", "thought", "thoughts", "explanation")
QUOTED_WORDS = 4


def answers(prompt: Prompt, draws: Draws) -> dict[str, Any]:
    """The values of all output fields, in the order in which they are declared."""
    outputs = prompt.task.outputs
    found = {field.name: _value(prompt, field, draws) for field in outputs if not is_reason(field)}
    reason = reasons(prompt.inputs, found)
    return {field.name: found.get(field.name, reason) for field in outputs}


def is_reason(field: FieldText) -> bool:
    """Whether a field holds the grounds for the others."""
    return field.name in REASONS and kind_of(field) == Text()


def reasons(inputs: Mapping[str, str], found: Mapping[str, Any]) -> str:
    """The words of the input that were weighed, and what came of it."""
    text = "\n".join(inputs.values())
    heavy = [word for word in dict.fromkeys(words(text)) if word.lower() not in EVERYDAY and len(word) > 3]
    heavy = sorted(heavy, key=len, reverse=True)[:QUOTED_WORDS]
    outcome = ", ".join(f"{name} is {str(each)[:60]}" for name, each in found.items()) or "nothing follows"
    return f"Weighing {', '.join(heavy) or 'the input'} against what is given, {outcome}."


def _value(prompt: Prompt, field: FieldText, draws: Draws) -> Any:
    if field.name == "verdict" and is_judging(prompt):
        return verdict(prompt)
    kind = kind_of(field)
    return value(case_of(prompt, field.name, field.desc, kind, draws), kind)
