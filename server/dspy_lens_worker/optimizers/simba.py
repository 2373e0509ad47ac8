"""SIMBA: finds examples whose answers vary, and learns demos and rules from the better answers."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import examples_problem, teacher_problem
from dspy_lens_worker.optimizers.running import both_parts, fresh, model_of, only_program, own_trials
from dspy_lens_worker.optimizers.simba_counts import batch_size, call_plan


class SIMBAParameters(Parameters):
    """Of `dspy.SIMBA` and its `compile`; its models are those of the run."""

    bsize: int = Field(32, ge=1, description="Examples in a step; all of them where there are fewer.")
    num_candidates: int = Field(
        6, ge=1, description="Answers to each example of a step; one more is the number of new programs."
    )
    max_steps: int = Field(8, ge=1, description="Steps, each with new examples and new programs.")
    max_demos: int = Field(4, ge=0, description="At most so many demos in a prompt; 0: rules only.")
    teacher_settings: dict[str, Any] | None = Field(
        None, description="Without effect; the first of the answers is that of the run's `teacher`, if any."
    )
    demo_input_field_maxlen: int = Field(100_000, ge=1, description="Longer inputs of demos are cut.")
    num_threads: int | None = Field(None, ge=1, description="Examples at the same time; default: the run's.")
    temperature_for_sampling: float = Field(
        0.2, gt=0, description="How often worse programs are asked: at 0.2 seldom, at 1 nearly as often."
    )
    temperature_for_candidates: float = Field(
        0.2, gt=0, description="How often worse programs are developed further, likewise."
    )
    seed: int = Field(0, ge=0, description="Seed of samples and choices; the run's own seed is added.")


class SIMBA:
    """Compares better with worse answers, and adds a demo or a rule that tells them apart."""

    name: ClassVar[str] = "simba"
    aliases: ClassVar[tuple[str, ...]] = ("SIMBA",)
    summary: ClassVar[str] = "Compares better with worse answers, and adds demos and rules learnt from them."
    needs: ClassVar[tuple[str, ...]] = ("numpy",)
    parameters: ClassVar[type[Parameters]] = SIMBAParameters
    wants_validation: ClassVar[bool] = False
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: SIMBAParameters, shape: Shape) -> str | None:
        return teacher_problem(parameters.teacher_settings) or examples_problem(shape)

    def calls(self, parameters: SIMBAParameters, shape: Shape, seed: int) -> CallPlan:
        return call_plan(parameters, shape)

    def compile(self, parameters: SIMBAParameters, materials: Materials) -> Any:
        import dspy

        from dspy_lens_worker.optimizers.simba_trials import Trials, watched

        student, trainset = fresh(materials.student), both_parts(materials)
        need_one_model(student)
        batch = batch_size(parameters, len(trainset))
        trials = Trials(materials, batch, len(trainset))
        given = parameters.model_dump(exclude={"seed", "teacher_settings", "bsize"})
        given["num_threads"] = parameters.num_threads or materials.threads
        optimizer = watched(trials)(
            metric=trials.metric,
            bsize=batch,
            prompt_model=materials.prompt_model or materials.model,
            # DSPy writes into the teacher that it is given, and without one into the task model.
            teacher_settings={"lm": materials.teacher_model.copy()} if materials.teacher_model else None,
            **given,
        )
        callbacks = [*(dspy.settings.get("callbacks") or []), trials.callback()]
        with model_of(materials), own_trials(), dspy.context(callbacks=callbacks):
            compiled = optimizer.compile(student, trainset=trainset, seed=parameters.seed + materials.seed)
        return only_program(compiled)


def need_one_model(student: Any) -> None:
    """DSPy samples with one model, and cannot tell which where the program's steps have several."""
    if len({id(it.lm) for it in student.predictors()}) > 1:
        raise ValueError("SIMBA needs one model for all steps. Choose another optimizer, or set one model.")
