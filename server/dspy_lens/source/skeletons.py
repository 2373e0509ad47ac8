"""What a new target starts from: an example file with the right fields, and a metric that fits its outputs."""

import ast
import json
import re
from typing import Any

from dspy_lens.values.definition import Definition, Field, Kind

ROWS = 3
SIMPLE: dict[str, list[Any]] = {
    "bool": [True, False, True],
    "int": [1, 2, 3],
    "float": [0.5, 1.0, 1.5],
}


def examples_skeleton(definition: Definition) -> str:
    """Three JSON lines with the right fields, to be filled in."""
    fields = (*definition.inputs, *outputs_of(definition))
    rows = ({it.name: placeholder(it, number) for it in fields} for number in range(ROWS))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def metric_skeleton(definition: Definition) -> str:
    """A metric in Python that compares the outputs as their types suggest, from 0 to 1."""
    name = snake(definition.qualname.rpartition(".")[2]) + "_metric"
    outputs = outputs_of(definition) or (Field("answer"),)
    comparisons = [comparison(it) for it in outputs]
    lines = [
        f"def {name}(example, prediction, trace=None):",
        f'    """How right a prediction is, from 0 to 1; the mean over {listed([it.name for it in outputs])}."""',
        "    scores = [",
        *(f"        {it}," for it in comparisons),
        "    ]",
        "    return sum(scores) / len(scores)",
        "",
    ]
    helpers = [
        HELPERS[it] for it in ("overlap", "f1") if any(text.startswith(f"{it}(") for text in comparisons)
    ]
    return "\n\n".join([*helpers, "\n".join(lines)])


HELPERS = {
    "overlap": '''def overlap(expected, found):
    """The share of items that two lists have in common."""
    expected, found = set(map(str, expected or [])), set(map(str, found or []))
    return len(expected & found) / len(expected | found) if expected | found else 1.0
''',
    "f1": '''def f1(expected, found):
    """How many words two texts share, as the harmonic mean of precision and recall."""
    expected, found = str(expected).lower().split(), str(found).lower().split()
    common = sum(min(expected.count(word), found.count(word)) for word in set(expected))
    return 2 * common / (len(expected) + len(found)) if expected or found else 1.0
''',
}


def comparison(field: Field) -> str:
    pair = f"example.{field.name}, prediction.{field.name}"
    if is_exact(field.type):
        left, right = pair.split(", ")
        return f"float({left} == {right})"
    if field.type.startswith(("list", "set", "tuple", "List", "Set")):
        return f"overlap({pair})"
    if field.type == "str":
        return f"f1({pair})"
    left, right = pair.split(", ")
    return f"float({left} == {right})"


def is_exact(kind: str) -> bool:
    return kind in SIMPLE or kind.startswith(("Literal[", "typing.Literal[", "Optional[Literal["))


def outputs_of(definition: Definition) -> tuple[Field, ...]:
    """A signature's outputs; for a program those of its last predictor, which it most likely returns."""
    if definition.kind is not Kind.PROGRAM:
        return definition.outputs
    return (
        tuple(it for it in definition.predictors[-1].outputs if it.name != "reasoning")
        if definition.predictors
        else ()
    )


def placeholder(field: Field, number: int) -> Any:
    """A value of the field's type that shows what to fill in."""
    if field.type in SIMPLE:
        return SIMPLE[field.type][number]
    if options := literal_options(field.type):
        return options[number % len(options)]
    if field.type.startswith(("list", "List", "tuple", "set")):
        return []
    if field.type.startswith(("dict", "Dict")):
        return {}
    return f"{field.name} {number + 1}"


def literal_options(kind: str) -> list[Any]:
    """The options of `Literal[…]`, empty for another type."""
    match = re.search(r"Literal\[(.*)\]", kind, re.DOTALL)
    if match is None:
        return []
    try:
        return list(ast.literal_eval(f"[{match[1]}]"))
    except (SyntaxError, ValueError):
        return []


def snake(name: str) -> str:
    """`HistoricEvent` as `historic_event`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
