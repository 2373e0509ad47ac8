"""What was estimated against what it took. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from dspy_lens.values.estimate import Estimate, Range
from dspy_lens.values.figures import duration, money_range
from dspy_lens.values.money import dollars, micros, shown
from dspy_lens.values.run import Run


@dataclass(frozen=True, slots=True)
class Cost:
    """One row: `said` is how the estimate did, empty where there was none."""

    name: str
    estimated: str
    took: str
    said: str = ""


def costs(run: Run, estimate: Estimate | None) -> list[Cost]:
    return list(rows(run, estimate))


def rows(run: Run, estimate: Estimate | None) -> Iterator[Cost]:
    usage, tokens = run.usage, estimate.tokens if estimate else None
    yield counted("calls of models", estimate.calls.total if estimate else None, usage.calls)
    yield counted(
        "of them answered by the cache", estimate.cached_calls if estimate else None, usage.cached, False
    )
    yield counted("requests sent", estimate.requests if estimate else None, usage.requests)
    yield counted("input tokens", tokens.input if tokens else None, usage.input_tokens)
    yield counted("output tokens", tokens.output if tokens else None, usage.output_tokens)
    yield paid(run, estimate.dollars if estimate else None)
    if size := run.outcome.get("prompt"):
        yield Cost("input tokens of one program run", "–", from_to(size["before"], size["after"]))
        if size.get("calls") and size["calls"] != size["calls_before"]:
            yield Cost("calls of one program run", "–", from_to(size["calls_before"], size["calls"]))
        if size.get("dollars"):
            yield Cost("what that adds to 1,000 program runs", "–", signed(size["dollars"]))
    seconds = run.outcome.get("seconds")
    if seconds:
        yield timed(float(seconds), estimate.seconds if estimate else None)


def from_to(before: float, after: float) -> str:
    return f"{after:,.0f}" if round(before) == round(after) else f"{before:,.0f} → {after:,.0f}"


def signed(amount: float) -> str:
    """`+ $0.05`, `− $0.02`; nothing for nothing."""
    text = shown(micros(abs(round(amount, 6))))
    return text if not amount else f"{'+' if amount > 0 else '−'} {text}"


def counted(name: str, expected: Range | None, took: float, judge: bool = True) -> Cost:
    said = how(expected, took) if judge else ""
    return Cost(name, between(expected), f"{took:,.0f}", said)


def paid(run: Run, expected: Range | None) -> Cost:
    amount = run.usage.dollars
    took = "unknown price" if amount is None else shown(amount)
    said = "" if amount is None else how(expected, dollars(amount))
    return Cost("dollars", money_range(expected) if expected else "unknown price", took, said)


def timed(seconds: float, expected: Range | None) -> Cost:
    if expected is None:
        return Cost("time", "–", duration(seconds))
    low, high = duration(expected.low), duration(expected.high)
    text = low if low == high else f"{low} – {high}"
    return Cost("time", text, duration(seconds), how(expected, seconds))


def between(it: Range | None) -> str:
    if it is None:
        return "–"
    low, high = f"{it.low:,.0f}", f"{it.high:,.0f}"
    return low if low == high else f"{low} – {high}"


def how(expected: Range | None, took: float) -> str:
    """Whether it took what was estimated, to within a hundredth."""
    if expected is None:
        return ""
    if took > expected.high * 1.01:
        return "more"
    return "less" if took < expected.low * 0.99 else "as estimated"
