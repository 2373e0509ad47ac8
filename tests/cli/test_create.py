"""`dspy-lens create`: files to start from, written after a yes."""

import json

from support.terminal import SIGNATURE, Desk


def test_examples_are_written_where_the_target_finds_them(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE})
    done = desk.run("create", "examples", "Mood", "--yes", "--json").expect().json
    assert done["written"] == ["app/evals/mood.jsonl"]
    rows = [json.loads(line) for line in (desk.root / "app/evals/mood.jsonl").read_text().splitlines()]
    assert {*rows[0]} == {"sentence", "mood"}
    (target,) = desk.run("targets", "--json").expect().json["targets"]
    assert target["examples"] == {"source": "app/evals/mood.jsonl", "count": 0, "rule": "file"}
    assert {it["code"] for it in target["problems"]} == {"examples/placeholder"}
    assert len(target["problems"]) == len(rows) == 10


def test_examples_that_exist_are_never_overwritten(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE, "app/evals/mood.jsonl": "{}\n"})
    answer = desk.run("create", "examples", "Mood", "--yes").expect(1)
    assert "app/evals/mood.jsonl exists already." in answer.err


def test_a_metric_is_added_to_the_metrics_beside_the_source(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE, "app/metrics.py": "OWN = 1\n"})
    done = desk.run("create", "metric", "app/mood.py:Mood", "--yes", "--json").expect().json
    assert done["join"] == "metric=app.metrics:mood_metric"
    assert done["written"] == ["app/metrics.py", "app/mood.py"]
    (target,) = desk.run("targets", "--json").expect().json["targets"]
    assert target["metric"] == {"name": "app.metrics:mood_metric", "rule": "comment"}
    assert (
        "# dspy-lens: metric=app.metrics:mood_metric\nclass Mood" in (desk.root / "app/mood.py").read_text()
    )
    text = (desk.root / "app/metrics.py").read_text()
    assert text.startswith("OWN = 1\n")
    compile(text, "metrics.py", "exec")


def test_without_a_yes_nothing_is_written(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE})
    answer = desk.run("create", "examples", "Mood", "--json").expect(4)
    assert answer.err == "Write app/evals/mood.jsonl? Nobody can be asked here: pass --yes to say yes.\n"
    assert answer.out == ""
    assert not (desk.root / "app/evals").exists()


def test_an_unknown_target_comes_with_its_neighbours(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE})
    answer = desk.run("create", "examples", "Mod", "--yes").expect(1)
    assert answer.err == "There is no target Mod. Did you mean app.mood:Mood?\n"


def test_an_ambiguous_target_comes_with_its_candidates(desk: Desk) -> None:
    desk.write({"one.py": SIGNATURE, "two.py": SIGNATURE})
    answer = desk.run("create", "metric", "Mood", "--yes").expect(1)
    assert answer.err == "Mood could be one:Mood or two:Mood. Name one of them in full.\n"
