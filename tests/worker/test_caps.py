"""Caps, judged by the server's own log."""

from dataclasses import dataclass
from typing import Any

import pytest

from dspy_lens_worker.messages import CapsOrder, Log, ModelOrder, Usage
from dspy_lens_worker.prices import in_bytes, media, weight
from support.orders import Place, examples, loopback, run
from support.provider import KEY, Provider

ENVIRONMENT = {"OPENAI_API_KEY": KEY}
NEEDED = 100  # requests that a run without a cap sends at least


def test_no_request_is_sent_after_the_cap_with_eight_threads(place: Place, provider: Provider) -> None:
    provider.latency = 0.05
    order = place.order(model=loopback(provider.base), threads=8, caps=CapsOrder(calls=70))
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert (end.state, end.reason) == ("stopped", "The cap of 70 calls is reached.")
    assert len(provider.log) <= 70
    assert end.requests == len(provider.log)
    assert end.program is not None
    assert end.best is not None, "what was kept back pays for the score of the best"
    assert end.best.score == 1.0


def test_at_one_thread_a_cap_is_used_up_exactly(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), threads=1, caps=CapsOrder(calls=33))
    ran = run(place.folder(order, examples(4, 5, 0)), ENVIRONMENT)
    assert (ran.finished.state, len(provider.log)) == ("stopped", 33)


def test_a_cap_without_room_for_scores_is_used_for_optimizing(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), caps=CapsOrder(calls=15))
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    assert (ran.finished.state, ran.finished.baseline, len(provider.log)) == ("stopped", None, 15)
    assert "no room for held-out evaluations" in ran.of(Log)[0].message
    assert not any("test question" in it.text for it in provider.log)


def test_tokens_stay_below_their_cap(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), threads=8, caps=CapsOrder(tokens=20_000))
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert end.state == "stopped"
    assert "20,000 tokens" in str(end.reason)
    assert 10_000 < end.tokens.input + end.tokens.output <= 20_000


@dataclass
class EachDigit(Provider):
    """A model whose tokenizer makes a token of each digit, and of five letters."""

    def reply(self, body: dict[str, Any]) -> dict[str, Any]:
        said = super().reply(body)
        text = "".join(str(it["content"]) for it in body["messages"])
        digits = sum(map(str.isdigit, text))
        said["usage"] = {"prompt_tokens": digits + (len(text) - digits) // 5, "completion_tokens": 20}
        return said


@pytest.mark.parametrize("threads", [1, 8])
def test_one_prompt_that_is_unlike_all_before_does_not_break_the_cap(place: Place, threads: int) -> None:
    # Letters first, from which nothing can be learnt about the long number that comes at last.
    cases = examples(0, 0, 20)
    long = cases[-1].model_copy(update={"inputs": {"question": "7" * 6000}})
    with EachDigit() as provider:
        order = place.order(
            model=loopback(provider.base), verb="evaluate", threads=threads, caps=CapsOrder(tokens=9000)
        )
        end = run(place.folder(order, [*cases[:-1], long]), ENVIRONMENT).finished
        assert not any("777" in it.text for it in provider.log)
    assert (end.state, end.reason) == ("stopped", "The cap of 9,000 tokens is reached.")
    assert end.tokens.input + end.tokens.output <= 9000
    with EachDigit() as provider:
        order = place.order(
            model=loopback(provider.base), verb="evaluate", threads=threads, caps=CapsOrder(tokens=19_000)
        )
        end = run(place.folder(order, [*cases[:-1], long]), ENVIRONMENT).finished
    assert end.state == "succeeded", "where there is room for it, it is sent"


def test_an_image_is_not_taken_for_its_text(place: Place) -> None:
    picture = [
        {"type": "image", "media_type": "image/png", "data": "A" * 500_000},
        {"type": "text", "text": "?"},
    ]
    assert weight(picture, in_bytes) < 50
    assert media(picture) == 1
    address = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    assert media([address, "data:image/png;base64,AAAA"]) == 2


def test_dollars_stay_below_their_cap(place: Place, provider: Provider) -> None:
    priced = ModelOrder(
        name="openai/gpt-4o-mini", api_base=provider.base, parameters={"num_retries": 0, "max_tokens": 100}
    )
    order = place.order(model=priced, threads=8, caps=CapsOrder(micros=5000))
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert (end.state, end.reason) == ("stopped", "The cap of $0.005 is reached.")
    assert end.dollars is not None
    assert 0.0025 < end.dollars <= 0.005
    last = ran.of(Usage)[-1]
    assert (
        last.micros
        == round(end.dollars * 1e6)
        == sum(it.charge.micros or 0 for it in ran.of(Usage) if it.charge)
    )


def test_a_cap_in_dollars_needs_a_price(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), caps=CapsOrder(micros=10**6))
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert (end.state, end.stage, provider.log) == ("failed", "model", [])
    assert "price of openai/test-model is unknown" in str(end.reason)


def test_time_is_a_cap(place: Place, provider: Provider) -> None:
    provider.latency = 0.1
    order = place.order(model=loopback(provider.base), threads=2, caps=CapsOrder(seconds=3.0))
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert (end.state, end.reason) == ("stopped", "The cap of 0.05 minutes is reached.")
    assert end.requests == len(provider.log) < NEEDED


def test_retries_count_as_requests(place: Place) -> None:
    with Provider(behaviour=["rate_limit"], retry_after="0") as provider:
        order = place.order(
            model=loopback(provider.base, num_retries=3), verb="evaluate", caps=CapsOrder(calls=5)
        )
        ran = run(place.folder(order, examples()), ENVIRONMENT)
        assert (ran.finished.requests, len(provider.log)) == (5, 5)


def test_retries_of_a_client_below_dspy_do_not_go_past_the_guard(place: Place) -> None:
    with Provider(behaviour=["error"]) as provider:
        model = ModelOrder(name="openai/test-model", parameters={"num_retries": 0})
        order = place.order(model=model, verb="evaluate", caps=CapsOrder(calls=3))
        # An endpoint from the environment goes through LiteLLM and OpenAI's own client.
        ran = run(place.folder(order, examples()), {**ENVIRONMENT, "OPENAI_API_BASE": provider.base})
        assert ran.finished.requests == len(provider.log) == 3


@pytest.mark.parametrize("own", ["module", "legacy", "asynchronous", "fanned_out", "embedding"])
def test_the_users_own_model_objects_are_held_as_well(place: Place, provider: Provider, own: str) -> None:
    place.write("app.py", OWN)
    target = place.named_target("program", own.title().replace("_", ""))
    order = place.order(target, model=ModelOrder(name="offline"), verb="evaluate", caps=CapsOrder(calls=7))
    ran = run(place.folder(order, examples()), {**ENVIRONMENT, "BASE": provider.base})
    end = ran.finished
    assert (end.state, end.requests, len(provider.log)) == ("stopped", 7, 7), ran.log


OWN = """
    import asyncio, os
    import dspy

    def model(**more):
        return dspy.LM("openai/mine", api_base=os.environ["BASE"], num_retries=0, max_tokens=50, **more)

    class Module(dspy.Module):
        def __init__(self):
            super().__init__()
            self.answer = dspy.Predict("question -> answer")
            self.answer.set_lm(model())

        def forward(self, question):
            return self.answer(question=question)

    class Leading(dspy.BaseLM):
        def __init__(self):
            super().__init__("leading")
            self.inner = model()

        def forward(self, prompt=None, messages=None, **kwargs):
            return self.inner.forward(prompt=prompt, messages=messages)

    class Legacy(Module):
        def __init__(self):
            super().__init__()
            self.answer.set_lm(Leading())

    class Asynchronous(Module):
        def forward(self, question):
            return asyncio.run(self.answer.acall(question=question))

    class Embedding(Module):
        def forward(self, question):
            embed = dspy.Embedder("openai/embed", api_base=os.environ["BASE"], caching=False)
            return dspy.Prediction(answer=str(embed([question]).shape))

    class FannedOut(Module):
        def __init__(self):
            super().__init__()
            self.answer.set_lm(model(n=2, temperature=1.0))
"""
