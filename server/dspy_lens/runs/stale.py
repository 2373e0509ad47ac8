"""What changed between two recipes, in the words that lenses show."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dspy_lens.values.recipe import Recipe

SHAPE = "#shape"
"""Among a recipe's sources: the digest of what stays when only instructions change."""


def stale_reasons(old: Recipe, new: Recipe, noun: str = "signature") -> tuple[str, ...]:
    """Why a result of `old` is not one of `new`; empty when it is.

    Optimizer, parameters, seed and the models that help optimizing do not matter: another way there
    does not make a result stale. `noun` is "signature" or "program".
    """
    reasons = [
        source_reason(old.target, old.source, new.source, noun),
        examples_reason(old.examples, new.examples),
        *code_reasons(old.code, new.code),
        "metric changed" if (old.metric, old.metric_source) != (new.metric, new.metric_source) else None,
        f"{noun} wrapper changed" if old.wrapper != new.wrapper else None,
        "model changed" if judged_by(old.models) != judged_by(new.models) else None,
        "split changed" if old.split != new.split else None,
        "DSPy changed" if old.dspy and new.dspy and old.dspy != new.dspy else None,
    ]
    return tuple(it for it in reasons if it)


def source_reason(target: str, old: Mapping[str, str], new: Mapping[str, str], noun: str) -> str | None:
    """Nothing, "instructions changed", or that the signature or program did."""
    if dict(old) == dict(new):
        return None
    changed = {it for it in {*old, *new} if old.get(it) != new.get(it)}
    own = ":" + target.partition(":")[2]
    only_own = all(it.endswith(own) for it in changed)
    return "instructions changed" if SHAPE in new and only_own else f"{noun} changed"


def code_reasons(old: Mapping[str, str], new: Mapping[str, str | None]) -> list[str]:
    """What the result's parameters named of the user's code, and reads otherwise now; other code does not matter."""
    return [f"{name} changed" for name in old if new.get(name) != old[name]]


def examples_reason(old: Sequence[str], new: Sequence[str]) -> str | None:
    """How many examples are others now; their order does not matter."""
    gone, come = Counter(old) - Counter(new), Counter(new) - Counter(old)
    count = max(gone.total(), come.total())
    if not count:
        return None
    return f"{count} example{'s' if count > 1 else ''} changed"


def judged_by(models: Mapping[str, Any]) -> dict[str, Any]:
    """The models that give the score."""
    return {role: it for role, it in models.items() if role in ("task", "judge")} or dict(models)
