"""Prices by the settings, in what a run is charged and in what an estimate says."""

import pytest

from dspy_lens_worker.measure.prices import notes, price
from dspy_lens_worker.messages import (
    CapsOrder,
    FieldOrder,
    MeasureRequest,
    ModelOrder,
    PriceOrder,
    TargetOrder,
)
from support.orders import Place, examples, loopback, run
from support.provider import KEY, Provider

ENVIRONMENT = {"OPENAI_API_KEY": KEY}
LISTED = ModelOrder(name="openai/gpt-4o-mini")


def said(amount: float, own: bool = True) -> PriceOrder:
    """A price in dollars for a million tokens, input and output alike."""
    return PriceOrder(input=amount / 1e6, output=amount / 1e6, own=own, source="the settings of May")


def test_a_model_that_no_list_knows_is_charged_by_the_settings(place: Place, provider: Provider) -> None:
    order = place.order(
        model=loopback(provider.base), verb="evaluate", prices={"openai/test-model": said(10)},
        caps=CapsOrder(micros=1_000_000),
    )  # fmt: skip
    end = run(place.folder(order, examples()), ENVIRONMENT).finished
    assert end.state == "succeeded", end.reason
    tokens = end.tokens.input + end.tokens.output
    assert end.dollars == pytest.approx(tokens * 10e-6, rel=0.02)


@pytest.mark.parametrize(("order", "cheaper"), [(said(0.001), True), (said(0.001, own=False), False)])
def test_only_the_users_own_word_makes_a_model_cheaper(
    place: Place, provider: Provider, order: PriceOrder, cheaper: bool
) -> None:
    model = LISTED.model_copy(update={"api_base": provider.base, "parameters": {"num_retries": 0}})
    given = place.order(model=model, verb="evaluate", prices={LISTED.name: order})
    end = run(place.folder(given, examples()), ENVIRONMENT).finished
    assert end.dollars is not None
    tokens = end.tokens.input + end.tokens.output
    assert (end.dollars < tokens * 0.1e-6) == cheaper


def test_a_price_of_the_settings_stands_over_the_lists() -> None:
    listed = price(LISTED)
    assert listed is not None
    own, claimed = (price(LISTED, {LISTED.name: said(0, it)}) for it in (True, False))
    assert own is not None
    assert (own.input, own.output, own.max_output) == (0, 0, listed.max_output)
    assert claimed == listed
    unlisted = ModelOrder(name="openai/test-model")
    assert price(unlisted) is None
    assert price(unlisted, {unlisted.name: said(0, own=False)}) is None
    assert price(unlisted, {unlisted.name: said(1)}) is not None


def test_each_price_says_where_it_is_from() -> None:
    target = TargetOrder(
        name="app:QA", kind="class", path="app.py", module="app", qualname="QA", import_roots=[],
        inputs=[FieldOrder(name="q")], outputs=[FieldOrder(name="a")],
    )  # fmt: skip
    request = MeasureRequest(
        id=1,
        predictors=[target],
        model=LISTED,
        judge_model=ModelOrder(name="openai/test-model"),
        prices={"openai/test-model": said(3)},
    )
    first, second = notes(request)
    assert first.startswith(
        "openai/gpt-4o-mini costs $0.15 for a million input tokens, $0.6 for output, by the"
    )
    assert "price list of DSPy 3.4" in first
    assert second == (
        "openai/test-model costs $3 for a million input tokens, $3 for output, by the settings of May."
    )
