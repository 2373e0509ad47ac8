"""How a compiled program runs, where its saved state alone does not say it."""

from dataclasses import dataclass
from typing import Any, Literal

NAME = "dspy_lens_running"  # an attribute of the program, so that copies of it keep it
TUNED = "_dspy_lens_tuned"  # on a model that belongs to the program, since it was trained for it
SETTINGS = "running"  # where the module looks for them, under `metadata.dspy_lens` of the state


@dataclass(frozen=True)
class Running:
    """What the module beside the state needs to know; `function` is `pkg.mod:name` of the user's own code."""

    kind: Literal["knn", "ensemble"]
    settings: dict[str, Any]
    function: str | None = None


def mark(program: Any, running: Running) -> Any:
    """The program, which tells from now on how it runs."""
    setattr(program, NAME, running)
    return program


def running_of(program: Any) -> Running | None:
    """How the program runs; None where its state says all."""
    found: Running | None = getattr(program, NAME, None)
    return found
