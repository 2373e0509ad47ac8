"""The trials as data of a chart, and in words for whoever does not see it. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dspy_lens.pages.record import Record
from dspy_lens.values.figures import percent
from dspy_lens_worker.messages import Trial


@dataclass(frozen=True, slots=True)
class Chart:
    """`data` is JSON: trials, scores of full ones, of minibatches, the best so far; `base` the unoptimized."""

    data: str
    summary: str
    minibatches: bool
    base: float | None


def chart(record: Record) -> Chart | None:
    """The chart of a run; None where it has no trial."""
    trials = record.trials
    if not trials:
        return None
    validation = record.run.outcome.get("validation") or {}
    base = validation.get("baseline")
    series: list[list[Any]] = [
        [it.number for it in trials],
        [it.score if it.full else None for it in trials],
        [None if it.full else it.score for it in trials],
        best_so_far(trials),
    ]
    data = json.dumps({"series": series, "base": base}, allow_nan=False)
    return Chart(data, in_words(trials), any(not it.full for it in trials), base)


def best_so_far(trials: Sequence[Trial]) -> list[float | None]:
    """The best full score up to each trial; a minibatch is never the best."""
    found: list[float | None] = []
    best: float | None = None
    for it in trials:
        if it.full and (best is None or it.score > best):
            best = it.score
        found.append(best)
    return found


def in_words(trials: Sequence[Trial]) -> str:
    """`19 trials. The best scored 42 % in trial 8, the first 19 %.`"""
    full = [it for it in trials if it.full]
    many = f"{len(trials)} trial{'s' if len(trials) != 1 else ''}"
    if not full:
        return f"{many}, all of them on minibatches of the validation examples."
    best = max(full, key=lambda it: it.score)
    start = f"The best scored {percent(best.score)} in trial {best.number}"
    first = f", the first {percent(full[0].score)}" if full[0].number != best.number else ""
    return f"{many}. {start}{first}."
