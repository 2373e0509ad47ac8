"""The recipe: all that decides a result, with its parts kept apart so that "stale" can say what changed."""

from dataclasses import dataclass, field
from typing import Any

from dspy_lens.values.examples import digest


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run was or would be made of; `key` decides freshness.

    Digests are sha256 in hexadecimal. `source` maps each piece the target leans on (`path:name`) to the
    digest of its exact text; `instructions` is the target's own instructions apart from the rest, so that
    applying a result can be told from other edits. `examples` lists the digests of the examples. `code` maps
    what the parameters name of the user's code to the digest of its source.
    """

    target: str
    source: dict[str, str]
    examples: tuple[str, ...]
    metric: str
    metric_source: str
    wrapper: str
    optimizer: str
    parameters: dict[str, Any]
    models: dict[str, Any]  # role -> name and its settings, keys left out
    split: dict[str, Any]
    seed: int
    dspy: str
    code: dict[str, str] = field(default_factory=dict)

    def parts(self) -> dict[str, Any]:
        """The recipe as JSON, as it is stored and compared."""
        return {
            "target": self.target,
            "source": self.source,
            "examples": list(self.examples),
            "metric": self.metric,
            "metric_source": self.metric_source,
            "wrapper": self.wrapper,
            "optimizer": self.optimizer,
            "parameters": self.parameters,
            "models": self.models,
            "split": self.split,
            "seed": self.seed,
            "dspy": self.dspy,
            "code": self.code,
        }

    @classmethod
    def from_parts(cls, parts: dict[str, Any]) -> "Recipe":
        return cls(**{**parts, "examples": tuple(parts["examples"])})

    @property
    def key(self) -> str:
        return digest(self.parts())[:16]
