"""Which built-in metrics fit the types of a target's outputs."""

from collections.abc import Sequence

from dspy_lens.source.annotations import annotation
from dspy_lens.values.definition import Field

BY_KIND = {
    "literal": ("exact",),
    "bool": ("exact",),
    "int": ("exact",),
    "float": ("numeric:0.01", "exact"),
    "str": ("f1", "normalized", "judge"),
    "list": ("overlap", "exact"),
    "dict": ("fields", "exact"),
    "other": ("fields", "judge"),
}


def fitting_metrics(outputs: Sequence[Field]) -> tuple[str, ...]:
    """Names of metrics, the one that fits best first; for several outputs all of them weighed alike.

    No name holds a blank, so that it can stand in a comment as it is.
    """
    if not outputs:
        return ("judge",)
    if len(outputs) == 1:
        return tuple(f"{it}:{outputs[0].name}" for it in BY_KIND[annotation(outputs[0].type).kind])
    best = [f"{BY_KIND[annotation(it.type).kind][0]}:{it.name}" for it in outputs]
    share = f"{1 / len(best):.3g}"
    together = (
        "exact" if all(it.startswith("exact:") for it in best) else "+".join(f"{share}*{it}" for it in best)
    )
    return (together, *best, "judge")
