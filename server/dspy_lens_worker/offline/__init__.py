"""The practice model: an in-context learner without network or key, as an engine of DSPy.

It answers from the prompt alone. The demos most like the question vote, words that the instructions tie
to an answer count as evidence, and the type of a field limits what it may say. Asked to write
instructions, it names what tells the answers apart in the examples that it is shown. So demos and
instructions change how often it is right, for better or worse, and nothing else does.

Its weights were set by trying it on the kind of text it is demonstrated with, and the writer's sentences
are of a form that the reader knows: its gains say that optimization works, not how much a model would gain.
"""

from typing import Any

from dspy_lens_worker.offline.engine import AsyncPracticeEngine, PracticeEngine
from dspy_lens_worker.offline.rollouts import Rollouts

# DSPy's cache tells models apart by their names only: an engine that answers otherwise needs a new one.
PRACTICE_MODEL = "offline/practice-1"


def practice_lm(temperature: float | None = None, **parameters: Any) -> Any:
    """The practice model as a `dspy.LM`, with DSPy's own parameters such as `cache` or `callbacks`."""
    import dspy

    callbacks = [Rollouts(), *(parameters.pop("callbacks", None) or [])]
    return dspy.LM(
        PRACTICE_MODEL,
        temperature=temperature,
        engine=PracticeEngine(),
        async_engine=AsyncPracticeEngine(),
        callbacks=callbacks,
        **parameters,
    )


__all__ = ["PRACTICE_MODEL", "practice_lm"]
