"""BootstrapFinetune: the model itself is trained on the program's right answers."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.finetune_counts import LEAST_ROWS, most_rows, usual_epochs
from dspy_lens_worker.optimizers.running import both_parts, fresh, model_of, number_of, ordered, own_trials

LOCAL_NEEDS = ("torch", "transformers", "trl", "datasets", "accelerate", "sglang")


class FinetuneParameters(Parameters):
    """Of `dspy.BootstrapFinetune`; and through whom the model is trained."""

    multitask: bool = Field(
        True, description="Whether one model learns all steps of the program; else one for each step."
    )
    train_kwargs: dict[str, Any] | None = Field(
        None,
        description="What the training is told: with OpenAI n_epochs, batch_size, learning_rate_multiplier, suffix, "
        "seed, method; locally use_peft (LoRA), num_train_epochs, learning_rate, and so on.",
    )
    adapter: None = Field(None, description="Not from here: training data looks as the run's prompts do.")
    exclude_demos: bool = Field(
        False, description="Whether demos are left out of the training data and of the tuned program."
    )
    num_threads: int | None = Field(None, ge=1, description="Examples at the same time; default: the run's.")
    provider: Literal["openai", "local"] = Field(
        "openai", description="Who trains: an endpoint that speaks OpenAI's protocol, or this machine."
    )
    training_price: float | None = Field(
        None, ge=0, description="Dollars for a million trained tokens; no price list that comes along has it."
    )

    def needs(self) -> tuple[str, ...]:
        if self.provider == "openai":
            return ("openai",)
        return (*LOCAL_NEEDS, *(("peft",) if (self.train_kwargs or {}).get("use_peft") else ()))

    def trainings(self) -> tuple[Parameters, ...]:
        return (self,)


class Finetune:
    """Answers examples, and trains the model on the answers that are right."""

    name: ClassVar[str] = "finetune"
    aliases: ClassVar[tuple[str, ...]] = ("BootstrapFinetune",)
    summary: ClassVar[str] = "Trains the model itself on the answers that it, or a teacher, got right."
    needs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]] = FinetuneParameters
    wants_validation: ClassVar[bool] = False
    favours: ClassVar[Literal["validation", "train"]] = "train"

    def problem(self, parameters: FinetuneParameters, shape: Shape) -> str | None:
        if shape.practice:
            return "The practice model cannot be trained. Name one that can, or use bootstrap_rs."
        if shape.model and parameters.provider == "openai" and not shape.model.startswith(("openai/", "ft:")):
            return f"{shape.model} cannot be trained by OpenAI's protocol. Name an openai/… model, or use bootstrap_rs."
        n = shape.train + shape.validation
        if n < LEAST_ROWS and shape.predictors * n < LEAST_ROWS:
            return f"Training takes {LEAST_ROWS} right answers, and there are {n} examples. Add some."
        return too_seldom_right(parameters, shape)

    def calls(self, parameters: FinetuneParameters, shape: Shape, seed: int) -> CallPlan:
        n = shape.train + shape.validation
        told = (parameters.train_kwargs or {}).get("n_epochs")
        task = shape.calls_per_run * n
        rows = Figure(task.high and LEAST_ROWS, task.expected * shape.success, task.high)
        price = parameters.training_price
        return CallPlan(
            task=task,
            trials=1,
            trained=rows * (told if isinstance(told, int) else usual_epochs(round(rows.expected))),
            training_price=None if price is None else price / 1_000_000,
            again=0.0,  # what is asked of another model is never known
        )

    def compile(self, parameters: FinetuneParameters, materials: Materials) -> Any:
        from dspy_lens_worker.optimizers.finetune_guarded import guarded_finetune
        from dspy_lens_worker.optimizers.finetune_local import usual

        student = with_model(fresh(materials.student), materials.model)
        trainset = ordered(both_parts(materials), materials.seed)
        teacher = None
        if materials.teacher_model is not None:
            teacher = with_model(fresh(materials.student), materials.teacher_model)
        given = parameters.model_dump(exclude={"provider", "training_price", "adapter", "num_threads"})
        if parameters.provider == "local":
            given["train_kwargs"] = usual(parameters.train_kwargs)
        # DSPy gives up after the answers are paid for where there are more models to train than threads.
        threads = max(parameters.num_threads or materials.threads, len(student.predictors()))
        materials.keep(materials.student)

        def report(data: list[Any]) -> None:
            if teacher is None and data:
                share = sum(float(it["score"]) for it in data) / len(trainset)
                materials.tried(materials.student, share, len(trainset), True, 0)

        made = guarded_finetune(materials, parameters.provider, parameters.training_price, report)
        with model_of(materials), own_trials():
            return made(metric=number_of(materials.metric), num_threads=threads, **given).compile(
                student, trainset=trainset, teacher=teacher
            )


def too_seldom_right(parameters: FinetuneParameters, shape: Shape) -> str | None:
    """Why the right answers will hardly be enough, as far as it was measured how often the program is right."""
    n, rows = shape.train + shape.validation, max(shape.calls_per_run.high, shape.predictors)
    each = rows if parameters.multitask else rows / max(1, shape.predictors)
    if shape.solved is None or not shape.measured:
        return None
    if most_rows(shape.solved, shape.measured, n, each) >= LEAST_ROWS:
        return None
    return (
        f"The program answers {shape.solved:.0%} of {shape.measured} examples right, so that {n} make about "
        f"{shape.solved * n * each:.0f} right answers, and training takes {LEAST_ROWS}. Add examples, or name a "
        "stronger teacher."
    )


def with_model(program: Any, model: Any) -> Any:
    """The program with this model wherever its author set none: only a model that is named can be trained."""
    for _, predictor in program.named_predictors():
        if predictor.lm is None:
            predictor.lm = model
    return program
