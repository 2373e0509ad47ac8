"""Estimates against what runs really take, with a model that counts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dspy_lens.estimate.correcting import Correction, Past, corrected_by
from dspy_lens.estimate.estimate import Prices, estimate
from dspy_lens.values.estimate import Estimate, Range, Share
from dspy_lens.values.money import Price
from dspy_lens.values.run import Verb
from dspy_lens_worker.messages import PredictorMeasure
from dspy_lens_worker.optimizers import Figure, Materials, Shape, find, parse_parameters
from support.counting import Bench, counting, examples, program, right

MILLIONTH = Price(1e-6, 1e-6)
PLAIN = Prices((PredictorMeasure(name="p", input=100, demo=30, bootstrapped=30, output=20, instructions=9),),
               MILLIONTH, MILLIONTH)  # fmt: skip
ZERO_SHOT = {"max_bootstrapped_demos": 0, "max_labeled_demos": 0}


def estimated(
    name: str = "bootstrap",
    given: dict[str, Any] | None = None,
    *,
    train: int = 4,
    validation: int = 10,
    test: int = 6,
    predictors: int = 1,
    verb: Verb = Verb.OPTIMIZE,
    calls_per_run: Figure | None = None,
    **more: Any,
) -> Estimate:
    optimizer = find(name)
    return estimate(
        target="app:QA",
        key="k",
        optimizer=optimizer,
        parameters=parse_parameters(optimizer, given or {}),
        verb=verb,
        shape=Shape(train, validation, predictors, calls_per_run or Figure.exactly(predictors)),
        held_out=test,
        seed=0,
        model="openai/gpt-4o-mini",
        prompt_model="openai/gpt-4o-mini",
        **{"prices": PLAIN, **more},
    )


def really_run(
    cache: Path, name: str, given: dict[str, Any], parts: tuple[int, int, int], predictors: int
) -> Bench:
    """A whole run: baseline, optimizer, held-out evaluation of the best."""
    import dspy

    train, validation, test = parts
    optimizer = find(name)
    with counting(cache) as bench:
        student = program(predictors)
        devset = examples(test, 1000)
        evaluate = dspy.Evaluate(devset=devset, metric=right, num_threads=4, display_progress=False)
        evaluate(student)
        materials = Materials(
            student, examples(train), examples(validation, train), right,
            bench.task_model, bench.prompt_model, None, 4, 0, keep=lambda it: None,
        )  # fmt: skip
        evaluate(optimizer.compile(parse_parameters(optimizer, given), materials))
    return bench


def prices_of(predictors: int) -> Prices:
    from dspy_lens_worker.measure.render import measure_predictor
    from dspy_lens_worker.measure.tokens import counter

    rows, count = [dict(it) for it in examples(40)], counter("openai/gpt-4o-mini")
    found = [
        measure_predictor(name, [it.signature], rows, rows, count)
        for name, it in program(predictors).named_predictors()
    ]
    return Prices(tuple(found), MILLIONTH, MILLIONTH)


def holds(range_: Range | None, actual: float) -> bool:
    return range_ is not None and range_.low <= actual <= range_.high


@pytest.mark.parametrize("predictors", [1, 2])
@pytest.mark.parametrize(
    ("name", "given", "parts"),
    [
        ("labeled", {}, (4, 10, 6)),
        ("bootstrap", {}, (12, 30, 18)),
        ("bootstrap_rs", {"num_candidate_programs": 5}, (8, 20, 12)),
        ("miprov2", {}, (8, 20, 12)),
        ("miprov2", ZERO_SHOT, (8, 20, 12)),
    ],
)
def test_a_run_takes_what_was_estimated(
    tmp_path: Path, name: str, given: dict[str, Any], parts: tuple[int, int, int], predictors: int
) -> None:
    train, validation, test = parts
    said = estimated(
        name, given, train=train, validation=validation, test=test, predictors=predictors,
        prices=prices_of(predictors),
    )  # fmt: skip
    bench = really_run(tmp_path, name, given, parts, predictors)
    read = bench.task.input_tokens + bench.prompt.input_tokens
    written = bench.task.output_tokens + bench.prompt.output_tokens
    assert said.tokens is not None
    assert holds(said.calls.task, bench.task_calls)
    assert holds(said.calls.prompt, bench.prompt_calls)
    assert holds(said.requests, len(bench.task.sent) + len(bench.prompt.sent))
    assert holds(said.tokens.input, read)
    assert holds(said.tokens.output, written)
    assert holds(said.dollars, (read + written) * 1e-6)
    assert said.tokens.input.expected == pytest.approx(read, rel=0.35)
    assert said.calls.total.expected == pytest.approx(bench.task_calls + bench.prompt_calls, rel=0.12)


def test_labelled_demos_take_two_evaluations_and_nothing_else() -> None:
    said = estimated("labeled")
    assert said.calls.total == said.evaluation_calls == said.requests == Range.exactly(12)


def test_evaluate_takes_one_evaluation() -> None:
    said = estimated("miprov2", verb=Verb.EVALUATE)
    assert said.calls.total == said.evaluation_calls == Range.exactly(6)
    assert (said.optimizer, said.parameters) == ("evaluate", {})
    assert said.tokens is not None
    assert said.tokens.input.expected == 600


def test_few_examples_have_no_held_out_evaluation_but_are_all_evaluated_when_asked() -> None:
    said = estimated("bootstrap", train=2, validation=5, test=0)
    assert said.evaluation_calls == Range.exactly(0)
    said = estimated("bootstrap", train=2, validation=5, test=0, verb=Verb.EVALUATE)
    assert said.calls.total == said.evaluation_calls == Range.exactly(7)


def test_an_agents_range_of_calls_widens_the_estimate() -> None:
    said = estimated("labeled", calls_per_run=Figure(2, 4, 21))
    assert said.calls.task == Range(24, 48, 252)
    assert "One run of the program makes 2 to 21 calls." in said.assumptions


def test_what_the_cache_holds_is_not_sent() -> None:
    said = estimated("labeled", cached=6)
    assert (said.cached_calls, said.requests) == (Range.exactly(6), Range.exactly(6))
    assert said.calls.total == Range.exactly(12)


def test_a_judge_is_called_for_each_answer() -> None:
    said = estimated("labeled", judge_calls=Range.exactly(1))
    assert said.calls.judge == Range.exactly(12)
    assert said.calls.total == Range.exactly(24)


def test_a_judge_is_asked_once_for_the_same_answer_to_the_same_example() -> None:
    said, plain = estimated("labeled", judge_calls=Range.exactly(1)), estimated("labeled")
    assert (said.requests.low - plain.requests.low, said.requests.high - plain.requests.high) == (6, 12)


def test_answers_that_hardly_ever_differ_are_judged_again_only_now_and_then() -> None:
    given = {"breadth": 6, "depth": 2}
    said = estimated("copro", given, judge_calls=Range.exactly(1))
    judged = said.requests.expected - estimated("copro", given).requests.expected
    assert 14 + 6 < judged < 2 * (14 + 6)
    assert said.calls.judge.expected == 12 * 14 + 2 * 6


def test_a_model_that_was_trained_is_asked_everything_anew() -> None:
    said = estimated("finetune", predictors=2, train=12, prices=prices_of(2))
    assert said.requests == said.calls.task == Range.exactly(2 * (12 + 10 + 6 + 6))


def test_a_judge_is_paid_at_its_own_price_and_measured_size() -> None:
    judged = PredictorMeasure(name="judge", input=200, demo=0, output=20, instructions=30)
    dear = replace(PLAIN, judge=Price(1.0, 0.0), judged=judged)
    said = estimated("labeled", judge_calls=Range.exactly(1), prices=dear)
    plain = estimated("labeled")
    assert said.dollars is not None
    assert plain.dollars is not None
    # 12 answers, each judged at 200 tokens of a dollar, give or take a tenth.
    assert said.dollars.high - plain.dollars.high == pytest.approx(12 * 200 * 1.1)


def test_an_unknown_price_is_no_price() -> None:
    said = estimated(prices=Prices(PLAIN.predictors, None, None))
    assert said.dollars is None
    assert said.tokens is not None
    assert any("price" in it for it in said.assumptions)


def test_an_unknown_price_of_a_model_that_takes_no_part_does_no_harm() -> None:
    assert estimated("bootstrap", prices=Prices(PLAIN.predictors, MILLIONTH, None)).dollars is not None
    assert estimated("miprov2", prices=Prices(PLAIN.predictors, MILLIONTH, None)).dollars is None


def test_the_practice_model_costs_a_known_nothing() -> None:
    said = estimated("miprov2", prices=Prices(PLAIN.predictors, Price(0, 0), Price(0, 0), practice=True))
    assert said.dollars == Range.exactly(0)


def test_before_anything_is_measured_there_are_calls_only() -> None:
    said = estimated("miprov2", prices=None)
    assert (said.tokens, said.dollars, said.seconds) == (None, None, None)
    assert said.calls.total.expected > 100


def test_more_threads_take_less_time() -> None:
    alone, together = estimated("miprov2", threads=1).seconds, estimated("miprov2", threads=8).seconds
    assert alone is not None
    assert together is not None
    assert together.expected < alone.expected / 2


def used_more(said: Estimate, **times: float) -> dict[str, Share]:
    """What a run used that took so many times the tokens that were estimated, by role."""
    return {
        role: Share(it.requests, it.input * times.get(role, 1), it.output * times.get(role, 1))
        for role, it in said.roles.items()
    }


def test_what_earlier_runs_used_corrects_the_estimate() -> None:
    before = estimated("miprov2")
    correction = corrected_by([Past(before, used_more(before, prompt=1.5))])
    assert (correction.of("task").input, correction.of("prompt").input) == (1.0, 1.5)
    after = estimated("miprov2", correction=correction)
    assert before.tokens is not None
    assert after.tokens is not None
    more = 0.5 * before.roles["prompt"].input
    assert after.tokens.input.expected == pytest.approx(before.tokens.input.expected + more)


def test_a_run_that_was_estimated_with_a_correction_confirms_it() -> None:
    first = estimated("miprov2")
    used = used_more(first, task=2.0)
    once = corrected_by([Past(first, used)])
    second = estimated("miprov2", correction=once)
    assert corrected_by([Past(first, used), Past(second, used)]).roles == once.roles


def test_of_a_stopped_run_only_the_size_of_a_request_counts() -> None:
    said = estimated("bootstrap")
    half = {
        "task": Share(said.roles["task"].requests / 2, said.roles["task"].input, said.roles["task"].output)
    }
    assert corrected_by([Past(said, half, whole=False)]).of("task").input == pytest.approx(2.0)


def test_runs_that_sent_nothing_correct_nothing() -> None:
    assert corrected_by([Past(estimated("labeled"), {})]) == Correction()


def test_each_answer_that_a_prompt_call_asks_for_is_a_request() -> None:
    copro = find("copro")
    parameters = copro.parameters.model_validate({"breadth": 10, "depth": 3})
    shape = Shape(train=20, validation=0)
    found = estimate(
        target="app:QA",
        key="k",
        optimizer=copro,
        parameters=parameters,
        verb=Verb.OPTIMIZE,
        shape=shape,
        held_out=0,
        seed=0,
        model="m",
        prompt_model="m",
    )
    assert found.calls.prompt == Range.exactly(3)
    answers = copro.calls(parameters, shape, 0).prompt_answers * 3
    assert found.requests.high == found.calls.task.high - found.cached_calls.low + answers


def test_without_a_cache_every_call_of_that_role_is_a_request() -> None:
    given = {"breadth": 3, "depth": 2}
    with_cache = estimated("copro", given, predictors=2)
    assert with_cache.requests.expected < with_cache.calls.total.expected
    anew = estimated("copro", given, predictors=2, cached=20.0, uncached=frozenset({"task", "prompt"}))
    assert anew.cached_calls == Range.exactly(0)
    # Each proposal is an answer of its own, and billed as one.
    assert anew.requests.low >= anew.calls.task.low
    assert anew.dollars is not None
    assert with_cache.dollars is not None
    assert anew.dollars.expected > with_cache.dollars.expected
