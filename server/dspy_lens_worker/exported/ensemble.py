"""Several programs that answer together, by `dspy.Ensemble`."""

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def assemble(
    programs: Sequence[Any], settings: Mapping[str, Any], function: Callable[..., Any] | None
) -> Any:
    """The members behind one program. `function` joins their answers where the settings name one."""
    import dspy

    join = function or joining(settings["reduce_fn"], settings["field"])
    for it in programs:
        it._compiled = False  # DSPy leaves the state of compiled parts out when it saves a program
    if settings["size"] is None or settings["size"] >= len(programs):
        return dspy.Ensemble(reduce_fn=join).compile(list(programs))
    return drawing(programs, settings["size"], join)


def drawing(programs: Sequence[Any], size: int, join: Callable[..., Any]) -> Any:
    """As `dspy.Ensemble` with a size, but the same inputs always ask the same members."""
    import dspy

    class Drawing(dspy.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.programs = list(programs)

        def forward(self, **inputs: Any) -> Any:
            drawn = random.Random(json.dumps(inputs, sort_keys=True, default=str))
            return join([it(**inputs) for it in drawn.sample(self.programs, size)])

    return Drawing()


def joining(name: str, field: str | None) -> Callable[[Sequence[Any]], Any]:
    """How answers are joined: by the majority of one field, of each field, or by the mean of numbers."""

    def join(outputs: Sequence[Any]) -> Any:
        import dspy

        if name == "majority":
            return majority(outputs, field or list(outputs[0].keys())[-1])
        joined = {it: majority(outputs, it)[it] for it in outputs[0].keys()}  # noqa: SIM118
        if name == "mean":
            joined |= {it: mean([out[it] for out in outputs]) for it in joined if numeric(outputs, it)}
        return dspy.Prediction(**joined)

    return join


def majority(outputs: Sequence[Any], field: str) -> Any:
    """The first output with the value that most have; of several such values, that of the earliest member."""
    keys = [key(it[field]) for it in outputs]
    counts = Counter(keys)
    return outputs[keys.index(max(keys, key=lambda it: counts[it]))]


def key(value: Any) -> str:
    """What two answers share that count as the same: values of any type, texts but for case and spaces."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return " ".join(text.casefold().split())


def numeric(outputs: Sequence[Any], field: str) -> bool:
    return all(isinstance(it[field], int | float) and not isinstance(it[field], bool) for it in outputs)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
