"""Estimates from the terminal: after a dry run, and of every optimizer side by side."""

import pytest

from support.terminal import Desk, mood_workspace

ESTIMATE = ("estimate", "Mood", "--optimizer", "bootstrap", "--json", "--yes")


@pytest.fixture
def mood(served: Desk) -> Desk:
    served.write(mood_workspace())
    return served


def test_a_dry_run_is_a_run_by_which_estimates_are_made(mood: Desk) -> None:
    before = mood.run(*ESTIMATE).expect().json
    assert "not yet measured" in " ".join(before["assumptions"])
    after = mood.run(*ESTIMATE, "--dry-run").expect()
    assert "measured on 3 examples" in " ".join(after.json["assumptions"])
    runs = mood.run("runs", "Mood", "--json").expect().json["runs"]
    assert [(it["verb"], it["state"], it["outcome"]["requests"]) for it in runs] == [
        ("evaluate", "succeeded", 3)
    ]
    # It says nothing of how the target stands, and the same one is not paid twice.
    mood.run(*ESTIMATE, "--dry-run").expect()
    assert len(mood.run("runs", "Mood", "--json").expect().json["runs"]) == 1


def test_a_dry_run_is_asked_about_before_it_costs_anything(mood: Desk) -> None:
    refused = mood.run("estimate", "Mood", "--dry-run").expect(4)
    assert "A dry run sends 3 requests" in " ".join(refused.err.split())
    assert mood.run("runs", "Mood", "--json").expect().json["runs"] == []


def test_the_cheapest_the_recommended_and_the_strongest_choice_stand_side_by_side(mood: Desk) -> None:
    found = mood.run("estimate", "Mood", "--all", "--json", "--yes").expect().json
    choices = found["choices"]
    assert sorted(role for it in choices for role in it["roles"]) == ["cheapest", "recommended", "strongest"]
    assert "cheapest" in choices[0]["roles"]
    requests = [it["estimate"]["requests"]["expected"] for it in choices]
    assert requests == sorted(requests)
    shown = mood.run("estimate", "Mood", "--all", "--yes").expect().out
    assert all(role in shown for role in ("cheapest", "recommended", "strongest"))
    # Those that do not work here are named, with the reason.
    assert "finetune" in {it["optimizer"] for it in found["left_out"]}
    assert "not here: finetune. The practice model cannot be trained." in " ".join(shown.split())


def test_a_choice_is_named_as_comparisons_take_it(mood: Desk) -> None:
    choices = mood.run("estimate", "Mood", "--all", "--json", "--yes").expect().json["choices"]
    strongest = next(it for it in choices if "strongest" in it["roles"])
    assert strongest["contender"] == " ".join(
        [strongest["optimizer"], *(f"{name}={it}" for name, it in strongest["given"].items())]
    )
    both = ("--optimizer", strongest["contender"], "--optimizer", "labeled")
    refused = mood.run("compare", "Mood", *both, "--cap-calls", "1", "--yes").expect(1)
    assert "cap" in refused.err  # it was understood, and its price is known
