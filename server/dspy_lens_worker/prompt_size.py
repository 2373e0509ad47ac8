"""How long a program's prompt is, and what its growth costs."""

from collections.abc import Sequence
from typing import Any

from dspy_lens_worker.messages import Prompt, PromptSize
from dspy_lens_worker.prices import Prices

RUNS = 1000  # of the program, for which a longer prompt is priced


def prompt_size(prices: Prices, model: Any, before: Sequence[Prompt], after: Sequence[Prompt]) -> PromptSize:
    """Tokens of what the original and the best program sent for one example; dollars for 1,000 runs of them.

    Dollars are left out where the model's price is not known.
    """
    both = (before, after)
    first, last = (sum(prices.tokens(model, it.messages) for it in sent) for sent in both)
    price = prices.price(model)
    calls_before, calls = map(len, both)
    if price is None:
        return PromptSize(before=first, after=last, calls_before=calls_before, calls=calls)
    thousand_before, thousand = (
        RUNS * (price.input * tokens + price.output * prices.answer(model) * len(sent))
        for tokens, sent in zip((first, last), both, strict=True)
    )
    return PromptSize(
        before=first,
        after=last,
        dollars=(last - first) * price.input * RUNS,
        thousand_before=thousand_before,
        thousand=thousand,
        calls_before=calls_before,
        calls=calls,
    )
