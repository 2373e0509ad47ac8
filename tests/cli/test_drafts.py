"""Examples that the model drafts: never without a yes to their price, and of no use until somebody has reviewed them."""

import json
import re
import sys
from typing import Any

import pytest

from support.provider import KEY, Provider
from support.terminal import SIGNATURE, Desk

PRACTICE = f'model = "offline"\ninterpreter = "{sys.executable}"\n'
WORDS = ("create", "examples", "Mood", "--drafts")


@pytest.fixture
def bare(served: Desk) -> Desk:
    """One bare signature and no data."""
    served.write({"mood.py": SIGNATURE, "dspy-lens.toml": PRACTICE})
    return served


def rows(desk: Desk) -> list[dict[str, Any]]:
    return [json.loads(it) for it in (desk.root / "evals/mood.jsonl").read_text("utf-8").splitlines()]


def drafting(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
    """As a model would: what is wanted, and the label that is wanted of it."""
    wanted = re.search(r"Example (\d+) of .*`mood` is '(\w+)'", inputs)
    assert wanted is not None
    return {"sentence": f"Sentence {'number' * int(wanted[1])}.", "mood": wanted[2]}


def test_the_price_is_told_before_anything_is_asked(bare: Desk) -> None:
    refused = bare.run(*WORDS, "10").expect(4)
    assert "10 drafts of examples for Mood are asked for (est. 10 calls). Start it?" in refused.err
    assert bare.run("runs", "--json").expect().json["runs"] == []
    assert not (bare.root / "evals").exists()


def test_a_model_is_asked_for_one_draft_after_another_within_the_cap(bare: Desk) -> None:
    with Provider(drafting) as provider:
        model = f'model = {{ name = "openai/gpt-4o-mini", api_base = "{provider.base}" }}\n'
        bare.write({"dspy-lens.toml": f'{model}interpreter = "{sys.executable}"\n'})
        bare.environment["OPENAI_API_KEY"] = KEY
        price = bare.run(*WORDS, "4").expect(4).err
        assert re.search(r"4 drafts .* \(est\. (\$[\d.–]+|4 calls)\)", price)
        bare.run(*WORDS, "4", "--cap-calls", "3", "--yes").expect()
        questions = [it.question for it in provider.log]
    assert len(questions) == 3
    # Each is told what was drafted before, and the labels take turns.
    assert "Sentence numbernumber. " not in questions[1]
    assert "Sentence number." in questions[1]
    assert "Sentence numbernumber." in questions[2]
    assert [(it["mood"], it["_reviewed"]) for it in rows(bare)] == [
        ("glad", False),
        ("sad", False),
        ("glad", False),
    ]
    (run,) = bare.run("runs", "--json").expect().json["runs"]
    assert (run["verb"], run["state"], run["requests"]) == ("draft", "stopped", 3)
    assert run["dollars"] > 0
    assert bare.run("spend", "--json").expect().json["rows"][0]["requests"] == 3


def test_drafts_make_no_score_until_they_are_reviewed(bare: Desk) -> None:
    made = bare.run(*WORDS, "12", "--yes").expect()
    assert "Correct each draft and remove its `_reviewed`" in made.out
    assert "Take a real model" in made.err
    drafts = rows(bare)
    assert len(drafts) >= 11
    assert {it["mood"] for it in drafts} == {"glad", "sad"}

    (target,) = bare.run("targets", "--json").expect().json["targets"]
    assert target["examples"]["count"] == 0
    assert {it["code"] for it in target["problems"]} == {"examples/unreviewed"}
    refused = bare.run("evaluate", "Mood", "--yes").expect(1)
    assert "This draft is not reviewed" in refused.err

    lines = [json.dumps({**it, "_reviewed": True}) for it in drafts]
    bare.write({"evals/mood.jsonl": "\n".join(lines) + "\n"})
    finished = bare.run("evaluate", "Mood", "--json", "--yes").expect().events[-1]
    assert finished["baseline"]["n"] >= 3


def test_more_drafts_are_other_ones_behind_those_there_are(bare: Desk) -> None:
    bare.run("create", "examples", "Mood", "--yes").expect()
    bare.run(*WORDS, "3", "--yes").expect()
    first = rows(bare)
    # The skeleton's own records have given way.
    assert all(it["_reviewed"] is False for it in first)
    bare.run(*WORDS, "3", "--yes").expect()
    assert rows(bare)[: len(first)] == first
    assert len({it["sentence"] for it in rows(bare)}) == len(rows(bare)) > len(first)


def test_what_no_model_can_write_is_refused(bare: Desk) -> None:
    source = 'import dspy\n\n\nclass See(dspy.Signature):\n    """Say what is there."""\n\n'
    fields = "    picture: dspy.Image = dspy.InputField()\n    text: str = dspy.OutputField()\n"
    bare.write({"see.py": source + fields})
    refused = bare.run("create", "examples", "See", "--drafts", "3", "--yes").expect(1)
    assert "`picture` is of the type dspy.Image, which a model cannot write." in refused.err


def test_drafts_take_the_columns_of_the_file_that_is_linked(bare: Desk) -> None:
    link = '[target."mood:Mood"]\nexamples = "data/said.jsonl"\nmap = { sentence = "text" }\n'
    bare.write({"dspy-lens.toml": PRACTICE + link, "data/said.jsonl": '{"text": "Fine.", "mood": "glad"}\n'})
    bare.run(*WORDS, "2", "--yes").expect()
    lines = [json.loads(it) for it in (bare.root / "data/said.jsonl").read_text("utf-8").splitlines()]
    assert lines[0] == {"text": "Fine.", "mood": "glad"}
    assert {*lines[1]} == {"text", "mood", "_reviewed"}
    assert not (bare.root / "evals").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--drafts", "3", "--optimizer", "gepa", "--set", "auto=light"],
            "Drafts take no --optimizer, --set.",
        ),
        (["--drafts", "3", "--map", "a:sentence"], "--map tells the columns of --from."),
        (["--drafts", "3", "--from", "x.csv"], "Choose one of them."),
        (["--model", "offline"], "Without --drafts no model is asked, so there is no --model."),
    ],
)
def test_what_would_have_no_effect_is_refused(bare: Desk, words: list[str], said: str) -> None:
    assert said in bare.run("create", "examples", "Mood", *words, "--yes").expect(2).err
    assert not (bare.root / "evals").exists()
