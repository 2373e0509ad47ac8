"""The examples that a meta-prompt shows, in the forms in which DSPy's optimizers write them."""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EXAMPLE = re.compile(r"Example\((\{.*?\})\) \(input_keys=(None|\{[^}]*\})\)", re.DOTALL)
RULE_EXAMPLE = re.compile(
    r"Input Fields:\n(.*?)\n\n=========\nOutput Fields:\n(.*?)\n\n(?=Input Fields:|$)", re.DOTALL
)
LINE = re.compile(r"^([^\W\d_][\w ]{0,60}):[ \t]*", re.MULTILINE)
SCORE = re.compile(r"score of (\d+(?:\.\d+)?)")
EXPECTED = re.compile(
    r"(?:expected|correct answer|right answer|should (?:have been|be)|gold|label|reference)"
    r"[^:\n'\"`“]{0,40}(?:(?:is|was|be|been|:|=)\s*)?[:\s]*"
    r"(?:'([^'\n]+)'|\"([^\"\n]+)\"|`([^`\n]+)`|“([^”\n]+)”|([^\n.;,]+))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One example: the texts of its inputs, and its outputs by name."""

    inputs: tuple[str, ...]
    outputs: Mapping[str, Any]


def from_reprs(text: str) -> list[Sample]:
    """Examples as Python prints a list of `dspy.Example`."""
    return [sample for mark in EXAMPLE.finditer(text) if (sample := _from_repr(mark[1], mark[2]))]


def from_lines(text: str, names: Sequence[str]) -> list[Sample]:
    """Demos as `Name: value` lines, one paragraph each, of which the named ones are outputs."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        values = _lines(paragraph)
        outputs = {name: values.pop(name) for name in names if name in values}
        if values and outputs:
            found.append(Sample(tuple(values.values()), outputs))
    return found


def from_rules(text: str) -> list[Sample]:
    """Examples as InferRules writes them."""
    return [Sample(tuple(_lines(mark[1]).values()), _lines(mark[2])) for mark in RULE_EXAMPLE.finditer(text)]


def from_feedback(text: str) -> list[Sample]:
    """Examples of GEPA, labelled by what the feedback expects, or by the answer where it scored in full."""
    records = _json(text)
    return (
        [sample for each in records if isinstance(each, dict) and (sample := _judged(each))]
        if records
        else []
    )


def from_labels(inputs: str, labels: str) -> list[Sample]:
    """One example from two JSON objects."""
    given, wanted = _json(inputs), _json(labels)
    if not isinstance(given, dict) or not isinstance(wanted, dict):
        return []
    return [Sample(_texts(given.values()), wanted)]


def _from_repr(values: str, keys: str) -> Sample | None:
    try:
        found, inputs = ast.literal_eval(values), ast.literal_eval(keys)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    inputs = inputs or set(list(found)[:-1])
    given = _texts(value for name, value in found.items() if name in inputs)
    outputs = {name: value for name, value in found.items() if name not in inputs and value is not None}
    return Sample(given, outputs) if given and outputs else None


def _lines(text: str) -> dict[str, str]:
    """`Name: value` lines, in which a value may run on; names as fields are named."""
    marks = list(LINE.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    pairs = zip(marks, ends, strict=False)
    return {mark[1].strip().lower().replace(" ", "_"): text[mark.end() : end].strip() for mark, end in pairs}


def _judged(record: Mapping[str, Any]) -> Sample | None:
    given, answer = record.get("Inputs"), record.get("Generated Outputs")
    if not isinstance(given, dict) or not isinstance(answer, dict) or not answer:
        return None
    feedback = str(record.get("Feedback", ""))
    score = SCORE.search(feedback)
    expected = EXPECTED.search(feedback)
    if expected:
        name = _named(feedback, list(answer))
        wanted = next(filter(None, expected.groups())).strip()
        return Sample(_texts(given.values()), {name: wanted})
    if score and float(score[1]) >= 1:
        return Sample(_texts(given.values()), answer)
    return None


def _named(feedback: str, fields: list[str]) -> str:
    """The field that feedback speaks of; the last one, which holds the answer, when it names none."""
    return next((name for name in fields if re.search(rf"\b{re.escape(name)}\b", feedback)), fields[-1])


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values if isinstance(value, str | int | float | list | dict))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def outputs_of(module: str) -> list[str]:
    """The output fields in a description such as `Predict(a, b) -> c, d`."""
    return [name.strip() for name in module.rpartition("->")[2].split(",") if name.strip().isidentifier()]


def names_of(samples: Iterable[Sample]) -> Iterator[str]:
    """The outputs that samples have, each once."""
    yield from dict.fromkeys(name for sample in samples for name in sample.outputs)
