"""Several optimizers one after the other, each from the last one's best: `bootstrap_rs,miprov2`."""

from collections.abc import Sequence as Many
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, create_model

from dspy_lens_worker.optimizers.base import CallPlan, Materials, Optimizer, Parameters, Shape
from dspy_lens_worker.optimizers.running import holding_model, with_students_model
from dspy_lens_worker.optimizers.sequence_counts import Step, together

LAST = ("knn", "ensemble")  # what they make runs in a way that no later optimizer sees into


class Sequence:
    """Optimizers in a row. A subclass knows which: `sequence_of` makes it."""

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    summary: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    parameters: ClassVar[type[Parameters]]
    wants_validation: ClassVar[bool]
    favours: ClassVar[Literal["validation", "train"]]
    parts: ClassVar[dict[str, Optimizer]]

    def problem(self, parameters: Any, shape: Shape) -> str | None:
        if early := [it.name for it in list(self.parts.values())[:-1] if it.name in LAST]:
            return f"{early[0]} changes how a program runs, so nothing can follow it. Put it at the end."
        # How often a program is right that has been optimized, nobody knows beforehand.
        later = replace(shape, measured=0, solved=None)
        problems = (
            it.problem(getattr(parameters, key), later if at else shape)
            for at, (key, it) in enumerate(self.parts.items())
        )
        return next((it for it in problems if it), None)

    def calls(self, parameters: Any, shape: Shape, seed: int) -> CallPlan:
        # How often a program is right that has been optimized, nobody knows beforehand.
        later = replace(shape, measured=0)
        steps = [
            Step.of(it, given := getattr(parameters, key), it.calls(given, later if at else shape, seed))
            for at, (key, it) in enumerate(self.parts.items())
        ]
        return together(steps, shape)

    def compile(self, parameters: Any, materials: Materials) -> Any:
        for key, it in self.parts.items():
            materials = with_students_model(materials, materials.student)
            compiled = it.compile(getattr(parameters, key), materials)
            compiled = holding_model(compiled, materials.model)
            materials.keep(compiled)
            materials = replace(materials, student=compiled)
        return materials.student


def sequence_of(optimizers: Many[Optimizer]) -> Optimizer:
    """One optimizer that is several. Its parameters hold those of each, under its name."""
    parts: dict[str, Optimizer] = {}
    for it in optimizers:
        again = sum(other.name == it.name for other in parts.values())
        parts[f"{it.name}_{again + 1}" if again else it.name] = it
    made: Any = type(
        "SequenceOf" + "".join(type(it).__name__ for it in optimizers),
        (Sequence,),
        {
            "name": ",".join(it.name for it in optimizers),
            "summary": "One after the other, each from the last one's best.",
            "needs": tuple(dict.fromkeys(need for it in optimizers for need in it.needs)),
            "parameters": parameters_of(parts),
            "wants_validation": any(it.wants_validation for it in optimizers),
            "favours": optimizers[-1].favours,
            "parts": parts,
        },
    )
    found: Optimizer = made()
    return found


def parameters_of(parts: dict[str, Optimizer]) -> type[Parameters]:
    fields: dict[str, Any] = {
        key: (it.parameters, Field(default_factory=it.parameters, description=f"Parameters of {it.name}."))
        for key, it in parts.items()
    }
    return create_model("SequenceParameters", __base__=Parameters, **fields)
