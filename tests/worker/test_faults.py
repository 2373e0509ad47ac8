"""Providers that refuse, fail, dawdle or hang."""

import time
from typing import Any, cast

import pytest

from dspy_lens_worker.messages import CapsOrder, Log, PriceOrder, Trial
from support.colours import half_right
from support.orders import Place, Ran, examples, loopback, run
from support.provider import KEY, Behaviour, Provider, copycat
from support.tuning import topical

ENVIRONMENT = {"OPENAI_API_KEY": KEY}


def evaluated(place: Place, provider: Provider, retries: int = 0, **changes: Any) -> Ran:
    order = place.order(model=loopback(provider.base, num_retries=retries), verb="evaluate", **changes)
    return run(place.folder(order, examples(label="unsure")), ENVIRONMENT)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("error", "The server is on fire"),
        ("rate_limit", "Too many requests"),
        ("malformed", "openai/test-model failed"),
    ],
)
def test_a_provider_that_only_fails_ends_the_run_with_its_reason(
    place: Place, behaviour: Behaviour, said: str
) -> None:
    with Provider(behaviour=[behaviour]) as provider:
        end = evaluated(place, provider).finished
        assert (end.state, end.stage, end.baseline) == ("failed", "model", None)
        assert said in str(end.reason)
        assert len(provider.log) < 10, "it is not asked again and again"


def test_empty_replies_are_wrong_answers_and_said(place: Place) -> None:
    with Provider(behaviour=["empty"]) as provider:
        ran = evaluated(place, provider)
        assert ran.finished.baseline is not None
        assert (ran.finished.baseline.score, ran.finished.baseline.n) == (0.0, 10)
        assert "10 of 10 answers are wrong because there was none" in ran.of(Log)[0].message


def test_an_optimizer_that_gives_up_over_useless_answers_leaves_its_best(place: Place) -> None:
    # Ten for the baseline, eight for the first trial, and from then on nothing that can be used.
    behaviours: list[Behaviour] = [*cast(list[Behaviour], ["ok"] * 18), "empty"]
    with Provider(rule=copycat("yes"), behaviour=behaviours) as provider:
        order = place.order(model=loopback(provider.base), parameters={"max_errors": 3})
        end = run(place.folder(order, examples()), ENVIRONMENT).finished
        assert (end.state, end.baseline and end.baseline.n) == ("stopped", 10)
        assert str(end.reason).startswith("bootstrap_rs gave up, since too many answers could not be used")
        assert end.program is not None


def test_an_optimizer_that_gives_up_before_its_first_trial_fails_and_says_why(place: Place) -> None:
    behaviours: list[Behaviour] = [*cast(list[Behaviour], ["ok"] * 10), "empty"]
    with Provider(rule=copycat("yes"), behaviour=behaviours) as provider:
        order = place.order(model=loopback(provider.base), parameters={"max_errors": 3})
        end = run(place.folder(order, examples()), ENVIRONMENT).finished
        assert (end.state, end.stage) == ("failed", "run")
        assert "raise max_errors" in str(end.reason)


def test_a_few_failures_are_no_wrong_answers(place: Place) -> None:
    behaviours: list[Behaviour] = ["ok", "error", "ok", "error", "ok"]
    with Provider(rule=copycat("yes"), behaviour=behaviours) as provider:
        ran = evaluated(place, provider)
        end = ran.finished
        assert end.state == "succeeded"
        assert end.baseline is not None
        assert (end.baseline.score, end.baseline.n) == (1.0, 8)
        assert [it.score for it in ran.held_out].count(None) == 2
        assert "2 of 10 examples were left out" in ran.of(Log)[0].message


def test_passing_failures_are_tried_again(place: Place) -> None:
    behaviours: list[Behaviour] = ["rate_limit", "error", "ok"]
    with Provider(rule=copycat("yes"), behaviour=behaviours, retry_after="0") as provider:
        end = evaluated(place, provider, retries=3).finished
        assert end.baseline is not None
        assert (end.baseline.n, end.requests, end.calls.task) == (10, 12, 10)


def test_a_provider_that_asks_for_an_hour_does_not_get_it(place: Place) -> None:
    with Provider(behaviour=["rate_limit"], retry_after="3600") as provider:
        began = time.monotonic()
        end = evaluated(place, provider, retries=3, caps=CapsOrder(seconds=2)).finished
        assert end.state == "stopped"
        assert time.monotonic() - began < 15


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_a_model_that_does_not_answer_ends_the_run(place: Place, behaviour: Behaviour) -> None:
    with Provider(behaviour=[behaviour]) as provider:
        end = evaluated(place, provider, caps=CapsOrder(answer_seconds=1)).finished
        assert (end.state, end.reason) == ("stopped", "The model did not answer within 1 seconds.")
        assert len(provider.log) == 1


def test_a_refused_key_fails_at_once_and_is_never_shown(place: Place) -> None:
    wrong = "sk-wrong-0123456789"
    with Provider() as provider:
        order = place.order(model=loopback(provider.base), threads=4)
        ran = run(place.folder(order, examples()), {"OPENAI_API_KEY": wrong})
        end = ran.finished
        assert (end.state, end.stage) == ("failed", "model")
        assert "refused the key" in str(end.reason)
        assert len(provider.log) <= 4
        for file in ran.folder.iterdir():
            assert wrong not in file.read_text(), file.name


def test_a_missing_key_is_said(place: Place) -> None:
    with Provider() as provider:
        order = place.order(model=loopback(provider.base))
        end = run(place.folder(order, examples())).finished
        assert (end.state, end.stage, provider.log) == ("failed", "model", [])
        assert "OPENAI_API_KEY" in str(end.reason)


def test_a_key_may_come_from_the_env_file_but_the_environment_wins(place: Place, provider: Provider) -> None:
    place.write(".env", f"OPENAI_API_KEY={KEY}\n")
    order = place.order(model=loopback(provider.base), verb="evaluate", env_file=".env")
    assert run(place.folder(order, examples())).finished.state == "succeeded"
    other = place.order(model=loopback(provider.base, temperature=0.1), verb="evaluate", env_file=".env")
    assert (
        run(place.folder(other, examples()), {"OPENAI_API_KEY": "sk-another-key"}).finished.state == "failed"
    )


def test_a_reply_without_usage_counts_as_what_was_set_aside(place: Place) -> None:
    with Provider(usage=False) as provider:
        end = evaluated(place, provider, caps=CapsOrder(tokens=2000)).finished
        assert end.state == "stopped"
        assert end.tokens.input + end.tokens.output <= 2000


@pytest.mark.parametrize(
    ("optimizer", "given"),
    [
        ("bootstrap_rs", {"num_candidate_programs": 1, "max_bootstrapped_demos": 1}),
        ("gepa", {"max_metric_calls": 20}),
    ],
)
def test_failures_within_a_trial_are_said_and_left_out_of_its_score(
    place: Place, optimizer: str, given: dict[str, Any]
) -> None:
    # Ten answers of the baseline, then the first trial: the unoptimized program on eight examples.
    failing: list[Behaviour] = ["error", "ok", "error", "ok"]
    behaviours: list[Behaviour] = ["ok" for _ in range(12)]
    with Provider(
        rule=lambda _, outputs, __: dict.fromkeys(outputs, "yes"), behaviour=[*behaviours, *failing]
    ) as provider:
        order = place.order(
            model=loopback(provider.base, num_retries=0), optimizer=optimizer, parameters=given
        )
        ran = run(place.folder(order, examples()), ENVIRONMENT)
    first = ran.of(Trial)[0]
    assert (first.score, first.failed) == (1.0, 2)
    assert any(it.message.startswith("Trial 1: 2 of 8 answers never came") for it in ran.of(Log))


def test_simba_tells_failures_apart_from_wrong_answers_in_the_trial_where_they_happen(place: Place) -> None:
    # Ten answers of the baseline, eight to learn from; then new programs, on four examples each.
    failing: list[Behaviour] = [*("ok" for _ in range(18)), "error", "error", "error", "ok"]  # type: ignore[list-item]
    with Provider(rule=half_right, behaviour=failing) as provider:
        order = place.order(
            model=loopback(provider.base, num_retries=0),
            optimizer="simba",
            parameters={"bsize": 4, "num_candidates": 2, "max_steps": 1},
        )
        ran = run(place.folder(order, topical(6, 6, 10)), ENVIRONMENT)
    told = [it for it in ran.of(Trial) if it.failed]
    assert sum(it.failed for it in told) == 3
    assert [it.full for it in told] == [False] * len(told)
    assert sum("answers never came" in it.message for it in ran.of(Log)) == len(told)


def test_the_growth_of_the_prompt_is_measured_and_priced(place: Place) -> None:
    with Provider(rule=copycat("yes")) as provider:
        price = PriceOrder(input=1e-6, output=0, own=True, source="the settings")
        order = place.order(
            model=loopback(provider.base), prices={"openai/test-model": price}, optimizer="labeled",
        )  # fmt: skip
        ran = run(place.folder(order, examples()), ENVIRONMENT)
        held = [it for it in provider.log if "test question 12" in it.question]
    size = ran.finished.prompt
    assert size is not None
    before, after = (sum(len(str(m["content"])) for m in it.body["messages"]) / 4 for it in held)
    # The provider counts four characters a token.
    assert [size.before, size.after] == pytest.approx([before, after], rel=0.1)
    assert size.dollars == pytest.approx((size.after - size.before) * 1e-3)
