"""The text of a reply, as the adapter that asked reads it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dspy_lens_worker.offline.answers import answers
from dspy_lens_worker.offline.drafts import ASKED, drafted
from dspy_lens_worker.offline.draws import Draws
from dspy_lens_worker.offline.prompts import Prompt, Turn, plain, read_prompt
from dspy_lens_worker.offline.writer import written

QUOTED = 200  # characters of a question that no adapter wrote


def reply(system: str, turns: Sequence[Turn], draws: Draws) -> str:
    """What the practice model says to a conversation."""
    prompt = read_prompt(system, turns)
    if prompt is None:
        asked = turns[-1].text if turns else system
        return f"The practice model answers DSPy's prompts only. It was asked: {asked[:QUOTED]}"
    values = drafted(prompt) if prompt.inputs.keys() == ASKED else written(prompt, draws)
    if len(values) < len(prompt.task.outputs):
        values = {**answers(prompt, draws), **values}
    return as_json(values) if prompt.wants_json else as_chat(prompt, values)


def as_json(values: Mapping[str, Any]) -> str:
    """One JSON object."""
    return json.dumps(values, ensure_ascii=False)


def as_chat(prompt: Prompt, values: Mapping[str, Any]) -> str:
    """Each field under its header."""
    parts = [f"[[ ## {field.name} ## ]]\n{plain(values[field.name])}" for field in prompt.task.outputs]
    return "\n\n".join([*parts, "[[ ## completed ## ]]"])
