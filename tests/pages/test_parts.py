"""What a page says where runs go otherwise: regressions, failures, few examples, no estimate."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dspy_lens.pages.answers import examples
from dspy_lens.pages.assets import assets
from dspy_lens.pages.costs import how
from dspy_lens.pages.diffs import diff
from dspy_lens.pages.page import page
from dspy_lens.pages.record import Record
from dspy_lens.values.estimate import Range
from dspy_lens.values.run import RunState
from dspy_lens_worker.messages import HeldOut, Log, Trial
from support.html import Element, read

Finished = Callable[..., Record]


def answered(program: str, row: int, score: float | None, error: str | None = None, **answer: Any) -> HeldOut:
    return HeldOut.model_validate(
        {
            "program": program,
            "row": row,
            "inputs": {"question": f"q{row}"},
            "labels": {"answer": "yes"},
            "answer": answer or {"answer": "yes" if score else "no"},
            "score": score,
            "error": error,
        }
    )


def both(row: int, before: float | None, after: float | None) -> list[HeldOut]:
    return [answered("baseline", row, before), answered("best", row, after)]


def section(record: Record, id: str) -> Element:
    return read(page(record)).one("section", id=id)


def test_regressions_come_first_and_a_providers_failure_is_no_wrong_answer() -> None:
    rows = [
        *both(1, 1, 1),
        *both(2, 0, 1),
        *both(3, 0, 0),
        *both(4, 1, None),
        *both(5, 1, 0),
        *both(6, 0.4, 0.6),
    ]
    assert [(it.row, it.change) for it in examples(rows)] == [
        (5, "worse"),
        (3, "wrong"),
        (4, "unscored"),
        (2, "better"),
        (6, "better"),
        (1, "right"),
    ]


def test_an_evaluation_has_one_answer_for_each_example(finished: Finished) -> None:
    found = section(
        finished(held_out=(answered("baseline", 1, 1.0), answered("baseline", 2, 0.0))), "examples"
    )
    assert "before" not in found.text
    assert [it.all("td")[0].text for it in found.all("tr") if "data-change" in it.attributes] == [
        "wrong",
        "right",
    ]


def test_all_that_was_answered_is_shown_besides_what_is_labelled(finished: Finished) -> None:
    row = answered("best", 1, 1.0, reasoning="<b>because</b>", answer="yes")
    found = section(finished(held_out=(row,)), "examples")
    assert "<b>because</b>" in found.one("details").text


def test_long_values_are_folded_but_whole(finished: Finished) -> None:
    long = "word " * 400
    row = answered("best", 1, 1.0, answer=long)
    fold = section(finished(held_out=(row,)), "examples").one("details", **{"class": "fold"})
    assert fold.one("div").raw == long
    assert len(fold.one("summary").text) < 200


def test_instructions_are_a_diff_of_what_ran(finished: Finished) -> None:
    record = finished(
        {"instructions": {"self": "Sort the <b>ticket</b> by topic."}}, before={"self": "Sort the ticket."}
    )
    found = section(record, "instructions")
    assert [it.text for it in found.all("del")] == ["removed: Sort the ticket."]
    assert [it.text.replace(" ", "") for it in found.all("ins")] == ["added:Sortthe<b>ticket</b>bytopic."]
    assert found.one("pre").raw == "Sort the <b>ticket</b> by topic."


def test_unchanged_instructions_say_so(finished: Finished) -> None:
    found = section(
        finished({"instructions": {"self": "Sort."}}, before={"self": " Sort.\n"}), "instructions"
    )
    assert "unchanged" in found.text
    assert not found.all("ins")


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ("a\nb", "a\nb", ["same", "same"]),
        ("a", "a\n\nb", ["same", "new", "new"]),
        ("sort the ticket", "sort the letter", ["gone", "new"]),
        ("", "new", ["new"]),
        ("gone", "", ["gone"]),
    ],
)
def test_a_diff_has_the_lines_of_both_texts(before: str, after: str, kinds: list[str]) -> None:
    lines = diff(before, after)
    assert [it.kind for it in lines] == kinds
    for kinds_of, text in ((("same", "gone"), before), (("same", "new"), after)):
        said = ["".join(part.text for part in it.parts) for it in lines if it.kind in kinds_of]
        assert said == text.splitlines()


def test_only_the_words_that_changed_are_marked() -> None:
    gone, come = diff("Sort the ticket by topic.", "Sort the letter by topic.")
    assert [it.text for it in gone.parts if it.changed] == ["ticket"]
    assert [it.text for it in come.parts if it.changed] == ["letter"]


def test_a_failed_run_says_where_and_why(finished: Finished) -> None:
    record = finished({"stage": "load", "reason": "There is no module named <app>."}, RunState.FAILED)
    shown = read(page(record))
    assert "Failed at load. There is no module named <app>." in shown.one("main").text
    assert "no score" in shown.one("main").text
    assert not shown.all("section", id="trials")


def test_a_run_that_goes_on_says_so(finished: Finished) -> None:
    trial = Trial(run="r1", sequence=1, at=1.0, number=1, of=9, score=0.5, full=False, best=None)
    shown = read(page(finished(state=RunState.RUNNING, events=(trial,))))
    assert "This page was made while the run went on." in shown.text
    assert "all of them on minibatches" in shown.one("section", id="trials").text


def test_without_held_out_examples_validation_is_named_as_what_it_is(finished: Finished) -> None:
    shown = read(page(finished({"validation": {"baseline": 0.4, "best": 0.7, "n": 6}})))
    assert "validation, not held-out, n = 6" in shown.text
    assert "Nothing was held out." in shown.text


def test_failures_and_warnings_of_the_run_are_told(finished: Finished) -> None:
    log = Log(run="r1", sequence=1, at=1.0, level="warning", message="The cap has <no> room.")
    failed = answered("best", 1, None, error="Rate limit")
    text = read(page(finished(events=(log,), held_out=(failed,)))).text
    assert "The cap has <no> room." in text
    assert "1 answer on held-out examples could not be scored and is left out of the score." in text
    assert "Rate limit" in text


def test_an_unknown_price_is_never_shown_as_nothing(finished: Finished) -> None:
    costs = section(finished({"seconds": 12.0}), "cost")
    (row,) = (it for it in costs.all("tr") if it.all("th")[0].text == "dollars")
    assert row.text == "dollars unknown price unknown price"


@pytest.mark.parametrize(
    ("took", "said"), [(9, "less"), (10, "as estimated"), (20.1, "as estimated"), (21, "more")]
)
def test_the_cost_is_judged_by_the_estimate(took: float, said: str) -> None:
    assert how(Range(10, 15, 20), took) == said


def test_the_chart_library_is_the_one_that_is_pinned(root: Path) -> None:
    pinned = (root / "client-vscode" / "package.json").read_text("utf-8")
    version = assets().script.split("(v", 1)[1].split(")", 1)[0]
    assert f'"uplot": "{version}"' in pinned
