"""`dspy-lens link`: the files that may hold a target's examples, and the link to one of them."""

from support.terminal import SIGNATURE, Desk

TABLE = "id,text,label\n1,What a day!,glad\n2,Oh no.,sad\n"


def test_files_are_listed_with_their_mapped_columns(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE, "data/export.csv": TABLE})
    shown = desk.run("link", "Mood").expect().out
    assert "data/export.csv · 2 records · other names" in shown
    assert "sentence ← text: What a day! · mood ← label: glad" in shown
    (found,) = desk.run("link", "Mood", "--json").expect().json["matches"]
    assert found["map"] == {"sentence": "text", "mood": "label"}


def test_the_link_is_shown_asked_about_and_written(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE, "data/export.csv": TABLE})
    asked = desk.run("link", "Mood", "data/export.csv", "--json").expect(4)
    assert asked.err == "Write dspy-lens.toml? Nobody can be asked here: pass --yes to say yes.\n"
    done = desk.run("link", "Mood", "data/export.csv", "--yes", "--json").expect().json
    assert done["path"] == "dspy-lens.toml"
    (target,) = desk.run("targets", "--json").expect().json["targets"]
    assert target["examples"] == {"source": "data/export.csv", "count": 2, "rule": "settings"}


def test_columns_that_are_named_hold_against_those_that_are_proposed(desk: Desk) -> None:
    desk.write({"mood.py": SIGNATURE, "data/export.csv": TABLE, "pyproject.toml": "[project]\nname = 'x'\n"})
    desk.run("link", "Mood", "data/export.csv", "--map", "text:sentence", "--yes").expect()
    text = (desk.root / "pyproject.toml").read_text("utf-8")
    assert text.startswith("[project]\nname = 'x'\n\n[tool.dspy-lens.target.\"mood:Mood\"]\n")
    assert 'map = { sentence = "text" }' in text


def test_weaker_matches_stand_in_the_list_of_targets(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE, "data/export.csv": TABLE})
    (target,) = desk.run("targets", "--json").expect().json["targets"]
    wanted = {"source": "data/export.csv", "map": {"sentence": "text", "mood": "label"}, "lacking": []}
    assert target["offers"] == [wanted]
    assert "no examples, export.csv may fit" in desk.run("targets").expect().out
