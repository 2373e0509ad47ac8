"""LabeledFewShot: labelled examples become demos as they are; no call is made."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.running import both_parts, fresh, model_of, ordered


class LabeledParameters(Parameters):
    """Of `dspy.LabeledFewShot` and its `compile`."""

    k: int = Field(16, ge=0, description="How many examples become demos.")
    sample: bool = Field(True, description="Whether they are drawn at random; else the first ones are taken.")


class Labeled:
    """Puts labelled examples into the prompt."""

    name: ClassVar[str] = "labeled"
    aliases: ClassVar[tuple[str, ...]] = ("LabeledFewShot", "LabeledFewshot")
    summary: ClassVar[str] = "Puts labelled examples into the prompt, without any call."
    needs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]] = LabeledParameters
    wants_validation: ClassVar[bool] = False
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: LabeledParameters, shape: Shape) -> str | None:
        if shape.train + shape.validation == 0:
            return "There is no labelled example to put into the prompt. Add one."
        return None

    def calls(self, parameters: LabeledParameters, shape: Shape, seed: int) -> CallPlan:
        demos = Figure.exactly(min(parameters.k, shape.train + shape.validation))
        return CallPlan(task=Figure.exactly(0), result_demos=demos, trials=0)

    def compile(self, parameters: LabeledParameters, materials: Materials) -> Any:
        import dspy

        trainset = ordered(both_parts(materials), materials.seed)
        with model_of(materials):
            compiled = dspy.LabeledFewShot(k=parameters.k).compile(
                fresh(materials.student), trainset=trainset, sample=parameters.sample
            )
        materials.keep(compiled)
        return compiled
