"""BootstrapFewShot: the program's own right answers become demos."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap_played import one_scan
from dspy_lens_worker.optimizers.counting import bootstrap_runs
from dspy_lens_worker.optimizers.playing import with_play
from dspy_lens_worker.optimizers.running import (
    both_parts,
    fresh,
    model_of,
    number_of,
    ordered,
    teacher_settings,
)


class BootstrapParameters(Parameters):
    """Of `dspy.BootstrapFewShot`."""

    metric_threshold: float | None = Field(
        None, description="Least score at which an answer becomes a demo; without it any score above 0 does."
    )
    teacher_settings: dict[str, Any] | None = Field(
        None, description="DSPy settings while demos are made; the model is that of the run's `teacher`."
    )
    max_bootstrapped_demos: int = Field(4, ge=0, description="At most so many of the program's own answers.")
    max_labeled_demos: int = Field(
        16, ge=0, description="Fill up to so many demos with labelled examples; also the teacher's demos."
    )
    max_rounds: int = Field(1, ge=1, description="Attempts at each example, the later ones at temperature 1.")
    max_errors: int | None = Field(None, ge=1, description="Errors after which it gives up; default: 10.")


class Bootstrap:
    """Lets the program answer, and puts its right answers into the prompt."""

    name: ClassVar[str] = "bootstrap"
    aliases: ClassVar[tuple[str, ...]] = ("BootstrapFewShot", "Bootstrap", "BootstrapFewshot")
    summary: ClassVar[str] = "Lets the program answer, and puts its right answers into the prompt as demos."
    needs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]] = BootstrapParameters
    wants_validation: ClassVar[bool] = False
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: BootstrapParameters, shape: Shape) -> str | None:
        return teacher_problem(parameters.teacher_settings) or examples_problem(shape)

    def calls(self, parameters: BootstrapParameters, shape: Shape, seed: int) -> CallPlan:
        n = shape.train + shape.validation
        runs = bootstrap_runs(
            n, [parameters.max_bootstrapped_demos], shape.success, shape.measured, parameters.max_rounds
        )
        bootstrapped, labeled = parameters.max_bootstrapped_demos, parameters.max_labeled_demos
        plan = CallPlan(
            task=runs.times(shape.calls_per_run),
            sequential=runs.times(shape.calls_per_run),
            demos=teacher_demos(n, labeled),
            result_demos=student_demos(n, bootstrapped, labeled),
            trials=0,
        )
        return with_play(plan, one_scan(shape, n, bootstrapped, labeled, parameters.max_rounds), shape)

    def compile(self, parameters: BootstrapParameters, materials: Materials) -> Any:
        from dspy_lens_worker.optimizers.bootstrap_keeping import keeping_bootstrap

        settings = teacher_settings(parameters.teacher_settings, materials)
        given = {**parameters.model_dump(), "teacher_settings": settings}
        optimizer = keeping_bootstrap(materials.keep)(metric=number_of(materials.metric), **given)
        trainset = ordered(both_parts(materials), materials.seed)
        with model_of(materials):
            return optimizer.compile(fresh(materials.student), trainset=trainset)


def examples_problem(shape: Shape) -> str | None:
    if shape.train + shape.validation == 0:
        return "There is no example to learn from. Add labelled examples."
    return None


def teacher_problem(settings: dict[str, Any] | None) -> str | None:
    """A teacher's model has to be known to the cap, so it is never hidden in settings."""
    if settings and "lm" in settings:
        return "`teacher_settings` names a model. Name it as the run's `teacher` instead."
    return None


def teacher_demos(n: int, labeled: int) -> Figure:
    """Demos of the teacher, which never sees the example that it answers."""
    if labeled >= n:
        return Figure.exactly(max(0, n - 1))
    return Figure(max(0, labeled - 1), labeled - labeled / n if n else 0, labeled)


def student_demos(n: int, bootstrapped: int, labeled: int) -> Figure:
    """Demos of a compiled program: bootstrapped ones, filled up with labelled ones."""
    filled = min(n, labeled)
    return Figure(filled, max(filled, min(n, bootstrapped)), max(filled, min(n, bootstrapped)))
