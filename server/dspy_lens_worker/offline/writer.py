"""What the practice model writes when an optimizer asks it about a task: notes on the examples it is shown."""

from typing import Any

from dspy_lens_worker.offline.draws import Draws
from dspy_lens_worker.offline.prompts import Prompt


def written(prompt: Prompt, draws: Draws) -> dict[str, Any]:
    """The values of a meta-prompt's output fields; nothing when the prompt is an ordinary one."""
    return {}
