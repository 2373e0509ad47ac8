"""COPRO: a model writes instructions, and the best of them are shown to it for the next ones."""

from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import examples_problem
from dspy_lens_worker.optimizers.running import (
    LONGER,
    both_parts,
    fresh,
    model_of,
    number_of,
    only_program,
    ordered,
)

# What DSPy's `Evaluate` takes both when it is made and when it is called: COPRO passes these on to both.
PASSED_ON = ("num_threads", "display_progress", "display_table", "save_as_csv", "save_as_json")
AS_SETTINGS = ("max_errors", "provide_traceback")  # DSPy would raise; as settings they do the same
ATTEMPT = 152  # tokens of an earlier attempt, shown with its prefix and score
ASKED = Figure(200, 276, 500)  # tokens of a call for instructions, by DSPy 3.4.1
SAME = 0.1  # share of proposals that happen to say what was said before, at most


class COPROParameters(Parameters):
    """Of `dspy.COPRO` and its `compile`; its models are those of the run."""

    breadth: int = Field(10, ge=2, description="Instructions in each round, the first one's being your own.")
    depth: int = Field(3, ge=1, description="Rounds; each later one is shown the best attempts so far.")
    init_temperature: float = Field(1.4, ge=0, description="Temperature at which instructions are proposed.")
    track_stats: bool = Field(False, description="Whether DSPy keeps its own record of the scores.")
    eval_kwargs: dict[str, Any] | None = Field(
        None,
        description="Options of DSPy's `Evaluate`, such as num_threads (default: the run's) and max_errors.",
    )


class COPRO:
    """Lets a model write instructions, round after round, and keeps those that do best."""

    name: ClassVar[str] = "copro"
    aliases: ClassVar[tuple[str, ...]] = ("COPRO", "SignatureOptimizer")
    summary: ClassVar[str] = "Writes new instructions round after round, and keeps those that do best."
    needs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]] = COPROParameters
    wants_validation: ClassVar[bool] = False
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: COPROParameters, shape: Shape) -> str | None:
        wrong = [it for it in parameters.eval_kwargs or {} if it not in (*PASSED_ON, *AS_SETTINGS)]
        if wrong:
            return f"COPRO cannot pass {wrong[0]} on. Use only {', '.join((*PASSED_ON, *AS_SETTINGS))} in eval_kwargs."
        return examples_problem(shape)

    def calls(self, parameters: COPROParameters, shape: Shape, seed: int) -> CallPlan:
        n, predictors = shape.train + shape.validation, max(1, shape.predictors)
        trials = evaluations(parameters, predictors)
        task = shape.calls_per_run * (trials * n)
        answers = (parameters.breadth - 1) + (parameters.depth - 1) * parameters.breadth
        shown = min(parameters.breadth, parameters.breadth * (parameters.depth - 1)) * ATTEMPT
        later = (parameters.depth - 1) * parameters.breadth / answers
        new = 1 - 1 / (parameters.breadth * parameters.depth)
        return CallPlan(
            task=task,
            prompt=Figure.exactly(predictors * parameters.depth),
            prompt_answers=answers / parameters.depth,
            prompt_given=ASKED,
            prompt_written=Figure(40, 191, 600),  # an instruction, and how the last output is to begin
            prompt_longer=Figure(0.4, 1, 2.5) * (shown * later),
            repeated=repeated(
                parameters, predictors, task, shape.calls_per_run * n if shape.practice else None
            ),
            trials=trials,
            longer=LONGER * new,
            result_longer=LONGER,
            unchanged=True,
            again=sum((1 - new) ** (1 + at) for at in range(predictors)) / predictors,
        )

    def compile(self, parameters: COPROParameters, materials: Materials) -> Any:
        import dspy

        given = {"num_threads": materials.threads, **(parameters.eval_kwargs or {})}
        settings = {key: given.pop(key) for key in AS_SETTINGS if key in given}
        optimizer = dspy.COPRO(
            metric=number_of(materials.metric),
            prompt_model=materials.prompt_model or materials.model,
            **parameters.model_dump(exclude={"eval_kwargs"}),
        )
        trainset = ordered(both_parts(materials), materials.seed)
        with model_of(materials), dspy.context(**settings):
            compiled = optimizer.compile(fresh(materials.student), trainset=trainset, eval_kwargs=given)
        return only_program(compiled)


def evaluations(parameters: COPROParameters, predictors: int) -> int:
    """Evaluations on all examples. With several predictors, all earlier proposals are tried again each round."""
    if predictors == 1:
        return parameters.breadth * parameters.depth
    return parameters.breadth * parameters.depth * (parameters.depth + 1) // 2 * predictors


def repeated(parameters: COPROParameters, predictors: int, task: Figure, once: Figure | None) -> Figure:
    """Calls that ask what was asked before; all but `once` where the model may propose the same over and over.

    While one step's instructions are tried, the steps before it ask the same as ever, and the program as it is by
    then is tried once more. Earlier proposals are new questions only where another step has changed meanwhile.
    And where no proposal of a round is among the best, the next round asks for proposals just as this one did,
    and the cache answers.
    """
    stuck = max(0, parameters.depth - 2) / parameters.depth
    same = task.high - once.low if once else (SAME + stuck) * task.high
    if predictors == 1:
        return Figure(0, 0.05 * stuck * task.expected, same)
    every = predictors * evaluations(parameters, predictors)
    least, usual, most = (every - it for it in _new(parameters, predictors))
    scale = task.expected / every if every else 0.0
    high = same if once else min(task.high, most * scale + same)
    return Figure(0.8 * least * scale, usual * scale, high)


def _new(parameters: COPROParameters, predictors: int) -> tuple[float, float, float]:
    """New questions for each example, counted by steps: at most, as expected, and at least."""
    breadth, counted = parameters.breadth, [0.0, 0.0, 0.0]
    for depth in range(parameters.depth):
        # The chances that the best of a step is another one after this round, and after the one before.
        now, before = (1 - 1 / breadth if it == 0 else 1 / (it + 1) for it in (depth, max(0, depth - 1)))
        for at in range(predictors):
            proposals = breadth - (depth == 0 and at > 0)
            earlier = max(0, breadth * depth - 1)
            for step in range(at, predictors):
                changed = 1 - (1 - now) ** at * (1 - before) ** (step - at)
                for end, share in enumerate((1.0, changed, 0.0)):
                    counted[end] += proposals + earlier * share
    most, usual, least = counted
    return most, usual, least
