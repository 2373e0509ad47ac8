"""What is known of a run so far, and the one event that ends it."""

import threading
import time
from collections.abc import Callable
from typing import Any

from dspy_lens_worker.events import Writer
from dspy_lens_worker.exported.module_text import module_text
from dspy_lens_worker.ledger import Ledger
from dspy_lens_worker.messages import (
    MODULE,
    PROGRAM,
    Finished,
    Order,
    PromptSize,
    ScoreMessage,
    State,
    Validation,
)
from dspy_lens_worker.models import PRACTICE
from dspy_lens_worker.program_state import artifact
from dspy_lens_worker.progress import Best
from dspy_lens_worker.scores import Verdict


class Report:
    """Filled in as the run goes; whoever ends the run, from whichever thread, ends it once."""

    def __init__(self, order: Order, writer: Writer, ledger: Ledger) -> None:
        self.order = order
        self.writer = writer
        self.ledger = ledger
        self.started = time.monotonic()
        self.baseline: ScoreMessage | None = None
        self.best: ScoreMessage | None = None
        self.verdict: Verdict | None = None
        self.validation: Validation | None = None
        self.prompt: PromptSize | None = None
        self.candidate: Callable[[], Best | None] = lambda: None
        self.judged: Callable[[], int] = lambda: 0
        self._lock = threading.Lock()
        self._ended = False

    def finish(self, state: State, reason: str | None = None, stage: str | None = None) -> bool:
        """Ends the run with the best there is; False when it had ended before."""
        with self._lock:
            return self._finish(state, reason, stage)

    def _finish(self, state: State, reason: str | None, stage: str | None) -> bool:
        if self._ended:
            return False
        self._ended = True
        best = self.candidate() if state != "failed" else None
        program = self._save(best) if best else None
        return self.writer.last_event(
            Finished,
            **self._origin(),
            state=state,
            reason=reason,
            stage=stage,
            baseline=self.baseline,
            best=self.best,
            validation=self.validation,
            verdict=self.verdict,
            calls=self.ledger.calls,
            requests=self.ledger.requests,
            tokens=self.ledger.tokens,
            dollars=None if self.ledger.micros is None else self.ledger.micros / 1_000_000,
            seconds=time.monotonic() - self.started,
            program=program,
            module=str(self.writer.folder / MODULE) if best and best.running else None,
            instructions=best.instructions if best else {},
            demos=best.demos if best else {},
            prompt=self.prompt,
            judged=self.judged(),
        )

    def _origin(self) -> dict[str, Any]:
        order = self.order
        return {
            "target": order.target.name,
            "key": order.key,
            "optimizer": order.optimizer,
            "parameters": order.parameters,
            "model": order.model.name,
            "practice": order.model.name == PRACTICE,
        }

    def _save(self, best: Best) -> str:
        self.writer.program(artifact(best.state, self.order, self.baseline, self.best, best.running))
        if best.running:
            self.writer.module(module_text(self.order, best.running))
        return str(self.writer.folder / PROGRAM)
