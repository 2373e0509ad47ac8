"""How a target stands, as its lens says it."""

from dataclasses import dataclass

from dspy_lens.values.run import Run


@dataclass(frozen=True, slots=True)
class Never:
    """No run has finished for this target."""


@dataclass(frozen=True, slots=True)
class Running:
    run: Run


@dataclass(frozen=True, slots=True)
class Fresh:
    """The last result was made of exactly what the source says now."""

    run: Run


@dataclass(frozen=True, slots=True)
class Applied:
    """As fresh, but the instructions in the source are the run's own."""

    run: Run


@dataclass(frozen=True, slots=True)
class Stale:
    """The last result was made of something else; `reasons` say what changed, e.g. "3 examples changed"."""

    run: Run
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    run: Run


Standing = Never | Running | Fresh | Applied | Stale | Failed
