"""BootstrapFewShotWithRandomSearch: many sets of demos, the best on validation is kept."""

import random
from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import (
    BootstrapParameters,
    examples_problem,
    student_demos,
    teacher_demos,
    teacher_problem,
)
from dspy_lens_worker.optimizers.bootstrap_played import random_search
from dspy_lens_worker.optimizers.counting import bootstrap_runs
from dspy_lens_worker.optimizers.playing import with_play
from dspy_lens_worker.optimizers.running import (
    fresh,
    model_of,
    number_of,
    only_program,
    ordered,
    teacher_settings,
)

ZERO_SHOT, LABELS_ONLY, UNSHUFFLED = -3, -2, -1  # DSPy's seeds of the first three candidates


class BootstrapRSParameters(BootstrapParameters):
    """Of `dspy.BootstrapFewShotWithRandomSearch` and its `compile`."""

    num_candidate_programs: int = Field(
        16, ge=0, description="Sets of demos to try, besides no demos, labels only and the unshuffled set."
    )
    num_threads: int | None = Field(None, ge=1, description="Examples at the same time; default: the run's.")
    stop_at_score: float | None = Field(
        None, ge=0, le=100, description="Stop at the first candidate that reaches this score, in percent."
    )
    restrict: list[int] | None = Field(
        None, description="Try these candidates only: -3 no demos, -2 labels only, -1 unshuffled, 0, 1, …"
    )
    labeled_sample: bool = Field(True, description="Whether the labels-only demos are drawn at random.")


class BootstrapRS:
    """Tries many sets of demos, and keeps the one that does best on validation."""

    name: ClassVar[str] = "bootstrap_rs"
    aliases: ClassVar[tuple[str, ...]] = (
        "BootstrapFewShotWithRandomSearch",
        "BootstrapRS",
        "RandomSearch",
        "BootstrapFewshotWithRandomSearch",
    )
    summary: ClassVar[str] = "Tries many sets of demos, and keeps the one that does best on validation."
    needs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]] = BootstrapRSParameters
    wants_validation: ClassVar[bool] = True
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: BootstrapRSParameters, shape: Shape) -> str | None:
        seeds = candidate_seeds(parameters)
        if not seeds:
            return "`restrict` matches no candidate. Use numbers from -3 to num_candidate_programs - 1."
        if parameters.max_bootstrapped_demos == 0 and max(seeds) >= 0:
            return (
                "A random search needs bootstrapped demos. Set max_bootstrapped_demos to at least 1, "
                "or use `labeled`."
            )
        return teacher_problem(parameters.teacher_settings) or examples_problem(shape)

    def calls(self, parameters: BootstrapRSParameters, shape: Shape, seed: int) -> CallPlan:
        seeds = candidate_seeds(parameters)
        n, v = _sizes(shape)
        scans = bootstrap_runs(
            n, scan_budgets(parameters, seeds), shape.success, shape.measured, parameters.max_rounds,
            labeled=parameters.max_labeled_demos,
        )  # fmt: skip
        runs = scans + Figure.exactly(len(seeds) * v)
        if parameters.stop_at_score is not None:
            runs = Figure(v, runs.expected, runs.high)
        most, labeled = parameters.max_bootstrapped_demos, parameters.max_labeled_demos
        result = student_demos(n, most, labeled)
        plan = CallPlan(
            task=runs.times(shape.calls_per_run),
            sequential=scans.times(shape.calls_per_run),
            demos=Figure(0, result.expected, max(result.high, teacher_demos(n, labeled).high)),
            trials=len(seeds),
            result_demos=Figure(0 if ZERO_SHOT in seeds else result.low, result.expected, result.high),
            unchanged=ZERO_SHOT in seeds,
        )
        play = random_search(
            shape, n, v, tuple(scan_budgets(parameters, seeds)), labeled, parameters.max_rounds,
            zero_shot=ZERO_SHOT in seeds, labels_only=LABELS_ONLY in seeds,
        )  # fmt: skip
        programs = Figure(play.least_programs, play.programs, len(seeds))
        return with_play(plan, play, shape, programs=programs)

    def compile(self, parameters: BootstrapRSParameters, materials: Materials) -> Any:
        import dspy

        settings = teacher_settings(parameters.teacher_settings, materials)
        given = parameters.model_dump(exclude={"restrict", "labeled_sample"})
        threads = parameters.num_threads or materials.threads
        optimizer = dspy.BootstrapFewShotWithRandomSearch(
            metric=number_of(materials.metric),
            **{**given, "teacher_settings": settings, "num_threads": threads},
        )
        with model_of(materials):
            compiled = optimizer.compile(
                fresh(materials.student),
                trainset=ordered(materials.train or materials.validation, materials.seed),
                valset=list(materials.validation) or None,
                restrict=parameters.restrict,
                labeled_sample=parameters.labeled_sample,
            )
        return only_program(compiled)


def candidate_seeds(parameters: BootstrapRSParameters) -> list[int]:
    """The candidates that are tried, by DSPy's numbers."""
    seeds = range(ZERO_SHOT, parameters.num_candidate_programs)
    return [it for it in seeds if parameters.restrict is None or it in parameters.restrict]


def scan_budgets(parameters: BootstrapRSParameters, seeds: list[int]) -> list[int]:
    """How many demos each scan looks for; DSPy draws them from the candidate's number."""
    most = parameters.max_bootstrapped_demos
    drawn = [random.Random(it).randint(1, max(1, most)) for it in seeds if it >= 0]
    return [most] * (UNSHUFFLED in seeds) + drawn


def _sizes(shape: Shape) -> tuple[int, int]:
    """Train and validation; each stands in for the other where it is empty."""
    return shape.train or shape.validation, shape.validation or shape.train
