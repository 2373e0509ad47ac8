"""Figures of the JSON as people read them."""

import time
from collections.abc import Mapping
from typing import Any

from dspy_lens.values.figures import age, percent
from dspy_lens.values.money import micros, shown

BLOCKS = "▁▂▃▄▅▆▇█"


def price(dollars: float | None) -> str:
    """`$0.04`; a dash where no price is known, never $0."""
    return "price unknown" if dollars is None else shown(micros(round(dollars, 6)))


def cost(dollars: float | None, tokens: Mapping[str, int] | None) -> str:
    """What was spent; in tokens where no price is known."""
    if dollars is None and tokens and (total := tokens["input"] + tokens["output"]):
        return f"{total:,} tokens"
    return price(dollars)


def between(figure: Mapping[str, float] | None, write: Any = lambda value: f"{value:,.0f}") -> str:
    """`240`, or `220–260`; a dash where it is unknown."""
    if figure is None:
        return "–"
    low, high = write(figure["low"]), write(figure["high"])
    return str(low) if low == high else f"{low}–{high}"


def scored(score: Mapping[str, Any] | None) -> str:
    """`83 % (65–93 %, n=24)`: a score with its 95 % interval."""
    if score is None:
        return "–"
    low, high = percent(score["low"]).removesuffix(" %"), percent(score["high"])
    return f"{percent(score['score'])} ({low}–{high}, n={score['n']})"


def share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def headline(outcome: Mapping[str, Any]) -> str:
    """`62 → 83 % held-out (n=24)`, saying so where it is not held-out, or where it is practice."""
    before, after = outcome.get("baseline"), outcome.get("best")
    practice = ", practice model" if outcome.get("practice") else ""
    if found := after or before:
        text = arrow(before and before["score"], after and after["score"])
        return f"{text} held-out (n={found['n']}{practice})"
    validation = outcome.get("validation") or {}
    if validation.get("best") is None and validation.get("baseline") is None:
        return "drafts made" if outcome.get("optimizer") == "draft" else "no score"
    text = arrow(validation.get("baseline"), validation.get("best"))
    return f"{text} validation, not held-out (n={validation.get('n')}{practice})"


def arrow(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return share(before if after is None else after)
    return f"{percent(before).removesuffix(' %')} → {percent(after)}"


def block(score: float, low: float, high: float) -> str:
    """A block as high as a score between the lowest and the highest."""
    height = (score - low) / (high - low) if high > low else 1.0
    return BLOCKS[min(len(BLOCKS) - 1, int(height * len(BLOCKS)))]


def parameters_text(parameters: Mapping[str, Any] | None) -> str:
    """`max_labeled_demos=4 auto=light`: those that say something, inside of tables too."""
    return " ".join(f"{name}={_said(value)}" for name, value in _telling(parameters or {}).items())


def _telling(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: it for name, it in parameters.items() if it is not None and it != {}}


def _said(value: Any) -> str:
    return f"{{{parameters_text(value)}}}" if isinstance(value, Mapping) else str(value)


def model_of(run: Mapping[str, Any]) -> str:
    """The task model of a run; the practice model is named as what it is."""
    name = (run["models"].get("task") or {}).get("name") or "no model"
    return f"{name} (practice model)" if name == "offline" else str(name)


def ago(moment: float | None) -> str:
    return "–" if moment is None else age(moment, time.time())


def plural(amount: int, noun: str) -> str:
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"
