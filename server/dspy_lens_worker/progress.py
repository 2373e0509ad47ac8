"""What the optimizer does as trials and candidates, seen through DSPy's own callbacks on evaluations."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.events import Writer
from dspy_lens_worker.exported.module_text import module_text
from dspy_lens_worker.exported.running import Running, running_of
from dspy_lens_worker.hooks import PHASE
from dspy_lens_worker.messages import Candidate, Order, Trial, Validation
from dspy_lens_worker.optimizers.running import OWN_TRIALS, holding_model
from dspy_lens_worker.program_state import demos_of, digest_of, instructions_of, running_part, state_of

OPTIMIZE = "optimize"
WHOLE = "eval_full"  # DSPy's mark of an evaluation on the whole set, where an optimizer tells
PARTIAL = ("eval_minibatch",)
NEVER_CAME = (
    "Trial {0}: {1} of {2} answers never came, because the provider failed. They are left out of the score that is "
    "shown, but the optimizer took them for wrong ones."
)


@dataclass(frozen=True, slots=True)
class Best:
    """The best candidate so far; `score` is None where the optimizer handed it over without one."""

    program: Any
    state: dict[str, Any]
    score: float | None
    trial: int
    instructions: dict[str, str]
    demos: dict[str, int]
    running: Running | None
    digest: str


class Progress:
    """Follows one optimization: a trial for each evaluation, a candidate whenever one is better."""

    def __init__(self, writer: Writer, order: Order, student: Any, whole: int, of: int | None) -> None:
        self._writer = writer
        self._order = order
        self._whole = whole
        self._of = of
        self._lock = threading.RLock()
        self._student = digest(student)
        self._scores: dict[str, tuple[float, int]] = {}
        self._number = 0
        self.best: Best | None = None

    def keep(self, program: Any) -> None:
        """Keeps a program that has no score; one that has is worth more."""
        program = dressed(program)
        with self._lock:
            if self.best is None or self.best.score is None:
                self._keep(program, None)

    def evaluated(self, program: Any, score: float, n: int, whole: bool, failed: int = 0) -> None:
        """One evaluation ended. That of a part of the examples is never the best.

        `failed` answers never came: DSPy counts them as wrong, here they are left out of the score.
        """
        program = dressed(program)
        if 0 < failed < n:
            score = min(1.0, score * n / (n - failed))
        score = round(score, 4)  # as DSPy rounds them, so that those of different optimizers compare
        with self._lock:
            self._number += 1
            before = self.best.score if self.best else None
            better = whole and (before is None or score > before)
            best = score if better else before
            self._writer.event(
                Trial, number=self._number, of=self._of, score=score, full=whole, best=best, failed=failed
            )
            if failed:
                self._writer.log(NEVER_CAME.format(self._number, failed, n), "warning")
            if whole:
                self._scores[digest(program)] = (score, n)
                if better:
                    self._keep(program, score)

    def is_whole(self, n: int, metric_key: str | None) -> bool:
        return metric_key == WHOLE if metric_key in (WHOLE, *PARTIAL) else n >= max(1, self._whole)

    def choose(self, program: Any) -> None:
        """The optimizer's own choice, made by all that it saw, takes the place of the best so far."""
        with self._lock:
            if self.best is None or self.best.digest != digest(program):
                score = self._scores.get(digest(program))
                self._keep(program, score[0] if score else None)

    def validation(self) -> Validation | None:
        """What the optimizer chose by: the scores of the unoptimized and of the chosen program."""
        with self._lock:
            baseline = self._scores.get(self._student)
            chosen = self._scores.get(self.best.digest) if self.best else None
            found = chosen or baseline
            if found is None:
                return None
            if baseline is not None and baseline[1] != found[1]:
                # The parts of a sequence choose by different examples: these scores do not compare.
                baseline = None
            return Validation(
                baseline=baseline[0] if baseline else None, best=chosen[0] if chosen else None, n=found[1]
            )

    def _keep(self, program: Any, score: float | None) -> None:
        running, state = running_of(program), state_of(program)
        self.best = Best(
            program.deepcopy(),
            state,
            score,
            self._number,
            instructions_of(program),
            demos_of(program),
            running,
            digest(program),
        )
        if running:
            self._writer.module(module_text(self._order, running))
            state = {**state, "metadata": {"dspy_lens": running_part(running)}}
        self._writer.candidate(state)
        self._writer.event(
            Candidate,
            trial=self._number,
            score=score,
            instructions=self.best.instructions,
            demos=self.best.demos,
        )


def dressed(program: Any) -> Any:
    """The program with the model that was trained for it, where that is the one that answers now."""
    import dspy

    return holding_model(program, dspy.settings.lm)


def digest(program: Any) -> str:
    """Of the program's state, and of how it runs where the state does not say it."""
    return digest_of(state_of(program), running_of(program))


def callback(report: Callable[[], Progress | None], failures: Callable[[], int] = lambda: 0) -> Any:
    """A DSPy callback that reports evaluations of the optimizer, outermost ones only.

    `failures` counts the calls so far that the provider failed.
    """
    import dspy
    from dspy.utils.callback import BaseCallback

    class Evaluations(BaseCallback):  # type: ignore[misc]
        def __init__(self) -> None:
            self._open: list[tuple[str, Any, int, str | None, int]] = []

        def on_evaluate_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
            if dspy.settings.get(PHASE) == OPTIMIZE and not dspy.settings.get(OWN_TRIALS):
                devset = inputs.get("devset") or instance.devset
                key = (inputs.get("callback_metadata") or {}).get("metric_key")
                self._open.append((call_id, inputs.get("program"), len(devset), key, failures()))

        def on_evaluate_end(
            self, call_id: str, outputs: Any | None, exception: BaseException | None = None
        ) -> None:
            mine = [it for it in self._open if it[0] == call_id]
            outermost = bool(mine) and self._open[0][0] == call_id
            self._open = [it for it in self._open if it[0] != call_id]
            progress = report()
            if not outermost or progress is None or exception is not None or outputs is None:
                return
            _, program, n, key, before = mine[0]
            failed = min(n, failures() - before)
            progress.evaluated(program, float(outputs.score) / 100, n, progress.is_whole(n, key), failed)

    return Evaluations()
