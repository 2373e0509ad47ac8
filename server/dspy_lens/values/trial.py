"""What an optimizer tried on the way."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trial:
    """One evaluation of a candidate. `full` is false for a minibatch, `best` the best full score so far."""

    number: int
    score: float
    full: bool
    best: float | None
    at: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program worth keeping: instructions and numbers of demos by predictor."""

    trial: int
    score: float | None
    instructions: dict[str, str] = field(default_factory=dict)
    demos: dict[str, int] = field(default_factory=dict)
