"""Figures as lenses and hovers write them: scores, money, ages, estimates. Pure text."""

from collections.abc import Mapping
from typing import Any

from dspy_lens.values.estimate import Estimate, Range
from dspy_lens.values.money import Micros, micros, shown
from dspy_lens.values.run import Run, Usage

PRACTICE = "practice model"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def shortened(text: str, longest: int) -> str:
    """The text in one line of at most so many characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else f"{flat[: longest - 1].rstrip()}…"


def percent(score: float) -> str:
    return f"{number(score)} %"


def number(score: float) -> str:
    """A share as a whole per cent; what is not quite all is never shown as 100."""
    value = round(score * 100)
    return str(99 if value == 100 and score < 1 else value)


def count(amount: float, noun: str) -> str:
    """`1 example`, `80 examples`, `1,200 calls`."""
    whole = round(amount)
    return f"{whole:,} {noun}" if whole == 1 else f"{whole:,} {noun}s"


def money_range(dollars: Range) -> str:
    """`$0.04`, or `$0.04–0.07` where the ends differ as shown."""
    low, high = shown(micros(dollars.low)), shown(micros(dollars.high))
    return low if low == high else f"{low}–{high.removeprefix('$')}"


def count_range(amount: Range, noun: str) -> str:
    low, high = round(amount.low), round(amount.high)
    return count(high, noun) if low == high else f"{low:,}–{high:,} {noun}s"


def estimated(estimate: Estimate) -> str:
    """What a run would take: dollars, calls where no price is known, `cached` where nothing would be sent."""
    if estimate.requests.high == 0 and estimate.calls.total.high > 0:
        return "cached"
    if estimate.dollars is not None and estimate.dollars.high > 0:
        return f"est. {money_range(estimate.dollars)}"
    return f"est. {count_range(estimate.requests, 'call')}"


def spent(usage: Usage) -> str:
    """What a run has cost; tokens or calls where the price is unknown, never as $0."""
    if usage.dollars is not None:
        return shown(usage.dollars)
    tokens = usage.input_tokens + usage.output_tokens
    return count(tokens, "token") if tokens else count(usage.requests, "call")


def duration(seconds: float) -> str:
    """`20 s`, `3 min`, `2 h`, `5 d`."""
    if seconds < MINUTE:
        return f"{max(1, round(seconds))} s"
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} min"
    if seconds < 2 * DAY:
        return f"{round(seconds / HOUR)} h"
    return f"{round(seconds / DAY)} d"


def age(then: float, now: float) -> str:
    return "just now" if now - then < MINUTE else f"{duration(now - then)} ago"


def is_practice(run: Run) -> bool:
    """Whether the built-in practice model answered."""
    if "practice" in run.outcome:
        return bool(run.outcome["practice"])
    task = run.recipe.models.get("task")
    name = task.get("name") if isinstance(task, dict) else task
    return name == "offline"


def headline(run: Run) -> str | None:
    """`62 → 83 % held-out (n=24)`; what was not held out says so; None without any score."""
    outcome = run.outcome
    before, after = outcome.get("baseline"), outcome.get("best")
    if found := after or before:
        return f"{arrow(score(before), score(after))} held-out ({of(found['n'], run)})"
    validation = outcome.get("validation") or {}
    if validation.get("best") is None and validation.get("baseline") is None:
        return None
    n = validation.get("n") or 0
    return (
        f"{arrow(validation.get('baseline'), validation.get('best'))} validation, not held-out ({of(n, run)})"
    )


def last_score(run: Run) -> str | None:
    """`83 % held-out (n=24)`: the result alone, without what it was before."""
    outcome = run.outcome
    if found := held_out(run):
        return f"{percent(found['score'])} held-out ({of(found['n'], run)})"
    validation = outcome.get("validation") or {}
    found = validation.get("baseline") if validation.get("best") is None else validation["best"]
    if found is None:
        return None
    return f"{percent(found)} validation, not held-out ({of(validation.get('n') or 0, run)})"


def was(run: Run) -> str | None:
    """`83 %`, with the practice model named."""
    found = held_out(run)
    value = score(found) if found else (run.outcome.get("validation") or {}).get("best")
    if value is None:
        return None
    return f"{percent(value)} ({PRACTICE})" if is_practice(run) else percent(value)


def held_out(run: Run) -> Mapping[str, Any] | None:
    """What the run's program got on held-out examples: the optimized one, else the one that it began with."""
    return run.outcome.get("best") or run.outcome.get("baseline")


def of(n: int, run: Run) -> str:
    parts = [f"n={n}"] if n else []
    return ", ".join([*parts, PRACTICE] if is_practice(run) else parts) or "n unknown"


def score(found: Mapping[str, Any] | None) -> float | None:
    return None if found is None else float(found["score"])


def arrow(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        known = after if after is not None else before
        return percent(known) if known is not None else "no score"
    return f"{number(before)} → {percent(after)}"


def of_cap(run: Run) -> str:
    """What a running run has spent, of what it may: `$0.02 of $0.50`, `12 of 100 calls`."""
    usage, caps = run.usage, run.caps
    if usage.dollars and caps.dollars is not None:
        return f"{shown(usage.dollars)} of {shown(caps.dollars)}"
    if is_practice(run) or not usage.dollars:
        calls = usage.requests if not is_practice(run) else usage.calls
        return f"{calls:,} of {count(caps.calls, 'call')}" if caps.calls is not None else count(calls, "call")
    return f"{shown(usage.dollars)} so far"


def dollars_of(amount: float | None) -> Micros | None:
    return None if amount is None else micros(round(amount, 6))
