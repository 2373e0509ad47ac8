"""One execution of a recipe, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dspy_lens.values.money import Micros
from dspy_lens.values.recipe import Recipe


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"

    @property
    def finished(self) -> bool:
        return self not in (RunState.QUEUED, RunState.RUNNING)

    @property
    def has_result(self) -> bool:
        return self in (RunState.SUCCEEDED, RunState.STOPPED)


class Verb(StrEnum):
    OPTIMIZE = "optimize"
    EVALUATE = "evaluate"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Usage:
    """Running totals. `requests` counts what was sent, retries included; `dollars` None: price unknown."""

    task: int = 0
    prompt: int = 0
    judge: int = 0
    cached: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    dollars: Micros | None = None

    @property
    def calls(self) -> int:
        return self.task + self.prompt + self.judge


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a running run is. `best` is the best full validation score so far, from 0 to 1."""

    trial: int = 0
    of: int | None = None
    best: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Caps:
    """What one run may spend; None is no limit of that kind."""

    dollars: Micros | None = None
    calls: int | None = None
    tokens: int | None = None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a recipe. `outcome` is the `finished` event as CONTRACT words it, once there is one."""

    id: str
    target: str
    verb: Verb
    state: RunState
    recipe: Recipe
    created: float  # seconds since the epoch
    caps: Caps = Caps()
    started: float | None = None
    finished: float | None = None
    progress: Progress = Progress()
    usage: Usage = Usage()
    outcome: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.recipe.key

    @property
    def dry(self) -> bool:
        """Whether it asked a few examples only, to measure: it says nothing of how the target stands."""
        return self.verb is Verb.EVALUATE and bool(self.recipe.parameters)

    @property
    def scores(self) -> bool:
        """Whether it says how its target stands: neither a dry run does nor one that drafts examples."""
        return not self.dry and self.verb is not Verb.DRAFT
