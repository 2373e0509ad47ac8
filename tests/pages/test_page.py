"""The page of a real run: all there, readable without its script, and nothing on it does what foreign text says."""

import base64
import hashlib
import json
import re

from dspy_lens.pages.page import page
from dspy_lens.pages.record import Record
from support.html import Element

SECTIONS = ["trials", "examples", "instructions", "demos", "prompt", "cost", "made-of"]


def hash_of(element: Element) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(element.raw.encode()).digest()).decode()}'"


def policy(shown: Element) -> dict[str, list[str]]:
    meta = next(
        it for it in shown.all("meta") if it.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = (it.split() for it in str(meta.attributes["content"]).split(";"))
    return {name: values for name, *values in rules}


def test_the_policy_lets_in_one_script_and_one_style_and_no_network(shown: Element) -> None:
    assert policy(shown) == {
        "default-src": ["'none'"],
        "script-src": [hash_of(shown.one("script"))],
        "style-src": [hash_of(shown.one("style"))],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_nothing_on_the_page_leads_elsewhere_or_runs_by_itself(shown: Element) -> None:
    for it in shown.walk():
        foreign = {"src", "style", "srcdoc", "action", "formaction"} & {*it.attributes}
        assert not foreign, it
        assert not [name for name in it.attributes if name.startswith("on")], it
        assert str(it.attributes.get("href", "#")).startswith("#"), it


def test_foreign_text_is_shown_as_it_is_and_stays_text(shown: Element, record: Record) -> None:
    assert not shown.all("img")
    assert shown.text.count('<img src=x onerror="alert(1)"></td></script></style>\'"&amp;{{ 7 * 7 }}') >= len(
        record.held_out
    )
    assert '<script>alert("instructions")</script>' in shown.one("section", id="instructions").text
    assert "49" not in shown.one("table", **{"class": "grid examples"}).text


def test_every_held_out_example_is_there_with_its_answers(shown: Element, record: Record) -> None:
    rows = [it for it in shown.all("tr") if "data-change" in it.attributes]
    assert len(rows) == len({it.row for it in record.held_out}) == 12
    by_row = {int(it.one("th").text): it for it in rows}
    for it in record.held_out:
        assert it.labels["label"] in by_row[it.row].text
        assert it.answer["label"] in by_row[it.row].text
    order = ["worse", "wrong", "unscored", "better", "right"]
    places = [order.index(str(it.attributes["data-change"])) for it in rows]
    assert places == sorted(places)


def test_the_headline_names_both_scores_their_intervals_and_the_practice_model(
    shown: Element, record: Record
) -> None:
    table = shown.one("table", **{"class": "measure"}).text
    for key in ("baseline", "best"):
        score = record.run.outcome[key]
        assert f"{round(score['low'] * 100)} %" in table
        assert str(score["n"]) in table
    assert "no real model took part" in shown.text
    assert "12 held-out examples bound the score" in shown.text
    assert str(record.run.outcome["verdict"]) in shown.text


def test_the_prompt_is_the_one_that_was_sent(shown: Element, record: Record) -> None:
    assert {it.program for it in record.prompts} == {"baseline", "best"}
    (best,) = (it for it in record.prompts if it.program == "best")
    section = shown.one("section", id="prompt")
    assert [it.raw for it in section.all("pre")] == [it["content"] for it in best.messages]
    assert "Sort the ticket." in section.text
    assert best.row in {it.row for it in record.held_out}


def test_demos_costs_and_ingredients_are_there(shown: Element, record: Record) -> None:
    assert len(shown.one("section", id="demos").all("li")) == record.run.outcome["demos"]["self"] > 0
    costs = {it.one("th").text: it.text for it in shown.one("section", id="cost").all("tr")[1:]}
    assert f"{record.run.usage.calls:,}" in costs["calls of models"]
    assert "estimated" in costs["calls of models"]
    assert "$0" in costs["dollars"]
    made = shown.one("section", id="made-of").text
    for part in ("app.py:Ticket", "40: ", "12 held out", "exact", "bootstrap", "offline", "seed", "3.4"):
        assert part in made


def test_it_reads_without_the_script(shown: Element, record: Record) -> None:
    """What is hidden until the script comes are the controls that need it; the rest stands in the page."""
    hidden = [it.attributes["id"] for it in shown.walk() if "hidden" in it.attributes]
    assert hidden == ["chart", "filter", "nothing"]
    table = shown.one("details", id="trials-table")
    assert "open" in table.attributes
    assert len(table.one("tbody").all("tr")) == len(record.trials) > 0


def test_the_chart_has_each_trial_and_says_so_in_words(shown: Element, record: Record) -> None:
    chart = json.loads(str(shown.one("div", id="chart").attributes["data-chart"]))
    assert chart["series"][0] == [it.number for it in record.trials]
    assert chart["series"][3][-1] == max(it.score for it in record.trials if it.full)
    assert re.match(r"\d+ trials?\.", shown.one("section", id="trials").one("p", **{"class": "lead"}).text)


def test_headings_tables_and_sections_have_names(shown: Element) -> None:
    assert len(shown.all("h1")) == 1
    names = {str(it.attributes["id"]) for it in shown.all("h2")}
    assert all(it.attributes["aria-labelledby"] in names for it in shown.all("section"))
    assert [it.attributes["id"] for it in shown.all("section") if "id" in it.attributes] == SECTIONS
    assert [it.attributes["href"] for it in shown.one("nav").all("a")] == [f"#{it}" for it in SECTIONS]
    assert all(it.all("caption") for it in shown.all("table"))
    assert all("scope" in it.attributes for it in shown.all("th"))
    assert shown.one("html").attributes["lang"] == "en"


def test_the_same_run_makes_the_same_page(record: Record, html: str) -> None:
    assert page(record) == html
