"""What an estimate leans on, as sentences for the user."""

from dspy_lens.estimate.correcting import Correction
from dspy_lens.estimate.prices import Prices
from dspy_lens.estimate.sizes import Asked
from dspy_lens.values.estimate import Range
from dspy_lens_worker.optimizers.base import Shape

UNMEASURED = "Prompts were not measured, so tokens and dollars are not known. `dspy-lens doctor` says why."


def assumptions(
    asked: Asked,
    shape: Shape,
    prices: Prices | None,
    correction: Correction,
    judge_calls: Range,
    uncached: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    return (
        *_about_calls(asked, shape, judge_calls),
        *_about_cache(asked, uncached),
        *(_about_sizes(prices, correction) if prices else (UNMEASURED,)),
    )


def _about_calls(asked: Asked, shape: Shape, judge_calls: Range) -> list[str]:
    said = [
        "Failed requests that are tried again, and replies that cannot be read and are asked for again, come on top."
    ]
    if asked.plan.sequential.high > asked.plan.sequential.low:
        known = f"measured on {shape.measured} examples" if shape.measured else "not yet measured"
        said.append(
            f"The program gets {shape.success:.0%} of the examples right ({known}); "
            "with fewer right answers, making demos takes more calls."
        )
    if shape.calls_per_run.low != shape.calls_per_run.high:
        low, high = shape.calls_per_run.low, shape.calls_per_run.high
        said.append(f"One run of the program makes {low:.0f} to {high:.0f} calls.")
    if asked.plan.result_runs.high > 1:
        low, high = asked.plan.result_runs.low, asked.plan.result_runs.high
        times = f"{low:.0f}" if low == high else f"{low:.0f} to {high:.0f}"
        said.append(f"Every answer of the result, also in production, takes {times} runs of the program.")
    if asked.plan.trained.high:
        price = asked.plan.training_price
        known = "unknown: set training_price" if price is None else f"${price * 1e6:g} for a million tokens"
        said.append(f"The price of training is {known}. The trained model is priced as the one before it.")
    if judge_calls.high:
        ends = dict.fromkeys(f"{it:.2g}" for it in (judge_calls.low, judge_calls.high))
        often = " to ".join(ends)
        said.append(
            f"The metric asks a model for each answer ({often} calls); the same answer is judged once."
        )
    return said


def _about_cache(asked: Asked, uncached: frozenset[str]) -> list[str]:
    said = []
    if "task" in uncached:
        said.append("The LM cache is off: what was asked before is sent, and paid, again.")
    if asked.cached.high:
        said.append(f"The LM cache holds {asked.cached.expected:.0f} of the calls already.")
    if asked.repeated.high + asked.again.high >= 1:
        said.append("Questions that come up again in the same run are answered by the LM cache.")
    return said


def _about_sizes(prices: Prices, correction: Correction) -> list[str]:
    if prices.practice:
        return ["The practice model costs nothing."]
    said = []
    if correction.runs:
        runs = "an earlier run" if correction.runs == 1 else f"{correction.runs} earlier runs"
        said.append(f"Sizes are corrected by what {runs} really used.")
    else:
        said.append("Free text takes 40 tokens and reasoning 60 where no example shows how long it is.")
    if prices.task is None or prices.prompt is None:
        said.append("The price of a model is unknown, so there is no estimate in dollars.")
    return [*said, *prices.notes]
