"""The metric `judge`: a model says whether an answer is right, and why. Its calls pass the guard as all others."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from dspy_lens_worker.plain import fields_of, plain

SCORES = {"right": 1.0, "partly right": 0.5, "wrong": 0.0}
NOT_GIVEN = "(not given)"
INSTRUCTIONS = (
    "Judge whether an answer does what the task asks. Where an expected answer is given, the answer is right "
    "when it says the same, in whatever words; else judge by the task and the inputs alone. "
    "Do not reward length, confidence or style."
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """How right the judge finds an answer, from 0 to 1, and its reasons."""

    score: float
    reasons: str


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks one model. `task` are the instructions that the answers should follow."""

    model: Any
    task: str

    def opinion(self, example: Any, answer: Any, field: str | None) -> Opinion:
        """What the judge thinks of one output, or of the whole answer where no field is named."""
        import dspy

        asked = question(self.task, example.inputs().toDict(), labels_of(example), fields_of(answer), field)
        with dspy.context(lm=self.model):
            said = dspy.Predict(signature())(**asked)
        return Opinion(SCORES[said.verdict], str(said.reasoning))


@cache
def signature() -> Any:
    """What a judge is asked, as a DSPy signature."""
    import dspy

    fields: dict[str, tuple[Any, Any]] = {
        "task": (str, dspy.InputField(desc="what the answer should do")),
        "inputs": (str, dspy.InputField(desc="what was given")),
        "expected": (str, dspy.InputField(desc="the expected answer")),
        "answer": (str, dspy.InputField(desc="the answer to judge")),
        "reasoning": (str, dspy.OutputField(desc="one or two sentences")),
        "verdict": (Literal["right", "partly right", "wrong"], dspy.OutputField()),
    }
    return dspy.Signature(fields, INSTRUCTIONS)


def question(
    task: str,
    inputs: Mapping[str, Any],
    labels: Mapping[str, Any],
    answer: Mapping[str, Any],
    field: str | None,
) -> dict[str, str]:
    """The judge's inputs for one answer."""
    if field is None:
        expected, given = as_text(labels), as_text(answer)
    else:
        expected = one_text(plain(labels[field])) if field in labels else ""
        given = one_text(plain(answer.get(field)))
    return {
        "task": task or NOT_GIVEN,
        "inputs": as_text(inputs),
        "expected": expected or NOT_GIVEN,
        "answer": given,
    }


def as_text(values: Mapping[str, Any]) -> str:
    """A line for each value."""
    return "\n".join(f"{name}: {one_text(plain(it))}" for name, it in values.items())


def one_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def labels_of(example: Any) -> Mapping[str, Any]:
    """The outputs that an example gives, without what DSPy notes beside them."""
    return {key: it for key, it in example.labels().items() if not key.startswith(("dspy_", "augmented"))}
