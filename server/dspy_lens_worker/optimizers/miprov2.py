"""MIPROv2: a model proposes instructions, and a search finds the best instructions and demos together."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import teacher_problem
from dspy_lens_worker.optimizers.miprov2_counts import call_plan
from dspy_lens_worker.optimizers.miprov2_layout import dealt, layout
from dspy_lens_worker.optimizers.running import fresh, model_of, number_of, only_program, teacher_settings

_COMPILE = {
    "num_trials",
    "minibatch",
    "minibatch_size",
    "minibatch_full_eval_steps",
    "program_aware_proposer",
    "data_aware_proposer",
    "view_data_batch_size",
    "tip_aware_proposer",
    "fewshot_aware_proposer",
    "requires_permission_to_run",
    "provide_traceback",
}


class MIPROv2Parameters(Parameters):
    """Of `dspy.MIPROv2` and its `compile`; its models are those of the run."""

    auto: Literal["light", "medium", "heavy"] | None = Field(
        "light", description="How much to try; null to set num_candidates and num_trials yourself."
    )
    num_candidates: int | None = Field(
        None, ge=1, description="Instructions and sets of demos to propose; only without `auto`."
    )
    num_trials: int | None = Field(None, ge=1, description="Combinations to try; only without `auto`.")
    max_bootstrapped_demos: int = Field(
        4, ge=0, description="At most so many of the program's own answers; 0 with 0 labelled is zero-shot."
    )
    max_labeled_demos: int = Field(4, ge=0, description="Fill up to so many demos with labelled examples.")
    minibatch: bool = Field(
        True, description="Whether trials use a sample of the validation part; `auto` decides for itself."
    )
    minibatch_size: int = Field(35, ge=1, description="Examples in a minibatch.")
    minibatch_full_eval_steps: int = Field(
        5, ge=1, description="Minibatch trials between two evaluations on the whole validation part."
    )
    teacher_settings: dict[str, Any] | None = Field(
        None, description="DSPy settings while demos are made; the model is that of the run's `teacher`."
    )
    num_threads: int | None = Field(None, ge=1, description="Examples at the same time; default: the run's.")
    max_errors: int | None = Field(None, ge=1, description="Errors after which it gives up; default: 10.")
    seed: int = Field(9, ge=0, description="Seed of samples, tips and search; the run's own seed is added.")
    init_temperature: float = Field(1.0, ge=0, description="Temperature at which instructions are proposed.")
    verbose: bool = Field(False, description="Whether the log holds every proposal.")
    track_stats: bool = Field(True, description="Whether DSPy keeps its own record of the trials.")
    log_dir: str | None = Field(None, description="A folder in which DSPy writes every candidate.")
    metric_threshold: float | None = Field(
        None, description="Least score at which an answer becomes a demo; without it any score above 0 does."
    )
    program_aware_proposer: bool = Field(True, description="Whether the prompt model sees the code.")
    data_aware_proposer: bool = Field(True, description="Whether it sees a summary of the examples.")
    view_data_batch_size: int = Field(10, ge=1, description="Examples in each call for the summary.")
    tip_aware_proposer: bool = Field(True, description="Whether it gets a tip on style, drawn at random.")
    fewshot_aware_proposer: bool = Field(True, description="Whether it sees bootstrapped demos.")
    requires_permission_to_run: Literal[False] | None = Field(
        None, description="Without effect; DSPy no longer asks."
    )
    provide_traceback: bool | None = Field(None, description="Whether errors are logged at length.")


class MIPROv2:
    """Proposes instructions and demos, and searches for the best combination."""

    name: ClassVar[str] = "miprov2"
    aliases: ClassVar[tuple[str, ...]] = ("MIPROv2", "MIPRO", "BayesianSignatureOptimizer")
    summary: ClassVar[str] = "Proposes instructions and demos, and searches for the best combination of both."
    needs: ClassVar[tuple[str, ...]] = ("optuna",)
    parameters: ClassVar[type[Parameters]] = MIPROv2Parameters
    wants_validation: ClassVar[bool] = True
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: MIPROv2Parameters, shape: Shape) -> str | None:
        return (
            _auto_problem(parameters)
            or teacher_problem(parameters.teacher_settings)
            or _size_problem(parameters, shape)
        )

    def calls(self, parameters: MIPROv2Parameters, shape: Shape, seed: int) -> CallPlan:
        return call_plan(parameters, shape, parameters.seed + seed)

    def compile(self, parameters: MIPROv2Parameters, materials: Materials) -> Any:
        from dspy_lens_worker.optimizers.miprov2_guarded import guarded_miprov2

        given = parameters.model_dump()
        at_compile = {key: given.pop(key) for key in _COMPILE}
        given["seed"] = parameters.seed + materials.seed
        given["teacher_settings"] = teacher_settings(parameters.teacher_settings, materials)
        given["num_threads"] = parameters.num_threads or materials.threads
        train, validation = dealt(list(materials.train), list(materials.validation))
        with model_of(materials):
            optimizer = guarded_miprov2()(
                metric=number_of(materials.metric),
                task_model=materials.model,
                prompt_model=materials.prompt_model or materials.model,
                **given,
            )
            compiled = optimizer.compile(
                fresh(materials.student), trainset=train, valset=validation, **at_compile
            )
        return only_program(compiled)


def _auto_problem(parameters: MIPROv2Parameters) -> str | None:
    given = [it for it in ("num_candidates", "num_trials") if getattr(parameters, it) is not None]
    if parameters.auto is not None and given:
        return f"`auto` decides {' and '.join(given)} itself. Set auto=none, or leave them out."
    if parameters.auto is None and len(given) < 2:
        return "Without `auto`, MIPROv2 needs num_candidates and num_trials. Set both."
    return None


def _size_problem(parameters: MIPROv2Parameters, shape: Shape) -> str | None:
    if shape.train + shape.validation == 0:
        return "There is no example to learn from. Add labelled examples."
    plan = layout(parameters, shape, 0)
    if parameters.max_bootstrapped_demos == 0 < parameters.max_labeled_demos and plan.shuffled_sets:
        return (
            "MIPROv2 cannot use labelled demos alone. Set max_bootstrapped_demos to at least 1, "
            "or max_labeled_demos to 0 as well."
        )
    if plan.minibatch and parameters.minibatch_size > plan.validation:
        return (
            f"A minibatch of {parameters.minibatch_size} is larger than the validation part of "
            f"{plan.validation}. Set minibatch=false or a smaller minibatch_size."
        )
    return None
