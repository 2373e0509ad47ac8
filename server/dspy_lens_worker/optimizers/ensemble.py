"""Ensemble: several programs answer, and one answer is made of theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from dspy_lens_worker.exported.running import Running, mark
from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Optimizer, Parameters, Shape
from dspy_lens_worker.optimizers.candidates import Candidates
from dspy_lens_worker.optimizers.running import fresh, model_of, number_of

JOINING = ("majority", "each", "mean")
UNKNOWN_DEMOS = Figure(0, 6, 20)  # of a program that an earlier run left


class EnsembleParameters(Parameters):
    """Of `dspy.Ensemble`; and which programs join, which DSPy leaves to its caller."""

    of: str = Field("bootstrap_rs", description="The optimizer whose best candidates join.")
    parameters: dict[str, Any] = Field({}, description="Parameters of that optimizer.")
    best: int = Field(3, ge=2, description="How many of its candidates join, the best on validation first.")
    runs: list[str] | None = Field(
        None, description="Earlier runs of the same target whose programs join; then `of` takes no part."
    )
    reduce_fn: str = Field(
        "majority",
        description="How answers are joined: `majority` of one field, `each` field by its own majority, `mean` "
        "of numbers and the majority of others, or a function of yours as `pkg.mod:function`.",
    )
    field: str | None = Field(None, description="The field that `majority` counts; default: the last one.")
    size: int | None = Field(
        None, ge=1, description="Ask only so many members for each answer; default: all of them."
    )
    deterministic: bool = Field(
        False, description="Whether equal inputs ask the same members; needed where `size` is given."
    )

    @model_validator(mode="after")
    def _known(self) -> "EnsembleParameters":
        self.optimizer_of()
        return self

    def optimizer_of(self) -> tuple[Optimizer, Parameters]:
        """The optimizer whose candidates join; raises ValueError where it or a parameter is unknown."""
        from dspy_lens_worker.optimizers.registry import UnknownOptimizer, find, parse_parameters

        try:
            optimizer = find(self.of)
        except UnknownOptimizer as error:
            raise ValueError(str(error)) from error
        return optimizer, parse_parameters(optimizer, self.parameters)

    def needs(self) -> tuple[str, ...]:
        if self.runs:
            return ()
        optimizer, parameters = self.optimizer_of()
        return (*optimizer.needs, *parameters.needs())

    def code(self) -> tuple[str, ...]:
        return (self.reduce_fn,) if ":" in self.reduce_fn else ()

    def members(self) -> tuple[str, ...]:
        return tuple(self.runs or ())


class Ensemble:
    """Joins the best candidates of another optimizer, or the programs of earlier runs."""

    name: ClassVar[str] = "ensemble"
    aliases: ClassVar[tuple[str, ...]] = ("Ensemble",)
    summary: ClassVar[str] = "Asks several optimized programs for each answer, and lets them vote."
    needs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]] = EnsembleParameters
    wants_validation: ClassVar[bool] = True
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: EnsembleParameters, shape: Shape) -> str | None:
        if parameters.reduce_fn not in JOINING and ":" not in parameters.reduce_fn:
            return (
                f"Answers cannot be joined by {parameters.reduce_fn}. Use {', '.join(JOINING)} "
                "or pkg.mod:function."
            )
        if parameters.size is not None and not parameters.deterministic:
            return (
                "With `size`, members would be drawn anew for each answer, and no score would come out twice. "
                "Set deterministic=true as well."
            )
        if parameters.runs is not None:
            return None if len(parameters.runs) > 1 else "One run is no ensemble. Name two or more in `runs`."
        optimizer, inner = parameters.optimizer_of()
        problem = optimizer.problem(inner, shape)
        if problem is None and optimizer.calls(inner, shape, 0).trials in (0, 1):
            return f"{optimizer.name} makes one program only. Take candidates of bootstrap_rs or miprov2."
        return problem

    def calls(self, parameters: EnsembleParameters, shape: Shape, seed: int) -> CallPlan:
        n = shape.validation or shape.train
        if parameters.runs is not None:
            members = Figure.exactly(len(parameters.runs))
            plan = CallPlan(Figure.exactly(0), trials=0, demos=UNKNOWN_DEMOS, result_demos=UNKNOWN_DEMOS)
        else:
            optimizer, inner = parameters.optimizer_of()
            plan = optimizer.calls(inner, shape, seed)
            members = members_of(parameters, plan)
        asked = at_most(members, parameters.size or members.high)
        together = shape.calls_per_run.times(asked) * n
        # The student is one member at most.
        again = None if plan.again is None or parameters.runs else min(plan.again, 1 / asked.expected)
        # Whatever a candidate was asked when it was evaluated, the LM cache answers when it is a member.
        known = Figure(0, 0, 0) if parameters.runs is not None else together
        return replace(
            plan,
            task=plan.task + together,
            repeated=plan.repeated + known,
            trials=None if plan.trials is None else plan.trials + 1,
            result_runs=asked,
            unchanged=False,
            again=again,
        )

    def compile(self, parameters: EnsembleParameters, materials: Materials) -> Any:
        import dspy

        from dspy_lens_worker.exported.ensemble import assemble

        members = loaded(materials) if parameters.runs is not None else best_of(parameters, materials)
        settings = {
            "members": len(members),
            "reduce_fn": parameters.reduce_fn,
            "field": parameters.field,
            "size": parameters.size,
        }
        function = materials.code.get(parameters.reduce_fn)
        running = Running("ensemble", settings, parameters.reduce_fn if function else None)
        compiled = mark(assemble(members, settings, function), running)
        whole = list(materials.validation or materials.train)
        evaluate = dspy.Evaluate(
            devset=whole, metric=number_of(materials.metric), num_threads=materials.threads
        )
        with model_of(materials):
            evaluate(compiled)
        return compiled


def members_of(parameters: EnsembleParameters, plan: CallPlan) -> Figure:
    """How many candidates join: fewer where fewer different ones are found."""
    tried = plan.trials or parameters.best
    found = plan.programs or Figure(1, tried, tried)
    return at_most(found, min(parameters.best, tried))


def at_most(figure: Figure, most: float) -> Figure:
    return Figure(min(figure.low, most), min(figure.expected, most), min(figure.high, most))


def best_of(parameters: EnsembleParameters, materials: Materials) -> Sequence[Any]:
    """The best candidates of the optimizer, which are different programs."""
    optimizer, inner = parameters.optimizer_of()
    candidates = Candidates()
    with candidates.watching():
        compiled = optimizer.compile(inner, replace(materials, tried=candidates.also(materials.tried)))
    return candidates.best(parameters.best) or [compiled]


def loaded(materials: Materials) -> Sequence[Any]:
    return [with_state(materials.student, state) for state in materials.members.values()]


def with_state(student: Any, state: Mapping[str, Any]) -> Any:
    program = fresh(student)
    program.load_state(dict(state))
    return program
