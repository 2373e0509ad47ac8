"""Programs side by side: paired on common examples, with the frontier of score against price."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dspy_lens.pages.compare_page import compare_page
from dspy_lens.pages.comparison import compare
from dspy_lens.pages.record import Record
from dspy_lens_worker.messages import HeldOut
from support import recipes
from support.html import read

Finished = Callable[..., Record]
HOSTILE = "</script><img src=x onerror=alert(1)>"


def answers(program: str, scores: str, first: int = 0) -> list[HeldOut]:
    """An answer for each sign, `+` a right one, `-` a wrong one, `?` one without a score."""
    return [
        HeldOut.model_validate(
            {
                "program": program,
                "row": row,
                "inputs": {"question": f"q{row} {HOSTILE}"},
                "labels": {"answer": "yes"},
                "answer": {"answer": HOSTILE},
                "score": {"+": 1.0, "-": 0.0, "?": None}[sign],
            }
        )
        for row, sign in enumerate(scores, first)
    ]


def record(
    finished: Finished,
    id: str,
    before: str,
    after: str,
    thousand: tuple[float, float],
    first: int = 0,
    **recipe: Any,
) -> Record:
    prompt = {
        "before": 100,
        "after": 200,
        "dollars": 0.1,
        "thousand_before": thousand[0],
        "thousand": thousand[1],
    }
    made = finished(
        {"prompt": prompt}, held_out=(*answers("baseline", before, first), *answers("best", after, first))
    )
    run = replace(made.run, id=id, recipe=recipes.run(**recipe).recipe)
    return replace(made, run=run)


def test_programs_are_compared_on_the_examples_that_all_answered(finished: Finished) -> None:
    one = record(finished, "r1", "--------++", "++++++++++", (0.1, 0.3))
    two = record(finished, "r2", "--------++", "+++---++++", (0.1, 0.2), optimizer="miprov2")
    found = compare([one, two])
    assert found.examples == 10
    assert [(it.letter, it.name, it.optimized) for it in found.contenders] == [
        ("A", "unoptimized", False),
        ("B", "bootstrap", True),
        ("C", "miprov2", True),
    ]
    first, second, third = found.contenders
    assert [it.score.score for it in found.contenders if it.score] == [0.2, 1.0, 0.7]
    assert (first.verdict, second.verdict, third.verdict) == (None, "improved", "no clear difference")
    assert (second.better, second.worse) == (8, 0)


def test_runs_with_other_examples_share_what_they_have_in_common(finished: Finished) -> None:
    one = record(finished, "r1", "----", "++++", (0.1, 0.1))
    two = record(finished, "r2", "----", "++--", (0.1, 0.1), first=2, optimizer="copro")
    found = compare([one, two])
    assert found.examples == 2
    assert "Only the 2 held-out examples that all runs have in common" in found.cautions[0]
    apart = compare([one, record(finished, "r3", "-", "+", (0.1, 0.1), first=9)])
    assert apart.examples == 0
    assert "no held-out examples in common" in apart.cautions[0]
    assert all(it.score is None for it in apart.contenders)


def test_a_provider_s_failure_leaves_a_pair_out(finished: Finished) -> None:
    (_, best) = compare([record(finished, "r1", "-?--", "++?+", (0.1, 0.1))]).contenders
    assert (best.better, best.worse) == (2, 0)


def test_the_frontier_is_what_no_other_beats(finished: Finished) -> None:
    plain = "----"
    every = [
        record(finished, "good", plain, "++++", (0.1, 0.9), optimizer="gepa"),
        record(finished, "cheap", plain, "+++-", (0.1, 0.4), optimizer="copro"),
        record(finished, "beaten", plain, "++--", (0.1, 0.5), optimizer="simba"),
    ]
    found = compare(every)
    assert found.axis == "dollars"
    assert {it.name for it in found.contenders if it.frontier} == {"unoptimized", "gepa", "copro"}


def test_where_a_price_is_unknown_tokens_are_compared(finished: Finished) -> None:
    known = record(finished, "r1", "--", "++", (0.1, 0.2))
    unknown = record(finished, "r2", "--", "++", (0.1, 0.2), models={"task": {"name": "lab/model"}})
    prompt = {"before": 100, "after": 200, "dollars": None}
    unknown = replace(unknown, run=replace(unknown.run, outcome={"prompt": prompt}))
    found = compare([known, unknown])
    assert found.axis == "tokens"
    # Another model's unoptimized program is a contender of its own.
    assert [it.name for it in found.contenders].count("unoptimized") == 2


def test_scores_of_different_metrics_are_told_apart(finished: Finished) -> None:
    one = record(finished, "r1", "--", "++", (0.1, 0.2))
    other = record(finished, "r2", "--", "++", (0.1, 0.2), metric="f1")
    assert any("different metrics" in it for it in compare([one, other]).cautions)


def test_the_page_has_chart_tables_and_answers_and_runs_nothing_foreign(finished: Finished) -> None:
    one = record(finished, "r1", "-+", "++", (0.1, 0.3))
    two = record(finished, "r2", "-+", "+-", (0.1, 0.2), optimizer="copro")
    shown = read(compare_page([one, two]))
    assert not shown.all("img")
    assert HOSTILE in shown.one("section", id="answers").text
    points = json.loads(str(shown.one("div", id="chart").attributes["data-chart"]))["points"]
    assert [it["letter"] for it in points] == ["A", "C", "B"]
    table = shown.one("section", id="price")
    assert "On the frontier" in table.one("p", **{"class": "lead"}).text
    assert len(table.one("tbody").all("tr")) == 3
    assert "$0.30" in table.text
    assert "optimizer" in shown.one("section", id="differ").text
    for it in shown.walk():
        assert not {"src", "style"} & {*it.attributes}
        assert str(it.attributes.get("href", "#")).startswith("#")
        assert not [name for name in it.attributes if name.startswith("on")]
