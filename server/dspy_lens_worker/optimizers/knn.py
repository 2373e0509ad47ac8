"""KNNFewShot: at every call, demos are made of the examples that are nearest to the question."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.exported.running import Running, mark
from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import (
    BootstrapParameters,
    student_demos,
    teacher_problem,
)
from dspy_lens_worker.optimizers.counting import bootstrap_runs, successes
from dspy_lens_worker.optimizers.running import both_parts, fresh, model_of, number_of, ordered

OWN = ("k", "vectorizer")
NO_TEACHER = "The teacher takes no part in knn: demos are made at every call, by the model that answers."


class KNNParameters(BootstrapParameters):
    """Of `dspy.KNNFewShot`, with those of BootstrapFewShot, by which demos are made at every call."""

    k: int = Field(3, ge=1, description="How many of the nearest examples demos are made of.")
    vectorizer: str = Field(
        "words",
        description="What tells how near two examples are: `words` (built in, offline), a hosted model such "
        "as `openai/text-embedding-3-small`, or a function of yours as `pkg.mod:function`.",
    )

    def code(self) -> tuple[str, ...]:
        return (self.vectorizer,) if is_function(self.vectorizer) else ()


def is_function(vectorizer: str) -> bool:
    return ":" in vectorizer and "/" not in vectorizer


class KNN:
    """Looks up the nearest examples at every call, and makes demos of them there and then."""

    name: ClassVar[str] = "knn"
    aliases: ClassVar[tuple[str, ...]] = ("KNNFewShot",)
    summary: ClassVar[str] = "Looks up the examples nearest to each question, and makes demos of these."
    needs: ClassVar[tuple[str, ...]] = ("numpy",)
    parameters: ClassVar[type[Parameters]] = KNNParameters
    wants_validation: ClassVar[bool] = False
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: KNNParameters, shape: Shape) -> str | None:
        n = shape.train + shape.validation
        if n <= parameters.k:
            return f"knn looks up {parameters.k} examples of {n}. Add examples, or set a smaller k."
        if parameters.vectorizer != "words" and not ({"/", ":"} & set(parameters.vectorizer)):
            return (
                f"There is no vectorizer called {parameters.vectorizer}. Use words, a hosted model such as "
                "openai/text-embedding-3-small, or pkg.mod:function."
            )
        if "judge" in shape.metric:
            return "knn asks the metric at every call, and a judge would be paid each time. Use bootstrap_rs."
        return teacher_problem(parameters.teacher_settings)

    def calls(self, parameters: KNNParameters, shape: Shape, seed: int) -> CallPlan:
        k, bootstrapped = parameters.k, parameters.max_bootstrapped_demos
        scan = bootstrap_runs(k, [bootstrapped], shape.success, shape.measured, parameters.max_rounds)
        own = 1 / (1 + scan.expected)  # the share of all prompts that answers are asked by
        result = student_demos(k, bootstrapped, parameters.max_labeled_demos)
        teacher = Figure.exactly(min(k - 1, parameters.max_labeled_demos))
        return CallPlan(
            task=Figure.exactly(0),
            trials=0,
            result_demos=result * own + teacher * (1 - own),
            result_bootstrapped=successes(k, bootstrapped, shape.success) * own,
            result_runs=scan + Figure.exactly(1),
            result_pool=shape.train + shape.validation,
        )

    def compile(self, parameters: KNNParameters, materials: Materials) -> Any:
        from dspy_lens_worker.exported.knn import assemble

        settings = {
            "k": parameters.k,
            "vectorizer": parameters.vectorizer,
            "bootstrap": parameters.model_dump(mode="json", exclude={*OWN}),
            "examples": [
                {"inputs": dict(it.inputs().items()), "labels": dict(it.labels().items())}
                for it in ordered(both_parts(materials), materials.seed)
            ],
        }
        if materials.teacher_model is not None:
            materials.say(NO_TEACHER)
        function = materials.code.get(parameters.vectorizer)
        with model_of(materials):
            compiled = assemble(fresh(materials.student), settings, number_of(materials.metric), function)
        running = Running("knn", settings, parameters.vectorizer if function else None)
        materials.keep(mark(compiled, running))
        return compiled
