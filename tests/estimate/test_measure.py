"""What the measurer says of prompts: sizes, prices, and what the LM cache holds."""

import os
from pathlib import Path
from typing import Any

import pytest

from dspy_lens_worker.cache import EndpointCache
from dspy_lens_worker.measure import measure
from dspy_lens_worker.measure.serve import answer
from dspy_lens_worker.measure.tokens import count_messages, counter
from dspy_lens_worker.messages import FieldOrder, MeasureRequest, ModelOrder, TargetOrder
from support.counting import CountingEngine

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
ROWS = [{"question": f"Which number comes after {it}?", "answer": str(it + 1)} for it in range(10)]


def target(wrapper: str = "Predict", kind: str = "str") -> TargetOrder:
    return TargetOrder(
        name="app:QA", kind="class", path="app.py", module="app", qualname="QA", import_roots=[],
        literal=None, wrapper=wrapper, inputs=[FieldOrder(name="question")],
        outputs=[FieldOrder(name="answer", type=kind)],
    )  # fmt: skip


def request(*predictors: TargetOrder, model: str = "openai/gpt-4o-mini", **more: Any) -> MeasureRequest:
    given = {"samples": ROWS, "preview": False, **more}
    return MeasureRequest(id=1, predictors=list(predictors), model=ModelOrder(name=model), **given)


def test_input_tokens_are_those_of_the_messages_that_dspy_sends() -> None:
    import dspy

    messages = [
        dspy.ChatAdapter().format(dspy.Signature("question -> answer"), [], {"question": it["question"]})
        for it in ROWS
    ]
    count = counter("openai/gpt-4o-mini")
    [found] = measure(request(target())).predictors
    assert found.input == sum(count_messages(it, count) for it in messages) / len(ROWS)


def test_a_demo_adds_what_dspy_adds_for_it() -> None:
    import dspy

    adapter, signature = dspy.ChatAdapter(), dspy.Signature("question -> answer")
    count = counter("openai/gpt-4o-mini")
    inputs = {"question": ROWS[0]["question"]}
    sizes = [count_messages(adapter.format(signature, ROWS[:it], inputs), count) for it in (0, 3)]
    [found] = measure(request(target(), demos=ROWS[:3])).predictors
    assert found.demo == pytest.approx((sizes[1] - sizes[0]) / 3)


def test_reasoning_takes_part_where_the_wrapper_asks_for_it() -> None:
    [plain] = measure(request(target())).predictors
    [reasoned] = measure(request(target("ChainOfThought"))).predictors
    assert plain.assumed_output == 0
    assert reasoned.assumed_output == 60
    assert reasoned.output > plain.output + 60
    assert reasoned.bootstrapped > reasoned.demo


@pytest.mark.parametrize(
    "kind",
    ["str", "Literal['a', 'b'] | None", "list[Event]", "dict[str, list[int]]", "Optional[int]", "my.Type",
     "Annotated[str, print('x')]", "((", "Literal[Other.X]", "tuple[int, ...]", "list['Node']"],
)  # fmt: skip
def test_no_type_is_too_odd_to_be_measured(kind: str) -> None:
    reply = measure(request(target(kind=kind)))
    assert reply.error is None
    assert reply.predictors[0].input > 50


@pytest.mark.parametrize("wrapper", ["ReAct", "ProgramOfThought", "MyOwnModule", "configure"])
def test_no_wrapper_is_too_odd_to_be_measured(wrapper: str) -> None:
    assert measure(request(target(wrapper))).predictors[0].input > 50


def test_a_price_is_known_offline_or_none() -> None:
    assert measure(request(target())).price is not None
    unknown = measure(request(target(), model="nobody/knows-this"))
    assert (unknown.price, unknown.practice) == (None, False)


def test_the_practice_model_costs_nothing() -> None:
    reply = measure(request(target(), model="offline"))
    assert reply.practice
    assert reply.price is not None
    assert (reply.price.input, reply.price.output) == (0, 0)


def test_calls_in_the_lm_cache_are_counted(tmp_path: Path) -> None:
    import dspy

    before = dspy.cache
    dspy.cache = EndpointCache(tmp_path)
    try:
        with dspy.context(lm=dspy.LM("openai/gpt-4o-mini", engine=CountingEngine())):
            for row in ROWS[:4]:
                dspy.Predict("question -> answer")(question=row["question"])
    finally:
        dspy.cache = before
    assert measure(request(target(), cache_dir=str(tmp_path))).cached == [True] * 4 + [False] * 6


def test_looking_into_a_cache_that_is_not_there_makes_none(tmp_path: Path) -> None:
    assert measure(request(target(), cache_dir=str(tmp_path / "lm"))).cached == [False] * 10
    assert not (tmp_path / "lm").exists()


def test_a_preview_shows_the_messages_of_the_first_sample() -> None:
    messages = measure(request(target(), preview=True)).messages
    assert [it["role"] for it in messages] == ["system", "user"]
    assert ROWS[0]["question"] in messages[1]["content"]


def test_an_unreadable_request_is_answered_with_what_is_wrong() -> None:
    assert "not understood" in (answer("{").error or "")
