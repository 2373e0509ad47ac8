"""How much of the caps is kept back, so that a stopped run still has a score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.guard import Amount
from dspy_lens_worker.load import Case
from dspy_lens_worker.messages import CapsOrder
from dspy_lens_worker.prices import Prices, size

GROWTH = 2  # an optimized prompt is about so much longer, by its demos
SLOWER = 1.5
ANSWER = 150  # tokens of a typical answer
UNKNOWN = 500  # tokens of a prompt that cannot be rendered beforehand


@dataclass(frozen=True, slots=True)
class Taken:
    """What the baseline took: logical calls, the requests that were billed, and the time."""

    calls: int
    billed: int
    amount: Amount
    seconds: float


def expected(student: Any, cases: Sequence[Case], lm: Any, prices: Prices) -> Amount:
    """About what one evaluation takes, before anything is known: each predictor called once an example."""
    price = prices.price(lm)
    tokens = [prompt_tokens(it, cases[0].order.inputs) for _, it in student.named_predictors()]
    micros = sum(price.micros(it, ANSWER) for it in tokens) if price else 0
    n = len(cases)
    return Amount(n * len(tokens), n * sum(it + ANSWER for it in tokens), n * micros)


def prompt_tokens(predictor: Any, inputs: dict[str, Any]) -> int:
    import dspy

    adapter = dspy.settings.get("adapter") or dspy.ChatAdapter()
    given = {it: inputs.get(it, "") for it in predictor.signature.input_fields}
    try:
        # `size` is on the cautious side by about two.
        return round(size(adapter.format(predictor.signature, [], given)) / 2)
    except Exception:  # an adapter or a type of the user's that wants real values
        return UNKNOWN


def for_final(taken: Taken, more: float = 1.0) -> tuple[Amount, float]:
    """What the final evaluation may take, by what the baseline took: longer prompts, none of them cached.

    `more` is how many times the calls of the original program the compiled one makes for an answer.
    """
    share = taken.calls / taken.billed if taken.billed else 0.0
    kept = Amount(taken.calls, round(taken.amount.tokens * share), round(taken.amount.micros * share))
    kept = kept * more
    longer = Amount(kept.requests, kept.tokens * GROWTH, kept.micros * GROWTH)
    return longer, taken.seconds * SLOWER * more


def leaves_room(caps: CapsOrder, amount: Amount) -> bool:
    """Whether anything is left of the caps beside an amount."""
    pairs = (
        (caps.calls, amount.requests),
        (caps.tokens, amount.tokens),
        (caps.micros, amount.micros),
    )
    return all(cap is None or used < cap for cap, used in pairs)
