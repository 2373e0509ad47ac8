"""Optimizers and models against each other: run what is missing, then compare."""

import sys
from typing import Any

import pytest

from support.terminal import Desk, mood_workspace

CONTEST = ("compare", "Mood", "--optimizer", "labeled", "--optimizer", "bootstrap max_bootstrapped_demos=2")


@pytest.fixture
def mood(served: Desk) -> Desk:
    served.write(mood_workspace())
    return served


def finished(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [it for it in events if it["event"] == "finished"]


def test_each_optimizer_is_run_and_all_are_compared(mood: Desk) -> None:
    events = mood.run(*CONTEST, "--json", "--yes").expect().events
    assert [(it["optimizer"], it["state"]) for it in finished(events)] == [
        ("labeled", "succeeded"),
        ("bootstrap", "succeeded"),
    ]
    assert events[-1]["event"] == "compared"
    found = events[-1]["comparison"]
    assert [it["name"] for it in found["contenders"]] == ["unoptimized", "labeled", "bootstrap"]
    assert any(it["frontier"] for it in found["contenders"])
    # The program as it is was scored once: the second run found those answers in the cache.
    second = finished(events)[1]
    assert second["calls"]["cached"] >= second["baseline"]["n"]


def test_what_was_run_before_is_not_run_again(mood: Desk) -> None:
    first = mood.run("optimize", "Mood", "--optimizer", "labeled", "--json", "--yes").expect().events[-1]
    one, other = finished(mood.run(*CONTEST, "--json", "--yes").expect().events)
    assert (one["run"], one["stored"], other["stored"]) == (first["run"], True, False)
    again = mood.run(*CONTEST, "--yes").expect().out
    assert "2 runs of app.mood:Mood, all from the store." in again
    assert "bootstrap max_bootstrapped_demos=2 with offline" in again
    assert "Score against price" in again
    assert len(mood.run("runs", "--json").expect().json["runs"]) == 2


def test_parameters_tell_apart_what_is_called_the_same(mood: Desk) -> None:
    words = ("--optimizer", "labeled k=2", "--optimizer", "labeled k=4", "--json", "--yes")
    compared = mood.run("compare", "Mood", *words).expect().events[-1]["comparison"]
    assert [it["name"] for it in compared["contenders"]] == ["unoptimized", "labeled k=2", "labeled k=4"]


def test_models_are_compared_as_the_program_is(mood: Desk) -> None:
    mood.write({"dspy-lens.toml": f'model = "openai/gpt-4o"\ninterpreter = "{sys.executable}"\n'})
    mood.environment |= {"OPENAI_API_KEY": "sk-nobody", "OPENAI_API_BASE": "http://127.0.0.1:9/v1"}
    answer = mood.run("compare", "Mood", "--model", "openai/gpt-4o-mini", "--model", "offline", "--yes")
    assert "evaluate with openai/gpt-4o-mini" in answer.out
    assert "evaluate with offline" in answer.out
    # Nobody answers at that address, so that one of the two has no result.
    assert "nothing to compare" in answer.expect(1).err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--optimizer", "labeled"), 2, "Comparing takes two runs or more."),
        (("--optimizer", "labeled", "--optimizer", "labeled"), 2, "Comparing takes two runs or more."),
        (("--optimizer", "labeled", "--optimizer", "bootstrp"), 2, "Use bootstrap"),
        (("--optimizer", "labeled x", "--optimizer", "bootstrap"), 2, "'x' is not key=value"),
        (
            ("--optimizer", "labeled", "--optimizer", "copro", "--set", "trials=4"),
            2,
            "trials is no parameter of labeled, copro",
        ),
        (("--optimizer", "labeled", "--optimizer", "finetune"), 1, "The practice model cannot be trained."),
        (("--optimizer", "labeled", "--optimizer", "copro", "--cap-calls", "6"), 1, "a held-out evaluation"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_runs(
    mood: Desk, words: tuple[str, ...], code: int, message: str
) -> None:
    assert message in mood.run("compare", "Mood", *words, "--yes").expect(code).err
    assert mood.run("runs", "--json").expect().json["runs"] == []


def test_ctrl_c_stops_all_of_them(mood: Desk) -> None:
    words = ("--optimizer", "bootstrap_rs", "--optimizer", "miprov2", "--json", "--yes")
    with mood.started("compare", "Mood", *words) as running:
        running.until("trial")
        running.interrupt()
        assert running.until("finished")["state"] == "stopped"
        assert running.until("finished")["state"] == "stopped"
        assert running.ended() in (1, 3)


def test_a_contest_can_go_on_without_the_terminal(mood: Desk) -> None:
    started = mood.run(*CONTEST, "--json", "--yes", "--detach").expect().json
    assert [it["stored"] for it in started["runs"]] == [False, False]
    assert started["requests"]["high"] >= started["requests"]["low"] > 0
    again = mood.run(*CONTEST, "--json", "--yes").expect().events
    assert [it["run"] for it in finished(again)] == [it["run"] for it in started["runs"]]
