"""BetterTogether: prompt and weight optimizers in turns, and the best program of all on the way."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from dspy_lens_worker.optimizers.base import CallPlan, Materials, Optimizer, Parameters, Shape
from dspy_lens_worker.optimizers.better_together_counts import taking_turns, turn
from dspy_lens_worker.optimizers.running import fresh, halved, model_of, number_of, only_program
from dspy_lens_worker.optimizers.sequence import LAST
from dspy_lens_worker.optimizers.sequence_counts import Step

ARROW = "->"


class BetterTogetherParameters(Parameters):
    """Of `dspy.BetterTogether` and its `compile`; its optimizers are `p` and `w`, as DSPy calls its own."""

    p: str = Field("bootstrap_rs", description="The optimizer that the strategy calls p.")
    w: str = Field("finetune", description="The optimizer that the strategy calls w.")
    p_parameters: dict[str, Any] = Field({}, description="Parameters of p.")
    w_parameters: dict[str, Any] = Field({}, description="Parameters of w.")
    strategy: str = Field("p -> w -> p", description="Which of them runs when, such as `p -> w`.")
    valset_ratio: float = Field(
        0.1, ge=0, lt=1, description="The share to choose by where there is no validation part."
    )
    shuffle_trainset_between_steps: bool = Field(
        True, description="Whether training examples come in another order at each step."
    )
    num_threads: int | None = Field(None, ge=1, description="Examples at the same time; default: the run's.")
    max_errors: int | None = Field(None, ge=1, description="Errors after which it gives up; default: 10.")
    provide_traceback: bool | None = Field(None, description="Whether errors are logged at length.")
    seed: int | None = Field(None, ge=0, description="Seed of the shuffling; the run's own seed is added.")
    optimizer_compile_args: None = Field(None, description="Not from here: p_parameters and w_parameters.")

    @model_validator(mode="after")
    def _known(self) -> "BetterTogetherParameters":
        for key in ("p", "w"):
            self.part(key)
        return self

    @property
    def steps(self) -> list[str]:
        return [it.strip() for it in self.strategy.split(ARROW)]

    def part(self, key: str) -> tuple[Optimizer, Parameters]:
        """The optimizer behind p or w; raises ValueError where it or a parameter is unknown."""
        from dspy_lens_worker.optimizers.registry import UnknownOptimizer, find, parse_parameters

        try:
            optimizer = find(getattr(self, key))
        except UnknownOptimizer as error:
            raise ValueError(str(error)) from error
        return optimizer, parse_parameters(optimizer, getattr(self, f"{key}_parameters"))

    def used(self) -> dict[str, tuple[Optimizer, Parameters]]:
        return {key: self.part(key) for key in ("p", "w") if key in self.steps}

    def inner(self) -> Iterator[Parameters]:
        yield from (parameters for _, parameters in self.used().values())

    def needs(self) -> tuple[str, ...]:
        own = (need for optimizer, _ in self.used().values() for need in optimizer.needs)
        return tuple(dict.fromkeys((*own, *super().needs())))


class BetterTogether:
    """Optimizes prompts and weights in turns, by a strategy such as `p -> w -> p`."""

    name: ClassVar[str] = "better_together"
    aliases: ClassVar[tuple[str, ...]] = ("BetterTogether",)
    summary: ClassVar[str] = "Optimizes prompts and trains the model in turns, and keeps the best on the way."
    needs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]] = BetterTogetherParameters
    wants_validation: ClassVar[bool] = True
    favours: ClassVar[Literal["validation", "train"]] = "train"

    def problem(self, parameters: BetterTogetherParameters, shape: Shape) -> str | None:
        unknown = [it for it in parameters.steps if it not in ("p", "w")]
        if unknown:
            return f"The strategy {parameters.strategy!r} names {unknown[0]!r}. Use p and w, as in `p -> w -> p`."
        if early := [it.name for it, _ in parameters.used().values() if it.name in LAST]:
            return f"{early[0]} changes how a program runs, so it cannot take turns. Run it by itself."
        if parameters.optimizer_compile_args is not None:
            return "optimizer_compile_args has no effect here. Use p_parameters and w_parameters."
        # Whatever takes a trainset only gets the training part here: the other one is what programs are chosen by.
        alone = replace(
            shape, train=len(halved(range(shape.train), range(shape.validation))[0]), validation=0
        )
        # Only the first step starts from the program as it is.
        problems = (
            it.problem(given, own if key == parameters.steps[0] else replace(own, measured=0, solved=None))
            for key, (it, given) in parameters.used().items()
            for own in [shape if it.wants_validation else alone]
        )
        return next((it for it in problems if it), None)

    def calls(self, parameters: BetterTogetherParameters, shape: Shape, seed: int) -> CallPlan:
        train, validation = (len(it) for it in halved(range(shape.train), range(shape.validation)))
        shape = replace(shape, train=train, validation=validation)
        used = parameters.used()
        steps: list[Step] = []
        for at, key in enumerate(parameters.steps):
            optimizer, given = used[key]
            own = shape if optimizer.wants_validation else replace(shape, validation=0)
            plan = optimizer.calls(given, own if not at else replace(own, measured=0), seed)
            steps.append(turn(optimizer, given, plan))
        return taking_turns(steps, shape)

    def compile(self, parameters: BetterTogetherParameters, materials: Materials) -> Any:
        import dspy

        from dspy_lens_worker.optimizers.better_together_parts import part_of
        from dspy_lens_worker.optimizers.finetune import with_model

        train, validation = halved(list(materials.train), list(materials.validation))
        parts = {
            key: part_of(optimizer, given, materials) for key, (optimizer, given) in parameters.used().items()
        }
        optimizer = dspy.BetterTogether(metric=number_of(materials.metric), **parts)
        with model_of(materials):
            compiled = optimizer.compile(
                with_model(fresh(materials.student), materials.model),
                trainset=list(train),
                valset=list(validation),
                num_threads=parameters.num_threads or materials.threads,
                max_errors=parameters.max_errors,
                provide_traceback=parameters.provide_traceback,
                seed=(parameters.seed or 0) + materials.seed,
                valset_ratio=parameters.valset_ratio,
                shuffle_trainset_between_steps=parameters.shuffle_trainset_between_steps,
                strategy=" -> ".join(parameters.steps),
            )
        if compiled.flag_compilation_error_occurred:
            materials.say(f"A step of {parameters.strategy} failed: {parts_error(parts)}")
        del compiled.flag_compilation_error_occurred
        return only_program(compiled)


def parts_error(parts: dict[str, Any]) -> str:
    """What the part that failed said, which DSPy only logs."""
    said = [str(it.error) for it in parts.values() if it.error is not None]
    return f"{said[0] if said else 'see the log.'} The best program before it is kept."
