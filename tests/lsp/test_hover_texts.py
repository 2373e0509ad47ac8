"""What hovering shows, and that no foreign text can break out of it."""

import re
from base64 import b64decode
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import pytest

from dspy_lens.lsp.compared import comparison
from dspy_lens.lsp.hovers import Known, hover
from dspy_lens.lsp.markdown import code, fenced
from dspy_lens.lsp.reports import chart, report
from dspy_lens.pages.comparison import Comparison, Contender
from dspy_lens.values.definition import Definition, Field, Kind, Span
from dspy_lens.values.examples import Example, ExampleSet
from dspy_lens.values.run import Run, RunState
from dspy_lens.values.settings import TargetSettings
from dspy_lens.values.standing import Fresh, Never, Stale
from dspy_lens.values.target import Metric, Target
from support import recipes

NOW = 2000.0
HOSTILE = "``` \n# [pay](command:evil) <img src=x onerror=alert(1)> `` ` ~~~~"


def target() -> Target:
    definition = Definition(
        "app:QA", Kind.CLASS, Span("app.py", 3, 5), (Field("question"),), (Field("answer", "int"),), "Answer."
    )
    examples = ExampleSet("data/qa.jsonl", "file", (Example({"question": "?"}, {"answer": 1}, 0),))
    return Target(definition, TargetSettings(), examples, Metric("exact", "type"))


def done(**changes: Any) -> Run:
    outcome = recipes.finished(9, **changes).model_dump(mode="json")
    return replace(recipes.run(), state=RunState.SUCCEEDED, finished=NOW - 7200, outcome=outcome)


def shown(run: Run, **known: Any) -> str:
    return hover(target(), Known(Fresh(run), **known), NOW)


def test_a_target_shows_its_fields_examples_and_metric() -> None:
    text = hover(target(), Known(Never()), NOW)
    assert "QA: question: str -> answer: int" in text
    assert "1 example in `data/qa.jsonl` · metric `exact`" in text


def test_scores_come_with_their_interval_and_validation_stands_apart() -> None:
    text = shown(done(validation={"baseline": 0.4, "best": 0.9, "n": 30}))
    assert "50 → 80 % held-out (n=10)" in text
    assert "| held-out, optimized | 80 % | 50 % to 95 % | 10 |" in text
    assert "| validation, best | 90 % | | 30 |" in text


def test_the_practice_model_is_named() -> None:
    text = shown(done(practice=True))
    assert "(n=10, practice model)" in text
    assert "no real model took part" in text


def test_instructions_are_shown_as_a_diff_to_the_source() -> None:
    text = shown(
        done(instructions={"self": "Answer with\none number."}), instructions={"self": "Answer with\na word."}
    )
    assert "```diff\n  Answer with\n- a word.\n+ one number.\n```" in text


def test_applied_instructions_are_not_repeated() -> None:
    text = shown(done(instructions={"self": "Answer."}), instructions={"self": "Answer."})
    assert "Instructions: as in the source." in text


def test_demos_are_shown_by_predictor() -> None:
    program = {
        "predict": {"demos": [{"augmented": True, "question": "2+2?", "answer": "4"}] * 5},
        "metadata": {},
    }
    text = shown(done(), program=program)
    assert "5 demos of `predict`" in text
    assert "question: 2+2?\nanswer: 4" in text
    assert "… and 2 more" in text


def test_trials_are_a_line_of_blocks_with_the_best() -> None:
    trials = [{"score": 0.2, "full": True}, {"score": 0.95, "full": False}, {"score": 0.6, "full": True}]
    assert "trials ▁▇ best 60 %" in shown(done(), trials=trials)


def test_the_chart_reaches_from_the_least_to_the_greatest() -> None:
    assert chart([0.0, 0.5, 1.0]) == "▁▄▇"
    assert chart([0.5, 0.5]) == "▄▄"


def test_stale_results_say_so_first() -> None:
    text = hover(target(), Known(Stale(done(), ("3 examples changed",))), NOW)
    assert text.index("⚠ stale: 3 examples changed") < text.index("held-out")


def outside_of_code(text: str) -> str:
    """The text without its code blocks and inline code, as CommonMark finds them."""
    blocks = re.sub(r"^(`{3,})[a-z]*\n.*?\n\1$", "", text, flags=re.M | re.S)
    return re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", blocks, flags=re.S)


def compared(text: str) -> Comparison:
    one = Contender("A", text, "7", text, True, None, None, 0, 0, None, None, None)
    return Comparison(text, 0, "tokens", (one,), ())


def test_hostile_text_stays_inside_code() -> None:
    run = done(instructions={HOSTILE: HOSTILE}, verdict=None)
    program = {HOSTILE: {"demos": [{HOSTILE: HOSTILE}]}}
    held_out = [
        {"program": "best", "row": 1, "score": 0, "inputs": {"a": HOSTILE}, "labels": {}, "answer": {}}
    ]
    pages = (
        shown(run, program=program, instructions={HOSTILE: "before"}),
        report(run, {"program": program, "held_out": held_out}),
        comparison([run, run], compared(HOSTILE)),
    )
    for page in pages:
        assert "command:evil" in page
        assert "command:evil" not in outside_of_code(page)
        assert "<img" not in outside_of_code(page)


@pytest.mark.parametrize("text", ["a", "", "`", "``` ```", "a\nb", "\u202e\x1b[0m", "````"])
def test_code_and_fences_are_longer_than_any_run_of_backticks_inside(text: str) -> None:
    runs = [len(it) for it in re.findall("`+", text)]
    assert len(re.match("`+", fenced(text))[0]) > max([2, *runs])  # type: ignore[index]
    assert len(re.match("`+", code(text))[0]) > max([0, *runs])  # type: ignore[index]
    assert "\x1b" not in fenced(text) + code(text)
    assert "\u202e" not in fenced(text) + code(text)


def svg_of(text: str) -> str:
    return b64decode(re.search(r"!\[[^\]]+\]\(data:image/svg\+xml;base64,([^)]+)\)", text)[1]).decode()  # type: ignore[index]


def test_where_pictures_are_shown_the_trials_are_one_with_the_best_and_what_was_before() -> None:
    trials = [
        {"number": 1, "score": 0.2, "full": True},
        {"number": 2, "score": 0.95, "full": False},
        {"number": 3, "score": 0.6, "full": True},
    ]
    run = done(validation={"baseline": 0.4, "best": 0.6, "n": 30})
    text = shown(run, trials=trials, pictures=True)
    assert "Scores of 3 trials: the best 60 % in trial 3" in text
    assert "▁" not in text
    drawn = ElementTree.fromstring(svg_of(text))
    assert len(drawn.findall("{*}circle")) == 3
    said = [it.text for it in drawn.findall("{*}text")]
    assert said[-2:] == ["before", "best 60 %"]
    assert "trials · ○ on part of the examples" in said


def test_a_picture_explains_hollow_dots_only_where_there_are_some() -> None:
    trials = [{"number": it, "score": 0.5, "full": True} for it in (1, 2)]
    drawn = svg_of(shown(done(), trials=trials, pictures=True))
    assert "trials" in drawn
    assert "○" not in drawn


def test_the_picture_of_a_single_trial_or_of_equal_ones_is_drawn_too() -> None:
    for scores in ([0.0], [1.0, 1.0], [0.5]):
        trials = [{"number": it, "score": score, "full": True} for it, score in enumerate(scores, 1)]
        assert ElementTree.fromstring(svg_of(shown(done(), trials=trials, pictures=True))) is not None


def test_cautions_and_advice_stand_beneath_the_headline_and_stay_words() -> None:
    remarks = {
        "cautions": [{"level": "warning", "title": "Overfitted", "text": HOSTILE}],
        "advice": [{"about": "optimizer", "text": "Try `gepa`."}],
    }
    text = shown(done(), remarks=remarks)
    assert r"- ⚠ **Overfitted.** \`\`\` \# \[pay\]\(command:evil\) \<img src=x onerror=alert\(1\)\>" in text
    assert "- → Try `gepa`." in text
    assert text.index("Overfitted") < text.index("| held-out")
