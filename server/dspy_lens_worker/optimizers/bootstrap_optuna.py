"""BootstrapFewShotWithOptuna: one demo for each step, the best one found by a guided search."""

from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import (
    examples_problem,
    teacher_demos,
    teacher_problem,
)
from dspy_lens_worker.optimizers.bootstrap_played import one_demo_each
from dspy_lens_worker.optimizers.counting import bootstrap_runs, demos_found, different_ends
from dspy_lens_worker.optimizers.playing import around, steps_of, with_play
from dspy_lens_worker.optimizers.running import (
    fresh,
    model_of,
    number_of,
    only_program,
    ordered,
    teacher_settings,
)


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
        runs = scan + Figure.exactly(evaluated)
        plan = CallPlan(
            task=runs.times(shape.calls_per_run),
            sequential=scan.times(shape.calls_per_run),
            trials=parameters.num_candidate_programs,
            demos=Figure(0, 1, max(1, teacher_demos(n, labeled).high)),
            result_demos=Figure(0 if labeled == 0 else 1, 1, 1),
        )
        play = one_demo_each(
            shape, n, v, most, labeled, parameters.max_rounds, parameters.num_candidate_programs
        )
        plan = with_play(plan, play, shape)
        fewest, all_of = programs_asked(parameters, shape, n)
        low = plan.task.high - scan.high * shape.calls_per_run.high - all_of * v
        high = plan.task.low - scan.low * shape.calls_per_run.low - fewest * v
        return replace(plan, repeated=around(plan.repeated.expected, Figure(low, low, high)))

    def compile(self, parameters: BootstrapOptunaParameters, materials: Materials) -> Any:
        from dspy_lens_worker.optimizers.bootstrap_optuna_guarded import guarded_optuna

        given = parameters.model_dump(exclude={"max_demos"})
        given["teacher_settings"] = teacher_settings(parameters.teacher_settings, materials)
        given["num_threads"] = parameters.num_threads or materials.threads
        optimizer = guarded_optuna(materials.keep, materials.seed)(
            metric=number_of(materials.metric), **given
        )
        with model_of(materials):
            compiled = optimizer.compile(
                fresh(materials.student),
                max_demos=wanted(parameters),
                trainset=ordered(materials.train or materials.validation, materials.seed),
                valset=list(materials.validation) or None,
            )
        return only_program(compiled)


def programs_asked(parameters: BootstrapOptunaParameters, shape: Shape, n: int) -> tuple[float, float]:
    """Calls for one validation example in all trials that no trial before made, between ends.

    A step asks the same again where its demo and those of all steps before it were drawn together before.
    """
    tried, labeled = parameters.num_candidate_programs, parameters.max_labeled_demos
    found = demos_found(n, wanted(parameters), shape.success, shape.measured, parameters.max_rounds)
    without, labelled_steps = steps_of(shape)
    pools = [(made, max(made, min(labeled, n)), chance) for made, chance in found.items()]
    least, _ = different_ends(tried, [(pool, chance) for _, pool, chance in pools])
    # A step without labels is shown nothing for a labelled demo: of any of these there may be one prompt alone.
    least_plain, _ = different_ends(tried, [(made if made == pool else 1, it) for made, pool, it in pools])
    options = max(1, *(pool for _, pool, _ in pools))
    most = [min(tried, options**it) for it in range(1, without + labelled_steps + 1)]
    each = shape.calls_per_run.expected / (without + labelled_steps)
    return each * (without * least_plain + labelled_steps * max(least_plain, least)), each * sum(most)


def wanted(parameters: BootstrapOptunaParameters) -> int:
    """How many of the program's own answers are looked for; DSPy has no default for it."""
    return parameters.max_bootstrapped_demos if parameters.max_demos is None else parameters.max_demos
