"""The demo's other targets: a program of two steps, and a signature written as a string."""

from pathlib import Path

import dspy

from support.practice import (
    DEMO,
    deal,
    demo_module,
    demo_rows,
    gain,
    labeled,
    mipro_without_demos,
    practising,
    random_search,
    right,
)


def test_a_program_of_two_steps_improves_by_its_own_metric(tmp_path: Path) -> None:
    program, metric = demo_module("briefing").Briefing(), demo_module("metrics").filed
    parts = deal(demo_rows("dispatches"), 0, "dispatch")
    with practising(tmp_path):
        assert gain(program, parts, metric, random_search) > 0.3
        assert gain(program, parts, metric, mipro_without_demos) > 0.3


def test_a_string_signature_with_a_typed_output_improves(tmp_path: Path) -> None:
    program = demo_module("dating").find_year
    parts = deal(demo_rows("dating"), 0, "note")
    with practising(tmp_path):
        assert gain(program, parts, right("year"), labeled) > 0.3
        assert gain(program, parts, right("year"), mipro_without_demos) > 0.3


def test_the_metric_of_the_program_wants_both_parts_right_for_a_demo() -> None:
    metric = demo_module("metrics").filed
    example = dspy.Example(place="Bern", desk="Arts")
    half = dspy.Prediction(place="bern ", desk="Sport")
    assert metric(example, half) == 0.5
    assert metric(example, half, trace=[]) == 0
    assert metric(example, dspy.Prediction(place="Bern", desk="Arts"), trace=[]) == 1


def test_every_category_has_enough_examples() -> None:
    rows = demo_rows("events")
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["category"]] = counts.get(row["category"], 0) + 1
    assert len(rows) >= 165
    assert min(counts.values()) >= 15
    assert set(counts) == set(demo_module("events").Category.__args__)
    assert len({row["event"] for row in rows}) == len(rows)


def test_answers_of_the_examples_stand_in_them_where_they_are_to_be_found() -> None:
    assert all(row["place"] in row["dispatch"] for row in demo_rows("dispatches"))
    assert all(str(row["year"]) in row["note"] for row in demo_rows("dating"))


def test_the_demo_comes_with_what_its_readme_names() -> None:
    text = (DEMO / "README.md").read_text(encoding="utf-8")
    for name in ("events", "dispatches", "dating"):
        assert f"`data/{name}.jsonl`, {len(demo_rows(name))} |" in text
