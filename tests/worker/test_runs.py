"""Whole runs against the loopback server, by real workers."""

import json
import subprocess
import sys

import dspy

from dspy_lens_worker.messages import Baseline, Candidate, CapsOrder, Loaded, Trial, Usage
from support.orders import Place, clean_environment, examples, loopback, run
from support.provider import KEY, Provider

SMALL = {"num_candidate_programs": 1, "max_bootstrapped_demos": 1}
ENVIRONMENT = {"OPENAI_API_KEY": KEY}


def test_a_run_improves_the_program_and_tells_how(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), parameters=SMALL, threads=4)
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert (ran.code, end.state, end.reason) == (0, "succeeded", None), ran.log
    assert end.baseline is not None
    assert end.best is not None
    assert (end.baseline.score, end.baseline.n) == (0.0, 10)
    assert (end.best.score, end.best.n, end.best.high) == (1.0, 10, 1.0)
    assert end.verdict == "improved"
    assert end.validation is not None
    assert (end.validation.baseline, end.validation.best, end.validation.n) == (0.0, 1.0, 8)
    assert end.demos["self"] >= 1
    assert end.requests == len(provider.log)
    assert end.calls.task == end.requests + end.calls.cached
    assert end.tokens.input == sum(it.charge.input for it in ran.of(Usage) if it.charge)
    assert end.dollars is None, "the price of the loopback model is unknown"
    kinds = [it.event for it in ran.events]
    assert kinds[:2] == ["started", "loaded"]
    assert kinds.index("baseline") < kinds.index("trial") < kinds.index("candidate") < kinds.index("finished")
    assert [it.sequence for it in ran.events] == list(range(1, len(kinds) + 1))
    loaded, baseline = ran.of(Loaded)[0], ran.of(Baseline)[0]
    assert (loaded.predictors, loaded.train, loaded.validation, loaded.test) == (["self"], 4, 8, 10)
    assert baseline.baseline == end.baseline
    trials = ran.of(Trial)
    assert [it.number for it in trials] == list(range(1, len(trials) + 1))
    assert {it.of for it in trials} == {len(trials)}
    assert max(it.score for it in trials) == ran.of(Candidate)[-1].score == 1.0
    assert {it.program: it.score for it in ran.held_out} == {"baseline": 0.0, "best": 1.0}

    held_out_only_at_the_ends(provider)
    program = dspy.Predict("question -> answer")
    program.load(str(ran.folder / "program.json"))
    assert len(program.demos) == end.demos["self"]
    assert ran.program["metadata"]["dspy_lens"]["key"] == order.key
    assert json.loads((ran.folder / "candidate.json").read_text())["demos"]
    for file in ran.folder.iterdir():
        assert KEY not in file.read_text(), f"the key stands in {file.name}"


def held_out_only_at_the_ends(provider: Provider) -> None:
    """Between the baseline and the final evaluation no held-out input was sent."""
    marks = "".join("h" if "test question" in it.text else "." for it in provider.log)
    assert marks.startswith("h" * 10)
    assert marks.endswith("h" * 10)
    assert "h" not in marks[10:-10]


def test_the_same_run_again_is_answered_by_the_cache(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), parameters=SMALL, threads=4)
    first = run(place.folder(order, examples()), ENVIRONMENT)
    sent = len(provider.log)
    again = run(place.folder(order.model_copy(update={"run": "again"}), examples()), ENVIRONMENT)
    assert len(provider.log) == sent
    assert again.finished.requests == 0
    assert again.finished.dollars == 0
    assert again.finished.calls.cached == again.finished.calls.task == first.finished.calls.task
    assert again.program["demos"] == first.program["demos"]
    assert again.finished.best == first.finished.best


def test_another_endpoint_does_not_answer_from_this_ones_cache(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), verb="evaluate")
    run(place.folder(order, examples()), ENVIRONMENT)
    with Provider() as other:
        moved = place.order(model=loopback(other.base), verb="evaluate")
        ran = run(place.folder(moved, examples()), ENVIRONMENT)
        assert ran.finished.requests == len(other.log) == 10


def test_evaluating_only_scores_the_program_as_it_is(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), verb="evaluate", optimizer="miprov2")
    ran = run(place.folder(order, examples(label="unsure")), ENVIRONMENT)
    end = ran.finished
    assert (end.state, end.best, end.program) == ("succeeded", None, None)
    assert end.baseline is not None
    assert (end.baseline.score, end.baseline.n, len(provider.log)) == (1.0, 10, 10)


def test_under_ten_examples_there_is_no_headline(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), parameters=SMALL)
    ran = run(place.folder(order, examples(2, 4, 2)), ENVIRONMENT)
    end = ran.finished
    assert (end.state, end.baseline, end.best, end.verdict) == ("succeeded", None, None, None)
    assert ran.of(Baseline)[0].baseline is None
    assert end.validation is not None
    assert (end.validation.baseline, end.validation.best, end.validation.n) == (0.0, 1.0, 4)
    assert not any("test question" in it.text for it in provider.log)


def test_evaluating_few_examples_is_not_called_held_out(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), verb="evaluate")
    ran = run(place.folder(order, examples(2, 4, 0, label="unsure")), ENVIRONMENT)
    assert (ran.finished.state, ran.finished.baseline) == ("succeeded", None)
    assert ran.of(Baseline)[0].baseline is None
    found = ran.finished.validation
    assert found is not None
    assert (found.baseline, found.best, found.n) == (1.0, None, 6)


def test_a_run_asks_no_more_often_than_the_same_script_in_plain_dspy(
    place: Place, provider: Provider
) -> None:
    order = place.order(model=loopback(provider.base, cache=False), parameters=SMALL)
    run(place.folder(order, examples()), ENVIRONMENT)
    ours = [it for it in provider.log if "test question" not in it.text]
    plain = place.write("plain.py", PLAIN)
    before = len(provider.log)
    program(plain, provider)
    assert len(ours) == len(provider.log) - before
    assert [it.body["messages"] for it in ours] == [it.body["messages"] for it in provider.log[before:]]


PLAIN = """
    import os, dspy
    lm = dspy.LM("openai/test-model", api_base=os.environ["BASE"], num_retries=0, max_tokens=200, cache=False)
    dspy.configure(lm=lm)
    def examples(part, rows):
        made = [dspy.Example(question=f"{part} question {row}", answer="yes") for row in rows]
        return [it.with_inputs("question") for it in made]
    search = dspy.BootstrapFewShotWithRandomSearch(
        metric=lambda gold, pred, trace=None: gold.answer == pred.answer,
        num_candidate_programs=1, max_bootstrapped_demos=1, num_threads=1,
        teacher_settings={"lm": lm},
    )
    search.compile(
        dspy.Predict("question -> answer"),
        trainset=examples("train", range(4)), valset=examples("validation", range(4, 12)),
    )
"""


def program(path: object, provider: Provider) -> None:
    environment = clean_environment() | ENVIRONMENT | {"BASE": provider.base}
    subprocess.run([sys.executable, str(path)], env=environment, check=True, capture_output=True)


def test_instructions_are_written_by_the_prompt_model(place: Place, provider: Provider) -> None:
    order = place.order(
        model=loopback(provider.base),
        prompt_model=loopback(provider.base, temperature=0.5),
        optimizer="miprov2",
        parameters={"auto": "light", "max_bootstrapped_demos": 0, "max_labeled_demos": 0},
        threads=4,
    )
    ran = run(place.folder(order, examples()), ENVIRONMENT)
    end = ran.finished
    assert end.state == "succeeded", ran.log
    assert end.calls.prompt > 0
    assert {it.charge.role for it in ran.of(Usage) if it.charge} == {"task", "prompt"}


def test_the_practice_model_is_free_and_named(place: Place) -> None:
    order = place.order(parameters=SMALL, caps=CapsOrder(micros=1))
    end = run(place.folder(order, examples())).finished
    assert (end.state, end.practice, end.model, end.dollars) == ("succeeded", True, "offline", 0)
    assert end.requests > 0
    assert end.tokens.input > 0
    assert (place.cache / "practice").is_dir()
