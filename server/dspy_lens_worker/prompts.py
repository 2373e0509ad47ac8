"""The prompts of one example as they are sent, seen through DSPy's own callbacks."""

from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.hooks import JUDGING
from dspy_lens_worker.plain import plain

KEPT = "dspy_lens_prompts"  # the setting that holds the list, where prompts are to be kept
MOST = 24  # prompts of one example; an agent may ask without end


@dataclass(frozen=True, slots=True)
class Sent:
    """The messages of one call, and the predictor that made it."""

    predictor: Any
    messages: Any


def keeper() -> Any:
    """A DSPy callback that keeps what is sent wherever the settings hold a list for it."""
    import dspy
    from dspy.utils.callback import BaseCallback

    class Keeper(BaseCallback):  # type: ignore[misc]
        def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
            kept: list[Sent] | None = dspy.settings.get(KEPT)
            if kept is None or dspy.settings.get(JUDGING) or len(kept) >= MOST:
                return
            messages = inputs.get("messages") or [{"role": "user", "content": inputs.get("prompt")}]
            kept.append(Sent((dspy.settings.get("caller_modules") or [None])[-1], messages))

    return Keeper()


def as_messages(sent: Any) -> list[dict[str, Any]]:
    """Messages as JSON, each with a role and a content."""
    listed = plain(sent) if isinstance(sent, list | tuple) else [plain(sent)]
    return [it if isinstance(it, dict) else {"role": "user", "content": it} for it in listed]
