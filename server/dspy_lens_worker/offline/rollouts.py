"""Which of several answers to the same request is asked for.

DSPy strips `rollout_id` and `n` before an engine sees the request. A callback of the model sees them first,
so that an answer follows from the question alone, not from what other threads asked or the cache held.
"""

import itertools
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Rollout:
    """One call of the model: its rollout and the answers it has asked for so far."""

    id: object
    answers: "itertools.count[int]" = field(default_factory=itertools.count)


_current: ContextVar[Rollout | None] = ContextVar("rollout", default=None)


def current() -> tuple[object, ...]:
    """The rollout and the number of the answer within the call under way; empty outside of one."""
    rollout = _current.get()
    return ("rollout", rollout.id, next(rollout.answers)) if rollout else ()


class Rollouts:
    """The callback: remembers the rollout of each call for as long as it lasts."""

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """A call begins."""
        said = inputs.get("kwargs") or {}
        _current.set(Rollout(said.get("rollout_id", instance.kwargs.get("rollout_id"))))

    def on_lm_end(self, call_id: str, outputs: Any, exception: BaseException | None = None) -> None:
        """It ends."""
        _current.set(None)
