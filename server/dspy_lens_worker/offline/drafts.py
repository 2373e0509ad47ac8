"""What the practice model makes up when it is asked for an example: plain sentences, each another one."""

from dspy_lens_worker.offline.draws import steady
from dspy_lens_worker.offline.kinds import Text, kind_of
from dspy_lens_worker.offline.prompts import Prompt

ASKED = frozenset({"purpose", "wanted", "earlier"})
"""The inputs by which the question of the verb "draft" is known."""

KINDS = (
    "late",
    "small",
    "broken",
    "new",
    "cheap",
    "old",
    "empty",
    "heavy",
    "wrong",
    "second",
    "quiet",
    "red",
)
THINGS = (
    "parcel",
    "invoice",
    "train",
    "garden",
    "printer",
    "letter",
    "kitchen",
    "meeting",
    "bicycle",
    "river",
)
DOINGS = (
    "arrived",
    "was found",
    "is missing",
    "was sent back",
    "came up",
    "stopped",
    "was repaired",
    "changed",
)
TIMES = (
    "on Monday",
    "at noon",
    "before the holidays",
    "last week",
    "again",
    "this morning",
    "after two days",
)


def drafted(prompt: Prompt) -> dict[str, str]:
    """A sentence for each field of free text; the other fields are answered as in any prompt."""
    wanted = prompt.inputs["wanted"]
    fields = [it.name for it in prompt.task.outputs if kind_of(it) == Text()]
    return {it: sentence(wanted, prompt.inputs["purpose"], it) for it in fields}


def sentence(*seed: str) -> str:
    """The same for the same seed."""
    kind, thing, doing, time = (
        words[int(steady(at, *seed) * len(words))] for at, words in enumerate((KINDS, THINGS, DOINGS, TIMES))
    )
    return f"The {kind} {thing} {doing} {time}."
