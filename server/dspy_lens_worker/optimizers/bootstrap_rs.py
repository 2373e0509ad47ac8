"""BootstrapFewShotWithRandomSearch: many sets of demos, the best on validation is kept."""

import random
from collections import Counter
from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import (
    BootstrapParameters,
    examples_problem,
    repeated_scans,
    student_demos,
    teacher_demos,
    teacher_problem,
)
from dspy_lens_worker.optimizers.counting import arrangements, bootstrap_runs, distinct, successes
from dspy_lens_worker.optimizers.running import fresh, model_of, only_program, ordered, teacher_settings

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
            n, scan_budgets(parameters, seeds), shape.success, shape.measured, parameters.max_rounds
        )
        runs = scans + Figure.exactly(len(seeds) * v)
        if parameters.stop_at_score is not None:
            runs = Figure(v, runs.expected, runs.high)
        repeated = repeated_scans(n, parameters.max_labeled_demos, scans)
        repeated += _repeated_candidates(parameters, seeds, shape)
        demos, made = _mean_demos(parameters, seeds, shape, scans)
        result = student_demos(n, parameters.max_bootstrapped_demos, parameters.max_labeled_demos)
        return CallPlan(
            task=runs.times(shape.calls_per_run),
            repeated=repeated.times(shape.calls_per_run),
            sequential=scans.times(shape.calls_per_run),
            demos=demos,
            bootstrapped=made,
            trials=len(seeds),
            result_demos=Figure(0 if ZERO_SHOT in seeds else result.low, result.expected, result.high),
            result_bootstrapped=successes(n, parameters.max_bootstrapped_demos, shape.success),
            unchanged=ZERO_SHOT in seeds,
        )

    def compile(self, parameters: BootstrapRSParameters, materials: Materials) -> Any:
        import dspy

        settings = teacher_settings(parameters.teacher_settings, materials)
        given = parameters.model_dump(exclude={"restrict", "labeled_sample"})
        threads = parameters.num_threads or materials.threads
        optimizer = dspy.BootstrapFewShotWithRandomSearch(
            metric=materials.metric, **{**given, "teacher_settings": settings, "num_threads": threads}
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


def _repeated_candidates(parameters: BootstrapRSParameters, seeds: list[int], shape: Shape) -> Figure:
    """With very few examples, several candidates come out the same.

    In a program, a step that no example labels takes no labelled demos: "labels only" repeats "no demos".
    """
    n, v = _sizes(shape)
    filled = Counter(
        int(student_demos(n, it, parameters.max_labeled_demos).expected)
        for it in scan_budgets(parameters, seeds)
    )
    different = sum(distinct(arrangements(n - 1, demos), times) for demos, times in filled.items())
    same = (filled.total() - different) * v
    steps = (shape.predictors - 1) / shape.predictors
    unlabelled = steps * v * (LABELS_ONLY in seeds and ZERO_SHOT in seeds)
    most = max(0, len(seeds) - 1) * v
    if parameters.max_labeled_demos < parameters.max_bootstrapped_demos:
        # Few right answers and nothing to fill up with: hardly two candidates need differ.
        return Figure(0, same, most)
    return Figure(0, same + 2 * unlabelled, min(most, 2 * same + 8 * unlabelled + (3 * v if same > 1 else 0)))


def _sizes(shape: Shape) -> tuple[int, int]:
    """Train and validation; each stands in for the other where it is empty."""
    return shape.train or shape.validation, shape.validation or shape.train


def _mean_demos(
    parameters: BootstrapRSParameters, seeds: list[int], shape: Shape, scans: Figure
) -> tuple[Figure, float]:
    """Demos in an average prompt, and how many of them are bootstrapped ones."""
    n, v = _sizes(shape)
    compiled = student_demos(n, parameters.max_bootstrapped_demos, parameters.max_labeled_demos)
    teacher = teacher_demos(n, parameters.max_labeled_demos)
    labels = (LABELS_ONLY in seeds) * min(n, parameters.max_labeled_demos)
    budgets = scan_budgets(parameters, seeds)
    runs = len(seeds) * v + scans.expected
    made = sum(successes(n, it, shape.success) for it in budgets) * v
    total = Figure.exactly(labels * v) + compiled * (len(budgets) * v) + teacher * scans.expected
    return total * (1 / runs), made / runs
