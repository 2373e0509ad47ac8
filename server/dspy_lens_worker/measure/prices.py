"""What models cost, from the price list that DSPy brings; an unknown price is None, never 0."""

from functools import lru_cache

from dspy_lens_worker.messages import ModelOrder, PriceMessage

PRACTICE = "offline"


def is_practice(model: ModelOrder) -> bool:
    """Whether it is the built-in practice model, which costs a known nothing."""
    return model.name == PRACTICE


def price(model: ModelOrder) -> PriceMessage | None:
    if is_practice(model):
        return PriceMessage(input=0, output=0)
    return _price(model.name)


@lru_cache(maxsize=256)
def _price(name: str) -> PriceMessage | None:
    from dspy.clients.model_metadata import model_info, rate

    provider, model, namespaces = _route(name)
    info = model_info(provider, model, namespaces=namespaces)
    input_rate, output_rate = rate(info, "input_cost_per_token"), rate(info, "output_cost_per_token")
    if input_rate is None or output_rate is None:
        return None
    largest = rate(info, "max_output_tokens") or rate(info, "max_tokens")
    return PriceMessage(input=input_rate, output=output_rate, max_output=int(largest) if largest else None)


def _route(name: str) -> tuple[str, str, tuple[str, ...] | None]:
    """Provider and model as DSPy's own pricing sees them; by the name alone where it uses LiteLLM."""
    import dspy
    from dspy.clients.capabilities import resolve

    try:
        route = resolve(dspy.LM(name))
    except Exception:  # a model that DSPy's own client does not know
        provider, separator, model = name.partition("/")
        return (provider, model, None) if separator else ("openai", name, None)
    return route.provider, route.model, None
