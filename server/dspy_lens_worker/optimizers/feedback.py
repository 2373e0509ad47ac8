"""Feedback in words, made from any metric: what the score was, and what was expected."""

import json
from collections.abc import Callable
from typing import Any

LONGEST = 2000  # characters of a quoted value
PERFECT = 1.0


def with_feedback(metric: Callable[..., Any]) -> Callable[..., Any]:
    """A metric as GEPA wants it: five arguments, and words where a predictor is asked about."""

    def judged(gold: Any, pred: Any, trace: Any = None, pred_name: Any = None, pred_trace: Any = None) -> Any:
        result = metric(gold, pred, trace, pred_name, pred_trace)
        if pred_name is None:
            return result if hasattr(result, "score") else float(result)
        return in_words(result, gold, pred)

    return judged


def in_words(result: Any, gold: Any, pred: Any) -> Any:
    """The metric's own feedback, else one that quotes the expected answer."""
    import dspy

    own = getattr(result, "feedback", None)
    number = float(result.score if hasattr(result, "score") else result)
    return dspy.Prediction(score=number, feedback=str(own) if own else feedback(number, gold, pred))


def feedback(score: float, gold: Any, pred: Any) -> str:
    """One sentence on the score, then a line for each labelled output."""
    expected = labels_of(gold)
    if score >= PERFECT and not expected:
        return "The answer is right."
    if score >= PERFECT:
        return f"The answer is right: {'; '.join(f'{key} is {quoted(it)}' for key, it in expected.items())}."
    lines = [f"The answer got a score of {score:g} out of 1."]
    for key, label in expected.items():
        given = getattr(pred, key, None)
        said = "nothing was answered" if given is None else f"the answer was {quoted(given)}"
        lines.append(f"Expected {key}: {quoted(label)}; {said}.")
    return "\n".join(lines)


def labels_of(gold: Any) -> dict[str, Any]:
    """The outputs that an example gives, without what DSPy notes beside them."""
    return {key: it for key, it in gold.labels().items() if not key.startswith(("dspy_", "augmented"))}


def quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return f'"{text[:LONGEST]}…"' if len(text) > LONGEST else f'"{text}"'
