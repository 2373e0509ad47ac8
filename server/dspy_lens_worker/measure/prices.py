"""What models cost: by the settings, else from the price list that DSPy brings; an unknown price is None, never 0."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from dspy_lens_worker.messages import MeasureRequest, ModelOrder, PriceMessage, PriceOrder
from dspy_lens_worker.prices import MILLION, Price, said_prices

PRACTICE = "offline"


def is_practice(model: ModelOrder) -> bool:
    """Whether it is the built-in practice model, which costs a known nothing."""
    return model.name == PRACTICE


def price(model: ModelOrder, orders: Mapping[str, PriceOrder] | None = None) -> PriceMessage | None:
    """What a token of the model costs; a price by the settings stands over the list's."""
    if is_practice(model):
        return PriceMessage(input=0, output=0)
    said, listed = said_prices(orders or {}).get(model.name), _listed(model.name)
    found = said.over(listed) if said else listed
    if found is None:
        return None
    return PriceMessage(input=found.input, output=found.output, max_output=found.max_output)


def notes(request: MeasureRequest) -> Iterator[str]:
    """A sentence on the price of each model that takes part, and on where it is from."""
    models = (request.model, request.prompt_model, request.judge_model)
    for model in {it.name: it for it in models if it is not None and not is_practice(it)}.values():
        if (found := price(model, request.prices)) is None:
            continue
        order, listed = request.prices.get(model.name), price(model)
        source = order.source if order and found != listed else f"the price list of DSPy {_version()}"
        given, made = (f"${it * MILLION:.4g}" for it in (found.input, found.output))
        yield f"{model.name} costs {given} for a million input tokens, {made} for output, by {source}."


def _version() -> str:
    from importlib.metadata import version

    return version("dspy")


@lru_cache(maxsize=256)
def _listed(name: str) -> Price | None:
    import dspy

    from dspy_lens_worker.prices import look_up

    return look_up(dspy.LM(name))[0]
