"""`show --html`: a run as a file."""

import pytest

from support.html import read
from support.terminal import Desk, mood_workspace


@pytest.fixture
def mood(served: Desk) -> Desk:
    served.write(mood_workspace())
    return served


def test_a_run_becomes_a_page_and_other_files_are_left_alone(mood: Desk) -> None:
    mood.run("evaluate", "Mood", "--yes").expect()
    done = mood.run("show", "last", "--html", "run.html", "--json").expect().json
    page = mood.root / "run.html"
    assert done["path"] == str(page.resolve())
    assert read(page.read_text("utf-8")).one("h1").text == "Mood app.mood"

    assert "Wrote run.html." in mood.run("show", "last", "--html", "run.html").expect().out
    page.write_text("my own")
    assert "which is no page of a run" in mood.run("show", "last", "--html", "run.html").expect(4).err
    assert page.read_text() == "my own"
    mood.run("show", "last", "--html", "run.html", "--yes").expect()
    assert page.read_text("utf-8").startswith("<!doctype html>")
    nowhere = mood.run("show", "last", "--html", "no/where.html").expect(1)
    assert "cannot be written" in nowhere.err


def test_a_comparison_becomes_a_page_too(mood: Desk) -> None:
    assert "no two results of one target" in mood.run("compare", "Mood", "--html", "both.html").expect(1).err
    mood.run("evaluate", "Mood", "--yes").expect()
    mood.run("optimize", "Mood", "--optimizer", "labeled", "--yes").expect()
    assert "Wrote both.html." in mood.run("compare", "Mood", "--html", "both.html").expect().out
    page = read((mood.root / "both.html").read_text("utf-8"))
    assert page.one("h1").text == "Mood app.mood"
    assert "labeled" in page.one("section", id="price").text
