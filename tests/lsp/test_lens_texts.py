"""The two lenses of a target, for every standing."""

from dataclasses import replace
from typing import Any

import pytest

from dspy_lens.lsp.lenses import lenses
from dspy_lens.values.definition import Definition, Kind, Span
from dspy_lens.values.estimate import Calls, Estimate, Range
from dspy_lens.values.examples import Example, ExampleSet
from dspy_lens.values.money import Micros
from dspy_lens.values.run import Caps, Progress, Run, RunState, Usage, Verb
from dspy_lens.values.settings import TargetSettings
from dspy_lens.values.standing import Applied, Failed, Fresh, Never, Running, Stale, Standing
from dspy_lens.values.target import Metric, Target
from support import recipes

NOW = 10_000.0
HOUR = 3600.0
NOTHING, NO_CAPS = Usage(), Caps()


def target(examples: int = 80, metric: str | None = "exact", kind: Kind = Kind.CLASS) -> Target:
    definition = Definition("app:QA", kind, Span("app.py", 3, 5))
    found = tuple(Example({"question": str(it)}, {"answer": "a"}, it) for it in range(examples))
    return Target(
        definition,
        TargetSettings(),
        ExampleSet("qa.jsonl", "file", found) if examples else None,
        Metric(metric, "type") if metric else None,
    )


def estimate(low: float = 220, high: float = 220, dollars: tuple[float, float] | None = None) -> Estimate:
    calls = Range(low, (low + high) / 2, high)
    return Estimate(
        target="app:QA",
        key="k",
        optimizer="bootstrap",
        parameters={},
        model="m",
        prompt_model=None,
        calls=Calls(task=Range.exactly(220)),
        evaluation_calls=Range.exactly(48),
        cached_calls=Range.exactly(0),
        requests=calls,
        dollars=Range(dollars[0], dollars[0], dollars[1]) if dollars else None,
    )


def done(practice: bool = False, state: str = "succeeded", **outcome: Any) -> Run:
    base = {"baseline": score(0.62), "best": score(0.83), "practice": practice}
    return replace(
        recipes.run(),
        state=RunState(state),
        finished=NOW - 2 * HOUR,
        usage=Usage(task=220, requests=220, dollars=Micros(50_000)),
        outcome={**base, **outcome},
    )


def score(value: float, n: int = 24) -> dict[str, Any]:
    return {"score": value, "n": n, "low": value - 0.1, "high": value + 0.1}


def running(
    progress: Progress, usage: Usage = NOTHING, caps: Caps = NO_CAPS, verb: Verb = Verb.OPTIMIZE
) -> Run:
    return replace(
        recipes.run(), state=RunState.RUNNING, progress=progress, usage=usage, caps=caps, verb=verb
    )


def shown(standing: Standing, on: Target | None = None, known: Estimate | None = None) -> str:
    return " | ".join(it.title for it in lenses(on or target(), standing, known, NOW))


@pytest.mark.parametrize(
    ("known", "first"),
    [
        (estimate(dollars=(0.04, 0.07)), "▶ Optimize this signature · est. $0.04–0.07"),
        (estimate(dollars=(0.04, 0.04)), "▶ Optimize this signature · est. $0.04"),
        (estimate(dollars=(0.00012, 0.0004)), "▶ Optimize this signature · est. $0.0001–0.0004"),
        (estimate(), "▶ Optimize this signature · est. 220 calls"),
        (estimate(180, 220), "▶ Optimize this signature · est. 180–220 calls"),
        (estimate(1200, 1200), "▶ Optimize this signature · est. 1,200 calls"),
        (estimate(dollars=(0, 0)), "▶ Optimize this signature · est. 220 calls"),
        (estimate(0, 0), "▶ Optimize this signature · cached"),
        (None, "▶ Optimize this signature"),
    ],
)
def test_a_target_that_never_ran_shows_what_it_would_take(known: Estimate | None, first: str) -> None:
    assert shown(Never(), known=known) == f"{first} | no score yet · 80 examples · exact"


def test_a_program_is_called_one() -> None:
    assert shown(Never(), target(kind=Kind.PROGRAM)).startswith("▶ Optimize this program")


def test_without_examples_the_way_to_make_some_is_offered() -> None:
    assert shown(Never(), target(examples=0)) == "＋ Create examples for this signature | no examples"


def test_a_missing_metric_is_said() -> None:
    expected = "▶ Optimize this signature · no metric yet | no score yet · 1 example · no metric"
    assert shown(Never(), target(examples=1, metric=None)) == expected


@pytest.mark.parametrize(
    ("run", "texts"),
    [
        (
            running(Progress(4, 10, 0.78, 180), Usage(task=9, dollars=Micros(20_000)), Caps(Micros(500_000))),
            "■ Stop · trial 4/10 · best 78 % | $0.02 of $0.50 · 3 min left",
        ),
        (running(Progress()), "■ Stop · starting | 0 calls"),
        (running(Progress(), verb=Verb.EVALUATE), "■ Stop · evaluating | 0 calls"),
        (running(Progress(2), Usage(requests=12), Caps(calls=100)), "■ Stop · trial 2 | 12 of 100 calls"),
        (running(Progress(2), Usage(dollars=Micros(20_000))), "■ Stop · trial 2 | $0.02 so far"),
        (recipes.run(), "■ Stop · queued | 0 of 7 calls"),
    ],
)
def test_a_run_that_goes_on_shows_how_far_it_is(run: Run, texts: str) -> None:
    assert shown(Running(run)) == texts


@pytest.mark.parametrize(
    ("run", "second"),
    [
        (done(), "62 → 83 % held-out (n=24) · $0.05 · 2 h ago"),
        (done(practice=True), "62 → 83 % held-out (n=24, practice model) · $0.05 · 2 h ago"),
        (done(best=None), "62 % held-out (n=24) · $0.05 · 2 h ago"),
        (done(state="stopped"), "62 → 83 % held-out (n=24) · stopped early · $0.05 · 2 h ago"),
        (done(best=score(0.999)), "62 → 99 % held-out (n=24) · $0.05 · 2 h ago"),
        (
            done(baseline=None, best=None, validation={"baseline": 0.5, "best": 0.75, "n": 6}),
            "50 → 75 % validation, not held-out (n=6) · $0.05 · 2 h ago",
        ),
        (done(baseline=None, best=None), "no score · $0.05 · 2 h ago"),
    ],
)
def test_a_fresh_result_shows_held_out_scores_and_what_they_cost(run: Run, second: str) -> None:
    assert shown(Fresh(run)) == f"▶ Optimize again · cached | {second}"


def test_an_unknown_price_is_shown_as_tokens_and_never_as_nothing() -> None:
    run = replace(done(), usage=Usage(task=3, input_tokens=12_000, output_tokens=345))
    assert "· 12,345 tokens ·" in shown(Fresh(run))


def test_an_applied_result_says_so() -> None:
    expected = "▶ Optimize again · cached | applied · 83 % held-out (n=24, practice model)"
    assert shown(Applied(done(practice=True))) == expected


@pytest.mark.parametrize(
    ("reasons", "run", "second"),
    [
        (("3 examples changed",), done(), "⚠ stale: 3 examples changed · was 83 %"),
        (("metric changed",), done(practice=True), "⚠ stale: metric changed · was 83 % (practice model)"),
        (("a", "b", "c"), done(), "⚠ stale: a, b and 1 more · was 83 %"),
        (("a",), done(baseline=None, best=None), "⚠ stale: a"),
    ],
)
def test_a_stale_result_says_what_changed(reasons: tuple[str, ...], run: Run, second: str) -> None:
    known = estimate(dollars=(0.01, 0.01))
    assert shown(Stale(run, reasons), known=known) == f"▶ Optimize again · est. $0.01 | {second}"


@pytest.mark.parametrize(
    ("outcome", "state", "second"),
    [
        (
            {"stage": "load", "reason": "no module named app"},
            "failed",
            "✗ failed at load: no module named app",
        ),
        ({"reason": "two\nlines"}, "failed", "✗ failed: two lines"),
        ({}, "lost", "✗ lost"),
        ({"reason": "x" * 500}, "failed", "✗ failed: " + "x" * 119 + "…"),
    ],
)
def test_a_failed_run_says_where_and_why(outcome: dict[str, str], state: str, second: str) -> None:
    run = replace(recipes.run(), state=RunState(state), outcome=outcome)
    assert shown(Failed(run), known=estimate()) == f"▶ Optimize this signature · est. 220 calls | {second}"


@pytest.mark.parametrize(
    ("standing", "commands"),
    [
        (Never(), ["dspyLens.optimize", "dspyLens.openExamples"]),
        (Running(running(Progress())), ["dspyLens.cancel", "dspyLens.show"]),
        (Fresh(done()), ["dspyLens.optimize", "dspyLens.show"]),
        (Stale(done(), ("a",)), ["dspyLens.optimize", "dspyLens.show"]),
        (Failed(done()), ["dspyLens.optimize", "dspyLens.show"]),
    ],
)
def test_a_click_acts_on_the_target_or_opens_what_is_known(standing: Standing, commands: list[str]) -> None:
    both = lenses(target(), standing, None, NOW)
    assert [it.command for it in both] == commands
    assert all(it.argument["target"] == "app:QA" for it in both)
