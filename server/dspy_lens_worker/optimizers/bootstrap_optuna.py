"""BootstrapFewShotWithOptuna: one demo for each step, the best one found by a guided search."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import (
    examples_problem,
    repeated_scans,
    student_demos,
    teacher_demos,
    teacher_problem,
)
from dspy_lens_worker.optimizers.counting import bootstrap_runs, distinct, successes
from dspy_lens_worker.optimizers.running import fresh, model_of, only_program, ordered, teacher_settings


class BootstrapOptunaParameters(Parameters):
    """Of `dspy.teleprompt.BootstrapFewShotWithOptuna` and its `compile`."""

    teacher_settings: dict[str, Any] | None = Field(
        None, description="DSPy settings while demos are made; the model is that of the run's `teacher`."
    )
    max_bootstrapped_demos: int = Field(4, ge=0, description="What max_demos is where that is not given.")
    max_labeled_demos: int = Field(
        16, ge=0, description="Fill up to so many demos with labelled examples; also the teacher's demos."
    )
    max_rounds: int = Field(1, ge=1, description="Attempts at each example, the later ones at temperature 1.")
    num_candidate_programs: int = Field(16, ge=1, description="Demos to try, or combinations of demos.")
    num_threads: int | None = Field(None, ge=1, description="Examples at the same time; default: the run's.")
    max_demos: int | None = Field(
        None, ge=0, description="At most so many of the program's own answers to choose from."
    )


class BootstrapOptuna:
    """Makes demos, and searches for the one that helps most in each step."""

    name: ClassVar[str] = "bootstrap_optuna"
    aliases: ClassVar[tuple[str, ...]] = ("BootstrapFewShotWithOptuna", "BootstrapFewshotWithOptuna")
    summary: ClassVar[str] = (
        "Makes demos, and searches for the one that helps most: the shortest few-shot prompt."
    )
    needs: ClassVar[tuple[str, ...]] = ("optuna",)
    parameters: ClassVar[type[Parameters]] = BootstrapOptunaParameters
    wants_validation: ClassVar[bool] = True
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: BootstrapOptunaParameters, shape: Shape) -> str | None:
        if wanted(parameters) == 0 and parameters.max_labeled_demos == 0:
            return "There would be no demo to choose from. Set max_demos or max_labeled_demos to at least 1."
        return teacher_problem(parameters.teacher_settings) or examples_problem(shape)

    def calls(self, parameters: BootstrapOptunaParameters, shape: Shape, seed: int) -> CallPlan:
        n, v = shape.train or shape.validation, shape.validation or shape.train
        most, labeled = wanted(parameters), parameters.max_labeled_demos
        scan = bootstrap_runs(n, [most], shape.success, shape.measured, parameters.max_rounds)
        evaluated = parameters.num_candidate_programs * v
        demos, made = student_demos(n, most, labeled).expected, successes(n, most, shape.success)
        runs = scan + Figure.exactly(evaluated)
        share = evaluated / max(1.0, runs.expected)
        own = min(1.0, made / demos) if demos else 0.0
        again = (repeated_scans(n, labeled, scan) + _repeated(parameters, shape, v, demos)).times(
            shape.calls_per_run
        )
        return CallPlan(
            task=runs.times(shape.calls_per_run),
            repeated=again,
            sequential=scan.times(shape.calls_per_run),
            trials=parameters.num_candidate_programs,
            demos=Figure.exactly(share) + teacher_demos(n, labeled) * (1 - share),
            bootstrapped=own * share,
            result_demos=Figure(0 if labeled == 0 else 1, 1, 1),
            result_bootstrapped=own,
        )

    def compile(self, parameters: BootstrapOptunaParameters, materials: Materials) -> Any:
        from dspy_lens_worker.optimizers.bootstrap_optuna_guarded import guarded_optuna

        given = parameters.model_dump(exclude={"max_demos"})
        given["teacher_settings"] = teacher_settings(parameters.teacher_settings, materials)
        given["num_threads"] = parameters.num_threads or materials.threads
        optimizer = guarded_optuna(materials.keep, materials.seed)(metric=materials.metric, **given)
        with model_of(materials):
            compiled = optimizer.compile(
                fresh(materials.student),
                max_demos=wanted(parameters),
                trainset=ordered(materials.train or materials.validation, materials.seed),
                valset=list(materials.validation) or None,
            )
        return only_program(compiled)


def wanted(parameters: BootstrapOptunaParameters) -> int:
    """How many of the program's own answers are looked for; DSPy has no default for it."""
    return parameters.max_bootstrapped_demos if parameters.max_demos is None else parameters.max_demos


def _repeated(parameters: BootstrapOptunaParameters, shape: Shape, v: int, demos: float) -> Figure:
    """The search tries what it knows to be good again; the steps that come first repeat the most."""
    tried = parameters.num_candidate_programs
    steps = max(1, shape.predictors)
    fresh_ones = sum(distinct(max(1.0, demos) ** it, tried) for it in range(1, steps + 1)) / steps
    return Figure(0, min(tried - 1, tried - 0.9 * fresh_ones) * v, (tried - 1) * v)
