"""Evaluates a program on held-out examples: every answer kept, a provider's failure no wrong answer."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Literal

from dspy_lens_worker.failure import Failed, Refused, described, place
from dspy_lens_worker.health import is_provider_failure, said
from dspy_lens_worker.hooks import PHASE
from dspy_lens_worker.load import Case
from dspy_lens_worker.messages import HeldOut, Prompt
from dspy_lens_worker.metrics import Metric, NoScore
from dspy_lens_worker.plain import fields_of, plain
from dspy_lens_worker.prompts import KEPT, Sent, as_messages

FEW = 2  # failures that an evaluation may have, or a tenth of its examples
Program = Literal["baseline", "best"]


@dataclass(slots=True)
class Row:
    """What came of one example; `failure` says why there is no score, or that the program raised."""

    case: Case
    answer: dict[str, Any] = field(default_factory=dict)
    score: float | None = None
    error: str | None = None
    failure: Literal["provider", "metric", "refused", "program"] | None = None
    prompts: list[Sent] | None = None  # where those of this example are kept


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Runs a program over examples in threads, the same way each time."""

    metric: Metric
    threads: int
    roots: Sequence[str]

    def evaluate(
        self, program: Any, cases: Sequence[Case], phase: str, done: Callable[[], None] = lambda: None
    ) -> list[Row]:
        """A row for each example. Raises Refused once no call may be sent, the rows so far in `rows`."""
        rows: list[Row] = [Row(it) for it in cases]
        for first in rows[:1]:
            first.prompts = []
        refused: list[Refused] = []

        def one(row: Row) -> None:
            try:
                self._answer(program, row, phase)
            except Refused as refusal:
                row.failure = "refused"
                refused.append(refusal)
            done()

        with ThreadPoolExecutor(max_workers=self.threads, thread_name_prefix=phase) as pool:
            list(pool.map(one, rows))
        if refused:
            raise Interrupted(refused[0], rows)
        return rows

    def _answer(self, program: Any, row: Row, phase: str) -> None:
        import dspy

        with dspy.context(**{PHASE: phase, KEPT: row.prompts}):
            try:
                prediction = program(**row.case.example.inputs())
                row.answer = fields_of(prediction)
            except (Exception, SystemExit) as error:
                self._failed(row, error)
                return
            try:
                row.score = self.metric.score(row.case.example, prediction)
            except NoScore as error:
                row.failure, row.error = "metric", str(error)
            except dspy.LMError as error:
                row.failure, row.error = "provider", said(error)

    def _failed(self, row: Row, error: Exception | SystemExit) -> None:
        """An answer that cannot be read is a wrong one; an answer that never came is none."""
        import dspy

        if is_provider_failure(error):
            row.failure, row.error = "provider", said(error)
            return
        row.score, row.error = 0.0, f"{place(error, self.roots)}{described(error)}"
        if not isinstance(error, dspy.DSPyError):
            row.failure = "program"


class Interrupted(Exception):
    """An evaluation that the guard ended, with what had been answered."""

    def __init__(self, refusal: Refused, rows: list[Row]) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal
        self.rows = rows


def check(rows: Sequence[Row]) -> str | None:
    """Fails when too few rows have a score for a mean to mean anything; a warning when some have none."""
    few = max(FEW, len(rows) // 10)
    for failure, stage in (("metric", "metric"), ("provider", "model")):
        failed = [it for it in rows if it.failure == failure]
        if len(failed) > few or (failed and len(failed) == len(rows)):
            raise Failed(stage, str(failed[0].error))
    broken = [it for it in rows if it.failure == "program"]
    if broken and len(broken) == len(rows) and len({it.error for it in broken}) == 1:
        raise Failed("run", f"The program failed on every example: {broken[0].error}. Correct it.")
    unscored = [it for it in rows if it.score is None]
    wrong = [it for it in rows if it.score == 0 and it.error]
    if unscored:
        return f"{len(unscored)} of {len(rows)} examples were left out of the score: {unscored[0].error}"
    if wrong:
        return f"{len(wrong)} of {len(rows)} answers are wrong because there was none: {wrong[0].error}"
    return None


def sent_by(program: Any, role: Program, row: Row) -> list[Prompt]:
    """What was sent for one example, with the predictors' names as the program has them."""
    names = {id(it): name for name, it in program.named_predictors()}
    return [
        Prompt(
            program=role,
            predictor=names.get(id(it.predictor), type(it.predictor).__name__),
            row=row.case.order.row,
            messages=as_messages(it.messages),
        )
        for it in row.prompts or ()
    ]


def held_out(rows: Sequence[Row], program: Program) -> list[HeldOut]:
    return [
        HeldOut(
            program=program,
            row=it.case.order.row,
            inputs=plain(it.case.order.inputs),
            labels=plain(it.case.order.labels),
            answer=it.answer,
            score=it.score,
            error=it.error,
        )
        for it in rows
    ]
