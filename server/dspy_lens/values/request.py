"""What someone asks for, and the answers that are not a run: refusals and questions are values."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dspy_lens.values.definition import Definition
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.run import Run, Verb

Reason = Literal[
    "cap", "budget", "unsaved", "untrusted", "examples", "metric", "key", "missing", "declined", "used"
]


class RunRequest(BaseModel):
    """A run as editor or terminal asks for it; what is None comes from the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str | None = Field(None, description="A target's name, its unique last part, or `path.py:QA`.")
    verb: Verb = Verb.OPTIMIZE
    optimizer: str | None = Field(None, description="A name, or names in sequence separated by commas.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="Of the optimizer, by name.")
    model: str | None = None
    prompt_model: str | None = None
    teacher: str | None = None
    judge_model: str | None = None
    cap: float | None = Field(None, ge=0, description="Dollars.")
    cap_calls: int | None = Field(None, ge=0)
    cap_tokens: int | None = Field(None, ge=0)
    cap_minutes: float | None = Field(None, gt=0)
    threads: int | None = Field(None, ge=1, le=256)
    seed: int | None = None
    cache: bool | None = Field(None, description="Whether the LM cache answers what was asked before.")
    fresh: bool = Field(False, description="Run even when the store holds the answer.")
    over_budget: bool = Field(False, description="Start although the budget does not hold what it may cost.")
    sample: int | None = Field(
        None, ge=1, description="A dry run: so many examples are asked, one after the other, to measure."
    )
    drafts: int | None = Field(None, ge=1, le=100, description="Examples that the verb `draft` asks for.")
    yes: bool = Field(False, description="Answers every question but that on going over the budget.")


class ContestRequest(RunRequest):
    """Runs of one target that are to be compared: each optimizer with each model. Caps hold all of them together."""

    optimizers: list[str] = Field(
        default_factory=list,
        description="Each a name or names in sequence, with parameters of its own: `miprov2 auto=heavy`. "
        "Without any, the program is scored as it is.",
    )
    models: list[str] = Field(default_factory=list, description="Task models; without any, the settings'.")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was started: one sentence on what happened and one thing to do.

    `fix` is the shell command that does that thing; empty where none does.
    """

    reason: Reason
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What must be said yes to before anything runs."""

    kind: Literal["trust", "interpreter", "endpoint", "examples", "spend", "budget"]
    message: str
    yes: str  # the text of the button that agrees
    subject: str = ""  # the endpoint or interpreter, where that is the question


@dataclass(frozen=True, slots=True)
class Answered:
    """The recipe was run before; here is its run, and nothing is paid."""

    run: Run


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several targets would fit."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What is no longer what it was shown as, so that windows can refresh."""

    targets: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Planned:
    """A recipe with its estimate, ready to become an order."""

    definition: Definition
    recipe: Recipe
    estimate: Estimate
