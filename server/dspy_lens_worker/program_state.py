"""What is kept of a program: DSPy's own state, which plain `program.load(path)` reads, without our models."""

import hashlib
import json
from typing import Any

from dspy_lens_worker.exported.running import SETTINGS, TUNED, Running
from dspy_lens_worker.messages import Order, ScoreMessage
from dspy_lens_worker.plain import plain


def state_of(program: Any) -> dict[str, Any]:
    """The program's state as JSON. The run's own models are left out: they are settings, not results."""
    copied = program.deepcopy()
    for _, predictor in copied.named_predictors():
        if not is_users_own(predictor.lm):
            predictor.lm = None
    state: dict[str, Any] = plain(copied.dump_state())
    return state


def is_users_own(lm: Any) -> bool:
    """Whether a predictor's model was put there by the program's author, or trained for it, and can be saved."""
    if not is_authors(lm):
        return False
    try:
        lm.dump_state()
    except (TypeError, ValueError):
        return False
    return True


def is_authors(lm: Any) -> bool:
    """Whether a predictor's model is the program's own: the run's models are marked with their role."""
    from dspy_lens_worker.hooks import ROLE

    return lm is not None and (not hasattr(lm, ROLE) or hasattr(lm, TUNED))


def running_part(running: Running | None) -> dict[str, Any]:
    """What the module beside the state reads, as it stands under `metadata.dspy_lens`."""
    return {SETTINGS: plain(running.settings)} if running else {}


def digest_of(state: dict[str, Any], running: Running | None = None) -> str:
    state = {**state, **running_part(running)}
    return hashlib.sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()


def instructions_of(program: Any) -> dict[str, str]:
    return {name: str(it.signature.instructions) for name, it in program.named_predictors()}


def demos_of(program: Any) -> dict[str, int]:
    return {name: len(it.demos) for name, it in program.named_predictors()}


def artifact(
    state: dict[str, Any],
    order: Order,
    baseline: ScoreMessage | None,
    best: ScoreMessage | None,
    running: Running | None = None,
) -> dict[str, Any]:
    """The state with DSPy's own metadata, and beside it where the program comes from."""
    from dspy.utils.saving import get_dependency_versions

    origin = {
        "run": order.run,
        "target": order.target.name,
        "key": order.key,
        "optimizer": order.optimizer,
        "model": order.model.name,
        "recipe": order.provenance,
        "baseline": baseline.model_dump() if baseline else None,
        "best": best.model_dump() if best else None,
        **running_part(running),
    }
    return {**state, "metadata": {"dependency_versions": get_dependency_versions(), "dspy_lens": origin}}
