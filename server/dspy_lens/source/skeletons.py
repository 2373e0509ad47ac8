"""What a new target starts from: an example file with the right fields, and a metric that fits."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dspy_lens.source.annotations import annotation, resolved
from dspy_lens.source.models import enum_values, model_fields
from dspy_lens.values.definition import Definition, Field, Kind, Piece

ROWS = 10
"""From as many examples on some are held out, so that there is an honest score."""

DEEPEST = 4  # models inside of models, which may hold themselves


def examples_skeleton(definition: Definition) -> str:
    """Ten JSON lines with the right fields and values of the right types, to be written over."""
    inputs, outputs = example_fields(definition)
    fields = (*inputs, *outputs)
    rows = ({it.name: _value(it.name, it.type, at, definition.pieces) for it in fields} for at in range(ROWS))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def example_fields(definition: Definition) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """The inputs and outputs that an example of a target has, types behind aliases resolved."""
    return _fields(definition, definition.inputs), _fields(definition, _outputs(definition))


def metric_skeleton(definition: Definition) -> str:
    """A Python function that compares what the examples label as the outputs' types suggest, from 0 to 1."""
    outputs = _fields(definition, _outputs(definition)) or (Field("answer"),)
    helpers = {it: HELPERS[it] for it in map(_helper, outputs)}
    name = f"{snake(definition.qualname.rpartition('.')[2])}_metric"
    return "\n\n".join([*helpers.values(), _function(name, outputs)])


def is_placeholder(inputs: Mapping[str, Any]) -> bool:
    """Whether an example still says what `examples_skeleton` wrote: `question 3` in the field `question`."""
    texts = [it for name, value in inputs.items() for it in _texts(value, name)]
    return bool(texts) and all(
        any(re.fullmatch(rf"{re.escape(it)} \d+", text) for it in names) for text, *names in texts
    )


def _texts(value: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """Each text in a value, in lists and objects too, with the names that it stands under."""
    if isinstance(value, str):
        yield value, *names
    elif isinstance(value, dict):
        for key, it in value.items():
            yield from _texts(it, *names, str(key))
    elif isinstance(value, list):
        for it in value:
            yield from _texts(it, *names)


def snake(name: str) -> str:
    """`HistoricEvent` as `historic_event`; what no Python name may hold becomes `_`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
    return re.sub(r"\W", "_", words)


def _function(name: str, outputs: Sequence[Field]) -> str:
    lines = [
        f"def {name}(example, prediction, trace=None):",
        '    """How right a prediction is, from 0 to 1: the mean over the outputs that the example labels."""',
        "    compare = {",
        *(f'        "{it.name}": {_helper(it)},' for it in outputs),
        "    }",
        "    scores = [",
        "        same(example[name], prediction.get(name))",
        "        for name, same in compare.items()",
        "        if example.get(name) is not None",
        "    ]",
        "    score = sum(scores) / len(scores) if scores else 0.0",
        "    # While demos are gathered, DSPy asks whether an answer is good enough to be shown as one.",
        "    return score >= 0.8 if trace is not None else score",
        "",
    ]
    return "\n".join(lines)


HELPERS = {
    "same_value": '''def same_value(expected, found):
    """1 when both are the same; of a model, the share of the expected fields that are."""
    if isinstance(expected, dict) and hasattr(found, "model_dump"):
        found = found.model_dump(mode="json")
        return sum(found.get(name) == value for name, value in expected.items()) / max(1, len(expected))
    return float(expected == getattr(found, "value", found))
''',
    "same_words": '''def same_words(expected, found):
    """How many words two texts share, as the harmonic mean of precision and recall."""
    expected, found = str(expected).lower().split(), str(found or "").lower().split()
    if not expected or not found:
        return float(expected == found)
    common = sum(min(expected.count(word), found.count(word)) for word in set(expected))
    return 2 * common / (len(expected) + len(found))
''',
    "same_items": '''def same_items(expected, found):
    """The share of items that two collections have in common."""
    expected, found = {str(it) for it in expected}, {str(it) for it in found or []}
    return len(expected & found) / len(expected | found) if expected | found else 1.0
''',
}


def _helper(field: Field) -> str:
    return {"str": "same_words", "list": "same_items"}.get(annotation(field.type).kind, "same_value")


def _outputs(definition: Definition) -> tuple[Field, ...]:
    """A signature's outputs; for a program those of its last predictor, which it most likely returns."""
    if definition.kind is not Kind.PROGRAM:
        return definition.outputs
    last = definition.predictors[-1].outputs if definition.predictors else ()
    inputs = {it.name for it in definition.inputs}
    return tuple(it for it in last if it.name != "reasoning" and it.name not in inputs)


def _fields(definition: Definition, fields: Sequence[Field]) -> tuple[Field, ...]:
    return tuple(replace(it, type=resolved(it.type, definition.pieces)) for it in fields)


def _value(name: str, type: str, number: int, pieces: Sequence[Piece], deep: int = 0) -> Any:
    """A value of the type that shows what to write; a model with its fields, an enum with one of its values."""
    kind = annotation(type)
    match kind.kind:
        case "bool":
            return number % 2 == 0
        case "int":
            return number + 1
        case "float":
            return (number + 1) / 2
        case "literal" if kind.values:
            return kind.values[number % len(kind.values)]
        case "list":
            return [_value(name, _inside(type), number, pieces, deep + 1)]
        case "dict":
            return {"key": f"{name} {number + 1}"}
        case "other" if deep < DEEPEST:
            return _object(name, type, number, pieces, deep)
    return f"{name} {number + 1}"


def _object(name: str, type: str, number: int, pieces: Sequence[Piece], deep: int) -> Any:
    called = _inside(type)
    if fields := model_fields(called, pieces):
        # A model that may hold itself ends with the first.
        return {
            it: None
            if annotation(of).optional and _inside(of) == called
            else _value(it, resolved(of, pieces), number, pieces, deep + 1)
            for it, of in fields.items()
        }
    values = enum_values(called, pieces)
    return values[number % len(values)] if values else f"{name} {number + 1}"


def _inside(type: str) -> str:
    """What a list holds, or what there is beside None: `Person` of `list[Person]` and `Optional[models.Person]`."""
    inner = re.sub(r"\s*\|\s*None|None\s*\|\s*", "", type.strip(" \"'"))
    found = re.fullmatch(r"(?:[\w.]+)\[(.+)\]", inner, re.DOTALL)
    return (found[1] if found else inner).rpartition(".")[2].strip()
