"""Judging an answer: the practice model compares its words with those that were expected."""

from collections import Counter

from dspy_lens_worker.judging import NOT_GIVEN
from dspy_lens_worker.offline.features import words
from dspy_lens_worker.offline.prompts import Prompt

ASKED = {"task", "inputs", "expected", "answer"}
PARTLY = 0.5  # share of words in common from which on an answer is partly right


def is_judging(prompt: Prompt) -> bool:
    """Whether the prompt asks for a judge's verdict."""
    return prompt.inputs.keys() >= ASKED and "verdict" in {it.name for it in prompt.task.outputs}


def verdict(prompt: Prompt) -> str:
    """Right, partly right or wrong, by the words in common; without an expected answer by those of the inputs."""
    wanted = prompt.inputs["expected"].strip()
    if wanted == NOT_GIVEN:
        wanted = prompt.inputs["inputs"]
    share = in_common(wanted, prompt.inputs["answer"])
    return "right" if share >= 1 else "partly right" if share >= PARTLY else "wrong"


def in_common(wanted: str, given: str) -> float:
    """Twice the words in common by the words of both, from 0 to 1 (L. R. Dice, Ecology 26, 1945)."""
    a, b = (Counter(it.lower() for it in words(text)) for text in (wanted, given))
    return 2 * (a & b).total() / (a + b).total() if a + b else 1.0
