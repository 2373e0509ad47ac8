"""The steps of a run: baseline, optimize, and the best on held-out examples."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dspy_lens_worker import holding
from dspy_lens_worker.drafting import write_drafts
from dspy_lens_worker.evaluation import Evaluator, Interrupted, Program, Row, check, held_out, sent_by
from dspy_lens_worker.failure import Failed, Refused, gave_up
from dspy_lens_worker.guard import Amount
from dspy_lens_worker.hooks import PHASE
from dspy_lens_worker.load import Case
from dspy_lens_worker.messages import LEAST_EXAMPLES, Baseline, Loaded, Prompt, PromptSize, Validation
from dspy_lens_worker.optimizers import Materials
from dspy_lens_worker.program_state import state_of
from dspy_lens_worker.progress import OPTIMIZE, Progress, callback
from dspy_lens_worker.prompt_size import prompt_size
from dspy_lens_worker.prompts import keeper
from dspy_lens_worker.scores import summary, verdict
from dspy_lens_worker.session import Choice, Session, Tools, choose, open_session
from dspy_lens_worker.training import Training

BASELINE, FINAL = "baseline", "final"
STRAYS = 5.0  # seconds for threads that a stopped optimizer left behind
UNFORESEEN = (
    "The metric {} calls a model, {:.2g} times for each answer, which its source did not show: the estimate left "
    "these calls out. Later estimates count them."
)
NO_ROOM = "The cap has no room for held-out evaluations, so they are left out. Raise it to get a score."


def take_steps(tools: Tools) -> str | None:
    """Carries out the order: why it stopped with its best, or None when it came to its end."""
    session = open_session(tools)
    choice = choose(tools, session) if tools.order.verb == "optimize" else None
    run = Steps(tools, session)
    run.begin()
    if tools.order.verb == "draft":
        return write_drafts(tools, session)
    return run.evaluate() if choice is None else run.optimize(choice)


class Steps:
    """One run after loading. Everything happens in the main thread, which user code may expect."""

    def __init__(self, tools: Tools, session: Session) -> None:
        self.tools = tools
        self.session = session
        self.guard = tools.guard
        self.report = tools.report
        self.writer = tools.writer
        self.evaluator = Evaluator(session.metric, tools.order.threads, tools.roots)
        self.report.judged = lambda: session.metric.judged
        self.progress: Progress | None = None
        self.before: list[Row] | None = None
        self.sent: dict[Program, list[Prompt]] = {}

    def begin(self) -> None:
        """Makes the order's model the one that everything without an own model asks."""
        import dspy

        own = [callback(lambda: self.progress, lambda: self.session.health.failures), keeper()]
        callbacks = [*(dspy.settings.get("callbacks") or []), *own]
        dspy.configure(lm=self.session.models.task, callbacks=callbacks)
        parts = self.session.parts
        self.writer.event(
            Loaded,
            predictors=[name for name, _ in self.session.student.named_predictors()],
            train=len(parts.train),
            validation=len(parts.validation),
            test=len(parts.test),
        )

    def evaluate(self) -> str | None:
        """The verb "evaluate": the program as it is, on held-out examples, or on all where these are few."""
        parts = self.session.parts
        few = parts.n < LEAST_EXAMPLES or not parts.test
        cases = (*parts.test, *parts.validation, *parts.train) if few else parts.test
        reason = None
        try:
            rows = self._rows(self.session.student, cases, BASELINE)
        except Interrupted as interrupted:
            if interrupted.refusal.kind != "cap":
                raise interrupted.refusal from None
            rows, reason = interrupted.rows, interrupted.refusal.reason
        if few:
            self._too_few(rows)
        else:
            self._baseline(rows)
        return reason

    def _tell_of_judges(self) -> None:
        """A metric that turned out to ask a model, where the estimate did not count that."""
        calls, answers = self.report.ledger.calls.judge, self.session.metric.judged
        if calls and answers and not self.tools.order.judge_calls:
            self.writer.log(UNFORESEEN.format(self.session.metric.name, calls / answers), "warning")

    def _too_few(self, rows: list[Row]) -> None:
        """A score on all examples there are, which is not called a held-out one."""
        self._check(rows)
        self._tell_of_judges()
        found = summary([it.score for it in rows])
        if found is not None:
            self.report.validation = Validation(baseline=found.score, best=None, n=found.n)
        self.writer.event(Baseline, baseline=None)

    def optimize(self, choice: Choice) -> str | None:
        """The verb "optimize"."""
        self.writer.baseline(state_of(self.session.student))
        more = max(1.0, choice.plan.result_runs.expected)
        cases = self._held_out_cases(more)
        if cases:
            self._measure_baseline(cases, more)
        else:
            self.writer.event(Baseline, baseline=None)
        if hopeless := choice.hopeless([it.score for it in self.before or ()], self.taught):
            raise Failed("optimizer", hopeless)
        before = set(threading.enumerate())
        stopped: Refused | None = None
        best: Any = None
        try:
            best = self._compile(choice)
        except Refused as refused:
            stopped = refused
        except Exception as error:
            # DSPy says the same of an interrupt, which it may have heard of before the guard has.
            self.tools.watch.catch_up()
            stopped = gave_up(error, choice.optimizer.name)
            if stopped is None or self.guard.latched is not None:
                raise
        self.tools.watch.catch_up()
        if stopped is None and self.guard.latched is not None:
            # The optimizer swallowed the refusal, and went on with a worse program.
            stopped = Refused(*self.guard.latched)
        return self._conclude(best, stopped, cases, before)

    @property
    def taught(self) -> bool:
        return self.session.models.teacher is not None

    # the baseline --------------------------------------------------------------------------------------
    def _held_out_cases(self, more: float) -> Sequence[Case]:
        """The held-out examples, unless there are too few examples overall or the cap has no room.

        `more` is how many times the calls of the original program the compiled one makes for an answer.
        """
        parts, caps = self.session.parts, self.guard.caps
        if parts.n < LEAST_EXAMPLES or not parts.test:
            return ()
        once = holding.expected(
            self.session.student, parts.test, self.session.models.task, self.session.prices
        )
        if not holding.leaves_room(caps, once + once * more):
            self.writer.log(NO_ROOM, "warning")
            return ()
        self.guard.keep_back(once, 0.0)
        return parts.test

    def _measure_baseline(self, cases: Sequence[Case], more: float) -> None:
        """Scores the program as it is, and keeps back what scoring the best will take."""
        ledger, started, spent = self.report.ledger, self.guard.clock(), self.guard.spent
        calls, billed = ledger.logical, ledger.billed
        try:
            rows = self._rows(self.session.student, cases, BASELINE)
        except Interrupted as interrupted:
            self._give_up_baseline(interrupted.refusal)
            return
        self._baseline(rows)
        taken = holding.Taken(
            calls=ledger.logical - calls,
            billed=ledger.billed - billed,
            amount=self.guard.spent - spent,
            seconds=self.guard.clock() - started,
        )
        kept, seconds = holding.for_final(taken, more)
        # The last attempts have to fit with all that they may take.
        if holding.leaves_room(self.guard.caps, self.guard.spent + kept + self.guard.largest):
            kept += self.guard.largest
        if not holding.leaves_room(self.guard.caps, self.guard.spent + kept):
            self.writer.log(NO_ROOM, "warning")
            kept, seconds = Amount(), 0.0
        self.guard.keep_back(kept, seconds)

    def _give_up_baseline(self, refusal: Refused) -> None:
        """A cap that was reached by the baseline is used for optimizing what is left of it."""
        if refusal.kind != "cap" or not self.guard.release():
            raise refusal
        self.writer.log(NO_ROOM, "warning")
        self.writer.event(Baseline, baseline=None)

    def _baseline(self, rows: list[Row]) -> None:
        self._check(rows)
        self._tell_of_judges()
        self.before = rows
        self.report.baseline = summary([it.score for it in rows])
        self.report.prompt = self._grown()
        self.writer.event(Baseline, baseline=self.report.baseline)

    # optimizing ----------------------------------------------------------------------------------------
    def _compile(self, choice: Choice) -> Any:
        import dspy

        order, parts, models = self.tools.order, self.session.parts, self.session.models
        optimizer, plan = choice.optimizer, choice.plan
        whole = len(parts.validation) if optimizer.wants_validation and parts.validation else 0
        self.progress = Progress(
            self.writer,
            order,
            self.session.student,
            whole or len(parts.train) + len(parts.validation),
            plan.trials or None,
        )
        self.report.candidate = lambda: self.progress.best if self.progress else None
        materials = Materials(
            student=self.session.student,
            train=[it.example for it in parts.train],
            validation=[it.example for it in parts.validation],
            metric=self.session.metric.callable(),
            model=models.task,
            prompt_model=models.prompt,
            teacher_model=models.teacher,
            threads=order.threads,
            seed=order.seed,
            keep=self.progress.keep,
            tried=self.progress.evaluated,
            failures=lambda: self.session.health.failures,
            code=choice.code,
            members=choice.members,
            training=self._training(),
            say=lambda sentence: self.writer.log(sentence, "warning"),
        )
        self.guard.enter(OPTIMIZE)
        with dspy.context(**{PHASE: OPTIMIZE}):
            return optimizer.compile(choice.parameters, materials)

    def _training(self) -> Training:
        return Training(
            self.guard, self.report.ledger, self.writer, Path(self.tools.order.cache_dir), OPTIMIZE
        )

    def _conclude(
        self, compiled: Any, stopped: Refused | None, cases: Sequence[Case], before: set[threading.Thread]
    ) -> str | None:
        """Scores what the optimizer came to, or had come to when it was stopped."""
        progress = self.progress
        assert progress is not None
        if stopped is None:
            progress.choose(compiled)
        if progress.best is not None:
            self.report.validation = progress.validation()
        if stopped is not None and not (
            stopped.kind == "cap" or (stopped.kind == "errors" and progress.best)
        ):
            raise stopped
        strays = stopped is not None and self._settle_strays(before)
        if progress.best is not None and cases and self.before is not None and self.guard.release():
            self._final(progress.best.program, cases, strays)
        return stopped.reason if stopped else None

    def _final(self, best: Any, cases: Sequence[Case], strays: bool) -> None:
        rows = []
        try:
            rows = self._rows(best, cases, FINAL, strict=strays)
        except Interrupted as interrupted:
            if interrupted.refusal.kind != "cap":
                raise interrupted.refusal from None
            rows = interrupted.rows
            if sum(it.score is not None for it in rows) * 2 < len(rows):
                self.writer.log("The cap was reached before the best could be scored. Raise it.", "warning")
                return
        assert self.before is not None
        self._check(rows, "best")
        scores = [it.score for it in rows]
        self.report.best = summary(scores)
        self.report.prompt = self._grown()
        self.report.verdict = verdict([it.score for it in self.before], scores, self.tools.order.seed)

    def _grown(self) -> PromptSize | None:
        """How long the prompt is, and how it has grown where both programs were seen at work on one example."""
        before = self.sent.get("baseline") or []
        after = self.sent.get("best") or before
        return prompt_size(self.session.prices, self.session.models.task, before, after) if before else None

    # both ------------------------------------------------------------------------------------------------
    def _rows(self, program: Any, cases: Sequence[Case], phase: str, strict: bool = False) -> list[Row]:
        self.guard.enter(phase, strict)
        rows = self.evaluator.evaluate(program, cases, phase)
        role: Program = "best" if phase == FINAL else "baseline"
        self.sent[role] = [it for row in rows[:1] for it in sent_by(program, role, row)]
        self.writer.prompts(self.sent[role])
        return rows

    def _check(self, rows: list[Row], program: Program = "baseline") -> None:
        self.writer.held_out(held_out(rows, program))
        warning = check(rows)
        if warning:
            self.writer.log(warning, "warning")

    def _settle_strays(self, before: set[threading.Thread]) -> bool:
        """Waits for threads that were left behind; whether some are left all the same."""
        until = self.guard.clock() + STRAYS
        strays = [it for it in threading.enumerate() if it not in before and not it.daemon]
        for it in strays:
            it.join(max(0.0, until - self.guard.clock()))
        return any(it.is_alive() for it in strays)
