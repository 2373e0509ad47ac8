"""SIMBA's programs as trials: it evaluates without DSPy's `Evaluate`, so scores are gathered one by one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dspy_lens_worker.health import is_provider_failure
from dspy_lens_worker.optimizers.base import Materials


@dataclass(slots=True)
class Tally:
    """The scores of one program so far; `of` is how many there will be, `failed` those of answers that never came."""

    program: Any
    of: int
    failed: int = 0
    scores: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return sum(self.scores) / len(self.scores)


class Trials:
    """Knows by DSPy's callbacks whose answer is judged, and reports each program that has all its scores.

    A step asks copies of earlier programs first, one answer each, then its new programs on the same
    examples. At the end, copies of the winners are evaluated on everything.
    """

    def __init__(self, materials: Materials, batch: int, whole: int) -> None:
        self._materials = materials
        self._batch, self._whole = batch, whole
        self._running = threading.local()
        self._lock = threading.RLock()
        self._tallies: dict[int, Tally] = {}
        self._sampled: list[float] = []
        self._winner = 0.0
        self._made = False

    def metric(self, example: Any, prediction: Any, *others: Any) -> Any:
        """The run's metric, whose scores are counted. A program that failed has no answer to judge."""
        program = getattr(self._running, "program", None)
        result = 0.0 if prediction is None else numeric(self._materials.metric(example, prediction, *others))
        if program is not None:
            failed = prediction is None and is_provider_failure(self._running.error)
            self._judged(program, float(getattr(result, "score", result)), failed)
        return result

    def new_program(self, program: Any) -> None:
        with self._lock:
            self._tallies[id(program)] = Tally(program, self._batch)
            self._made = True

    def callback(self) -> Any:
        from dspy.utils.callback import BaseCallback

        running = self._running

        class Outermost(BaseCallback):  # type: ignore[misc]
            def on_module_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
                if not getattr(running, "depth", 0):
                    running.program, running.depth = instance, 0
                running.depth += 1

            def on_module_end(
                self, call_id: str, outputs: Any | None, exception: Exception | None = None
            ) -> None:
                running.depth -= 1
                running.error = exception

        return Outermost()

    def _judged(self, program: Any, score: float, failed: bool) -> None:
        with self._lock:
            if is_sample(program):
                self._sample(score)
                return
            tally = self._tallies.setdefault(id(program), Tally(program, self._whole))
            tally.scores.append(score)
            tally.failed += failed
            if len(tally.scores) == tally.of:
                self._finished(tally)

    def _sample(self, score: float) -> None:
        if self._made:
            self._sampled, self._winner, self._made = [], 0.0, False
        self._sampled.append(score)

    def _finished(self, tally: Tally) -> None:
        whole = tally.of == self._whole
        self._materials.tried(tally.program, tally.mean, tally.of, whole, tally.failed)
        usual = sum(self._sampled) / max(1, len(self._sampled))
        if not whole and tally.mean >= max(usual, self._winner):
            self._winner = tally.mean
            self._materials.keep(tally.program)


def is_sample(program: Any) -> bool:
    """Whether it answers for variety only: with a model whose every answer is another one."""
    models = (it.lm for it in program.predictors())
    return any(it is not None and "rollout_id" in it.kwargs for it in models)


def numeric(result: Any) -> Any:
    """A result that SIMBA counts: it takes for 0 what is neither a Python number nor a Prediction."""
    import dspy

    if not hasattr(result, "score"):
        return float(result)
    if isinstance(result, dspy.Prediction):
        return dspy.Prediction(**{**result.toDict(), "score": float(result.score)})
    return float(result.score)


def watched(trials: Trials) -> Callable[..., Any]:
    """DSPy's class, whose new programs are made known before they are evaluated."""
    from dspy.teleprompt import SIMBA

    class WatchedSIMBA(SIMBA):  # type: ignore[misc]
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.strategies = [told(it, trials) for it in self.strategies]  # type: ignore[has-type]

    return WatchedSIMBA


def told(strategy: Callable[..., Any], trials: Trials) -> Callable[..., Any]:
    """A way of making a new program that tells of it, unless it fails."""

    def made(bucket: Any, system: Any, **given: Any) -> Any:
        changed = strategy(bucket, system, **given)
        trials.new_program(system)
        return changed

    made.__name__ = strategy.__name__
    return made
