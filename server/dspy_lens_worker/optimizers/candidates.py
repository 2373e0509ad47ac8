"""The programs that an optimizer evaluates, with their scores."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.program_state import digest_of, state_of

Tried = Callable[[Any, float, int, bool, int], None]
WHOLE = "eval_full"  # DSPy's mark of an evaluation on the whole set, where an optimizer tells


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program with its score, over n examples."""

    program: Any
    digest: str
    score: float
    n: int


class Candidates:
    """Follows an optimizer through DSPy's evaluations, and through what it reports itself."""

    def __init__(self) -> None:
        self._found: list[Candidate] = []
        self._lock = threading.Lock()

    def best(self, count: int) -> list[Any]:
        """Different programs by score; only those that were evaluated on all that others were, too."""
        whole = max((it.n for it in self._found), default=0)
        ranked = sorted((it for it in self._found if it.n == whole), key=lambda it: -it.score)
        different: dict[str, Any] = {}
        for it in ranked:
            different.setdefault(it.digest, it.program)
        return list(different.values())[:count]

    def add(self, program: Any, score: float, n: int) -> None:
        with self._lock:
            self._found.append(Candidate(program.deepcopy(), digest_of(state_of(program)), score, n))

    def also(self, tried: Tried) -> Tried:
        """A report that reaches both."""

        def both(program: Any, score: float, n: int, whole: bool, failed: int) -> None:
            if whole:
                self.add(program, score, n)
            tried(program, score, n, whole, failed)

        return both

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside, DSPy's evaluations are followed, unless the optimizer reports its own trials."""
        import dspy

        with dspy.context(callbacks=[*(dspy.settings.get("callbacks") or []), self._callback()]):
            yield

    def _callback(self) -> Any:
        import dspy
        from dspy.utils.callback import BaseCallback

        from dspy_lens_worker.optimizers.running import OWN_TRIALS

        outer = self

        class Watching(BaseCallback):  # type: ignore[misc]
            def __init__(self) -> None:
                self._open: dict[str, tuple[Any, int]] = {}

            def on_evaluate_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
                key = (inputs.get("callback_metadata") or {}).get("metric_key") or WHOLE
                if key == WHOLE and not dspy.settings.get(OWN_TRIALS):
                    devset = inputs.get("devset") or instance.devset
                    self._open[call_id] = inputs.get("program"), len(devset)

            def on_evaluate_end(
                self, call_id: str, outputs: Any | None, exception: BaseException | None = None
            ) -> None:
                program, n = self._open.pop(call_id, (None, 0))
                if program is not None and outputs is not None and exception is None:
                    outer.add(program, float(outputs.score) / 100, n)

        return Watching()
