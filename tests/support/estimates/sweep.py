"""One whole run with a model that counts, and what was estimated for it.

A whole run is what a user gets: the baseline on held-out examples, the optimizer, the best on held-out examples.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

from dspy_lens.estimate.correcting import Correction
from dspy_lens.estimate.estimate import Prices, estimate
from dspy_lens.source.split import deal
from dspy_lens.values.estimate import Estimate, Range
from dspy_lens.values.examples import Example
from dspy_lens.values.money import Price
from dspy_lens.values.run import Verb
from dspy_lens_worker.messages import FieldOrder, MeasureRequest, ModelOrder, TargetOrder
from dspy_lens_worker.optimizers import Figure, Materials, Shape, find, parse_parameters
from support.counting import Bench, CountingEngine, counting, examples, program, right, words
from support.estimates.training import Training

TASK_PRICE = Price(0.15e-6, 0.6e-6)
PROMPT_PRICE = Price(2.5e-6, 10e-6)  # the model that writes instructions is the dearer one
TRAINING_PRICE = 3e-6
ENOUGH_ROWS = 18  # expected right answers, with which there are hardly ever fewer than a training takes
REASONS = 60  # words of a judge's reasoning, as estimates assume
METRIC = "judge:answer"
MEASURED = "openai/gpt-4o-mini"  # whose tokens are counted
SURE = 100_000  # examples on which the success rate counts as known
APART = 10_000  # numbers between the examples of two seeds


@dataclass(frozen=True)
class Case:
    """One configuration: an optimizer with parameters, so many examples and predictors, and how good they are.

    `noise` is the share of answers that follow from the prompt and not from the example alone.
    """

    name: str
    given: tuple[tuple[str, Any], ...]
    n: int
    predictors: int
    success: float
    noise: float = 0.0
    judged: bool = False

    @property
    def setting(self) -> str:
        text = ", ".join(f"{key}={it}" for key, it in self.given) or "as it comes"
        return f"{text}, judged" if self.judged else text

    @property
    def key(self) -> str:
        return f"{self.name}|{self.setting}|{self.n}|{self.predictors}|{self.success}|{self.noise}"

    @property
    def parts(self) -> tuple[int, int, int]:
        """Sizes of the training, validation and held-out parts, as a workspace deals them out."""
        return _parts(self.n, find(self.name).favours)

    @property
    def shape(self) -> Shape:
        train, validation, _ = self.parts
        return Shape(train, validation, self.predictors, Figure.exactly(self.predictors), self.success, SURE)

    @property
    def works(self) -> bool:
        optimizer = find(self.name)
        parameters = parse_parameters(optimizer, dict(self.given))
        train, validation, _ = self.parts
        shown = train if optimizer.wants_validation else train + validation
        if parameters.trainings() and self.predictors * shown * self.success < ENOUGH_ROWS:
            return False  # its run would end for want of right answers to train on
        return optimizer.problem(parameters, self.shape) is None


@dataclass(frozen=True)
class Used:
    """What one role of the models was asked and sent."""

    calls: int = 0
    requests: int = 0
    input: int = 0
    output: int = 0

    def __add__(self, other: "Used") -> "Used":
        return Used(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))


@dataclass(frozen=True)
class Counted:
    """What a run took, by role; `stages` are the task model's figures of baseline, search and result.

    `trained` are the tokens that a model was trained on, each as often as it was.
    """

    task: Used
    prompt: Used
    judge: Used
    stages: tuple[Used, ...] = ()
    trained: int = 0

    @property
    def calls(self) -> int:
        return self.task.calls + self.prompt.calls + self.judge.calls

    @property
    def requests(self) -> int:
        return self.task.requests + self.prompt.requests + self.judge.requests

    @property
    def input(self) -> int:
        return self.task.input + self.prompt.input + self.judge.input + self.trained

    @property
    def dollars(self) -> float:
        """The judge costs what the task model does."""
        plain, dear = self.task + self.judge, self.prompt
        return (
            plain.input * TASK_PRICE.input
            + plain.output * TASK_PRICE.output
            + dear.input * PROMPT_PRICE.input
            + dear.output * PROMPT_PRICE.output
            + self.trained * TRAINING_PRICE
        )

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> "Counted":
        task, prompt, judge = (Used(**saved[it]) for it in ("task", "prompt", "judge"))
        return cls(task, prompt, judge, tuple(Used(**it) for it in saved["stages"]), saved.get("trained", 0))


def counted(case: Case, seed: int, wordy: float = 1.0) -> Counted:
    """Carries the run out, with examples of this seed's own, and a model that writes so much more than usual."""
    import dspy

    train, validation, held_out = case.parts
    rows = examples(case.n, APART * (seed + 1))
    optimizer = find(case.name)
    with counting(None, case.success, noise=case.noise, wordy=wordy) as bench:
        judge = CountingEngine(reasons=REASONS)
        student = program(case.predictors)
        metric = judging(dspy.LM("fake/judge", engine=judge), task_text(student)) if case.judged else right
        training = Training()
        evaluate = dspy.Evaluate(
            devset=rows[train + validation :], metric=metric, num_threads=1, display_progress=False
        )
        materials = Materials(
            student, rows[:train], rows[train : train + validation], metric, bench.task_model,
            bench.prompt_model, None, 1, seed, keep=lambda it: None, training=training,
        )  # fmt: skip
        marks = [task_of(bench)]
        if held_out:
            evaluate(student)
        marks.append(task_of(bench))
        best = optimizer.compile(parse_parameters(optimizer, dict(case.given)), materials)
        marks.append(task_of(bench))
        if held_out:
            evaluate(best)
        marks.append(task_of(bench))
        return Counted(
            task_of(bench),
            used(bench.prompt_calls, bench.prompt),
            used(bench.counted.calls.get("fake/judge", 0), judge),
            tuple(less(after, before) for before, after in pairwise(marks)),
            training.tokens,
        )


def estimated(
    case: Case, seed: int = 0, *, success: float | None = None, correction: Correction | None = None
) -> Estimate:
    """What would be said before. The success rate is known, unless another one is `success`: a guess."""
    optimizer = find(case.name)
    shape = case.shape if success is None else replace(case.shape, success=success, measured=0)
    return estimate(
        target="app:QA",
        key="k",
        optimizer=optimizer,
        parameters=parse_parameters(optimizer, dict(case.given)),
        verb=Verb.OPTIMIZE,
        shape=shape,
        held_out=case.parts[2],
        seed=seed,
        model="fake/task",
        prompt_model="fake/prompt",
        prices=prices_of(case.predictors, case.judged),
        threads=1,
        judge_calls=Range.exactly(1 if case.judged else 0),
        correction=correction,
    )


def judging(judge: Any, task: str) -> Any:
    """The built-in metric that asks a model for its opinion of each answer."""
    from dspy_lens_worker.builtin_metrics import parse
    from dspy_lens_worker.judging import Judge
    from dspy_lens_worker.metrics import built_in

    terms = parse(METRIC)
    assert terms is not None
    return built_in(terms, Judge(judge, task))


def task_text(student: Any) -> str:
    return str(student.predictors()[-1].signature.instructions)


def task_of(bench: Bench) -> Used:
    """Calls of the task model, and of what was trained from it."""
    calls = sum(it for name, it in bench.counted.calls.items() if name.startswith(bench.task_model.model))
    return used(calls, bench.task)


def used(calls: int, engine: CountingEngine) -> Used:
    return Used(calls, len(engine.sent), engine.input_tokens, engine.output_tokens)


def less(after: Used, before: Used) -> Used:
    return Used(*(a - b for a, b in zip(asdict(after).values(), asdict(before).values(), strict=True)))


@lru_cache(maxsize=8)
def prices_of(predictors: int, judged: bool) -> Prices:
    """The measurer's figures for the program. What a hint is like, no example tells."""
    from dspy_lens_worker.measure.judge import measure_judge
    from dspy_lens_worker.measure.render import mean_example, measure_predictor
    from dspy_lens_worker.measure.tokens import counter

    rows, count = [dict(it) for it in examples(40, APART)], counter(MEASURED)
    student = program(predictors)
    found = [
        measure_predictor(name, [it.signature], rows, rows, count) for name, it in student.named_predictors()
    ]
    return Prices(
        tuple(found),
        TASK_PRICE,
        PROMPT_PRICE,
        judge=TASK_PRICE,
        judged=measure_judge(judge_request(task_text(student), rows), count) if judged else None,
        example=mean_example(rows, count),
    )


def judge_request(task: str, rows: list[dict[str, Any]]) -> MeasureRequest:
    target = TargetOrder(
        name="app:QA", kind="class", path="app.py", module="app", qualname="QA", import_roots=[],
        instructions=task, inputs=[FieldOrder(name="question")], outputs=[FieldOrder(name="answer")],
    )  # fmt: skip
    return MeasureRequest(
        id=0, predictors=[target], samples=rows, model=ModelOrder(name=MEASURED), judged=["answer"]
    )


@lru_cache(maxsize=64)
def _parts(n: int, favours: Any) -> tuple[int, int, int]:
    rows = [Example({"question": words(it, 8)}, {"answer": "right"}, it) for it in range(n)]
    parts = deal(rows, favour=favours)
    return len(parts.train), len(parts.validation), len(parts.test)
