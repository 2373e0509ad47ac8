"""GEPA: a model reads what went wrong and rewrites the instructions; good variants live on."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import examples_problem
from dspy_lens_worker.optimizers.feedback import with_feedback
from dspy_lens_worker.optimizers.gepa_counts import call_plan
from dspy_lens_worker.optimizers.running import fresh, model_of, only_program, own_trials

# What `gepa.optimize` takes as plain values and DSPy leaves alone.
PASSED_ON = ("acceptance_criterion", "cache_evaluation", "frontier_type", "merge_val_overlap_floor")
PROPOSER = ("additional_instructions", "base_instructions", "max_chars", "truncate_history_outputs")
BUDGETS = ("auto", "max_full_evals", "max_metric_calls")


class GEPAParameters(Parameters):
    """Of `dspy.GEPA`; its reflection model is the run's prompt model."""

    auto: Literal["light", "medium", "heavy"] | None = Field(
        None, description="How much to try. Without this, max_full_evals and max_metric_calls: light."
    )
    max_full_evals: int | None = Field(
        None, ge=1, description="Stop after so many times all of the training and validation examples."
    )
    max_metric_calls: int | None = Field(
        None, ge=1, description="Stop once the program ran so often; a step that has begun is finished."
    )
    reflection_minibatch_size: int = Field(3, ge=1, description="Training examples in each reflection.")
    candidate_selection_strategy: Literal["pareto", "current_best"] = Field(
        "pareto", description="Which variant is improved next: one that is best at something, or the best."
    )
    skip_perfect_score: bool = Field(
        True, description="Whether to pass over training examples that are all right already."
    )
    add_format_failure_as_feedback: bool = Field(
        False, description="Whether answers that could not be parsed are reflected on too."
    )
    instruction_proposer: dict[str, Any] | None = Field(
        None, description=f"Options of DSPy's own proposer: {', '.join(PROPOSER)}."
    )
    code_proposer: None = Field(None, description="Not from here: it would be code of yours.")
    component_selector: Literal["round_robin", "all"] = Field(
        "round_robin", description="Whether one step of the program is rewritten at a time, or all."
    )
    use_merge: bool = Field(True, description="Whether good variants of different steps are joined.")
    max_merge_invocations: int | None = Field(5, ge=0, description="At most so many joined variants.")
    num_threads: int | None = Field(None, ge=1, description="Examples at the same time; default: the run's.")
    failure_score: float = Field(
        0.0, ge=0, le=1, description="Score of an example on which the program failed."
    )
    perfect_score: float = Field(
        1.0, gt=0, le=1, description="Score from which an answer needs no improving."
    )
    log_dir: None = Field(None, description="Not from here: GEPA unpickles what it finds there.")
    track_stats: bool = Field(False, description="Whether DSPy keeps its own record of all variants.")
    use_wandb: Literal[False] = Field(False, description="Not from here: the run tells of its trials itself.")
    wandb_api_key: None = Field(None, description="Not from here: keys are never written down.")
    wandb_init_kwargs: None = Field(None, description="Not from here, like use_wandb.")
    track_best_outputs: bool = Field(False, description="Whether that record holds the best answers as well.")
    warn_on_score_mismatch: bool = Field(
        True, description="Whether the log warns where a metric scores a step otherwise than the whole."
    )
    use_mlflow: Literal[False] = Field(False, description="Not from here, like use_wandb.")
    seed: int | None = Field(0, ge=0, description="Seed of samples and choices; the run's own seed is added.")
    gepa_kwargs: dict[str, Any] | None = Field(
        None, description=f"Options of `gepa.optimize` that DSPy does not name: {', '.join(PASSED_ON)}."
    )


class GEPA:
    """Reflects on failures in words, and rewrites instructions; keeps every variant that is best at something."""

    name: ClassVar[str] = "gepa"
    aliases: ClassVar[tuple[str, ...]] = ("GEPA",)
    summary: ClassVar[str] = (
        "Reads what went wrong, rewrites the instructions, and lets the best variants live on."
    )
    needs: ClassVar[tuple[str, ...]] = ("gepa",)
    parameters: ClassVar[type[Parameters]] = GEPAParameters
    wants_validation: ClassVar[bool] = True
    favours: ClassVar[Literal["validation", "train"]] = "train"

    def problem(self, parameters: GEPAParameters, shape: Shape) -> str | None:
        given = [it for it in BUDGETS if getattr(parameters, it) is not None]
        if len(given) > 1:
            return f"GEPA takes one budget, not {' and '.join(given)}. Leave all but one out."
        if parameters.track_best_outputs and not parameters.track_stats:
            return "GEPA records the best answers only beside its record. Set track_stats=true as well."
        return (
            _unknown(parameters.gepa_kwargs, PASSED_ON, "gepa_kwargs")
            or _unknown(parameters.instruction_proposer, PROPOSER, "instruction_proposer")
            or examples_problem(shape)
        )

    def calls(self, parameters: GEPAParameters, shape: Shape, seed: int) -> CallPlan:
        return call_plan(parameters, shape)

    def compile(self, parameters: GEPAParameters, materials: Materials) -> Any:
        import dspy

        from dspy_lens_worker.optimizers.gepa_trials import trials

        student = fresh(materials.student)
        given = parameters.model_dump(exclude={"instruction_proposer", "gepa_kwargs", "log_dir"})
        if all(given[it] is None for it in BUDGETS):
            given["auto"] = "light"
        given["seed"] = (parameters.seed or 0) + materials.seed
        given["num_threads"] = parameters.num_threads or materials.threads
        with model_of(materials), own_trials():
            optimizer = dspy.GEPA(
                metric=with_feedback(materials.metric),
                reflection_lm=materials.prompt_model or materials.model,
                instruction_proposer=_proposer(parameters.instruction_proposer),
                gepa_kwargs={**(parameters.gepa_kwargs or {}), "callbacks": [trials(student, materials)]},
                **given,
            )
            compiled = optimizer.compile(
                student,
                trainset=list(materials.train or materials.validation),
                valset=list(materials.validation) or None,
            )
        return only_program(compiled)


def _proposer(options: dict[str, Any] | None) -> Any:
    if options is None:
        return None
    from dspy.teleprompt.gepa import InstructionProposer

    return InstructionProposer(**options)


def _unknown(given: dict[str, Any] | None, known: tuple[str, ...], where: str) -> str | None:
    wrong = [it for it in given or {} if it not in known]
    return f"GEPA takes no {wrong[0]} in {where} here. Use only {', '.join(known)}." if wrong else None
