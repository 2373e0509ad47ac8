"""A target: a signature or program with its examples and metric."""

from dataclasses import dataclass

from dspy_lens.values.definition import Definition, Piece, Problem
from dspy_lens.values.elsewhere import Elsewhere
from dspy_lens.values.examples import ExampleSet
from dspy_lens.values.match import Match
from dspy_lens.values.settings import TargetSettings


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric by name (`exact`, `f1:answer`, `app.metrics:score`) and the rule that found it.

    `pieces` is the source text of a user's function with what it leans on; empty for built-in metrics.
    """

    name: str
    rule: str  # comment | settings | calls | type
    pieces: tuple[Piece, ...] = ()

    @property
    def is_function(self) -> bool:
        """Whether it names the user's own function, `pkg.mod:function`."""
        head, separator, _ = self.name.partition(":")
        return bool(separator) and (bool(self.pieces) or "." in head)


@dataclass(frozen=True, slots=True)
class Missed:
    """Why a rule that would have come first gave a target no examples or no metric."""

    what: str  # examples | metric
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Target:
    """What a lens stands on, joined with its examples and metric as far as they are known."""

    definition: Definition
    settings: TargetSettings
    examples: ExampleSet | None = None
    metric: Metric | None = None
    problems: tuple[Problem, ...] = ()
    wanted: tuple[
        Elsewhere, ...
    ] = ()  # sources of examples that can only be got after a yes, and were not yet
    missed: tuple[Missed, ...] = ()
    offers: tuple[Match, ...] = ()  # without examples: files near it that may hold them

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """What is wrong with the target and with its examples."""
        return (*self.problems, *(self.examples.problems if self.examples else ()))
