"""What models cost, from the price list that DSPy brings; an unknown price is None, never 0."""

from functools import lru_cache

from dspy_lens_worker.messages import ModelOrder, PriceMessage

PRACTICE = "offline"


def is_practice(model: ModelOrder) -> bool:
    """Whether it is the built-in practice model, which costs a known nothing."""
    return model.name == PRACTICE


def price(model: ModelOrder) -> PriceMessage | None:
    return PriceMessage(input=0, output=0) if is_practice(model) else _price(model.name)


@lru_cache(maxsize=256)
def _price(name: str) -> PriceMessage | None:
    import dspy

    from dspy_lens_worker.prices import look_up

    found, _ = look_up(dspy.LM(name))
    return (
        PriceMessage(input=found.input, output=found.output, max_output=found.max_output) if found else None
    )
