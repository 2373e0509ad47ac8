"""Runs from the terminal, through a real daemon and a real worker with the practice model."""

import os
import signal
import sys

import pytest

from support.terminal import Desk, mood_workspace

FINISHED = {
    *("event", "run", "state", "reason", "stored", "target", "key", "optimizer", "parameters", "model"),
    *("baseline", "best", "validation", "verdict", "calls", "requests", "tokens", "dollars", "seconds"),
    *("program", "instructions", "demos"),
}
OPTIMIZE = ("optimize", "Mood", "--optimizer", "bootstrap", "--json", "--yes")


@pytest.fixture
def mood(served: Desk) -> Desk:
    served.write(mood_workspace())
    return served


def test_a_run_is_followed_then_answered_from_the_store(mood: Desk) -> None:
    events = mood.run(*OPTIMIZE).expect().events
    names = [it["event"] for it in events]
    assert names[-1] == "finished"
    assert {"started", "loaded", "baseline"} <= {*names}
    assert {*events[-1]} >= FINISHED
    assert events[-1]["state"] == "succeeded"
    assert events[-1]["stored"] is False
    assert [it["sequence"] for it in events] == sorted(it["sequence"] for it in events)

    again = mood.run(*OPTIMIZE).expect().events
    assert [it["event"] for it in again] == ["finished"]
    assert again[0]["stored"] is True
    assert again[0]["run"] == events[-1]["run"]

    other = mood.run(*OPTIMIZE, "--seed", "7").expect().events
    assert other[-1]["key"] != events[-1]["key"]

    runs = mood.run("runs", "Mood", "--json").expect().json["runs"]
    assert [it["run"] for it in runs] == [other[-1]["run"], events[-1]["run"]]
    shown = mood.run("show", events[-1]["run"], "--json").expect().json
    assert shown["outcome"]["state"] == "succeeded"
    text = mood.run("show", "last").expect().out
    assert "app.mood:Mood" in text
    assert "practice model" in text
    assert "Practice model" in [it["title"] for it in shown["cautions"]]
    assert "Practice model. The built-in practice model answered" in " ".join(text.split())
    both = mood.run("compare", "last", events[-1]["run"], "--json").expect().json
    assert len(both["runs"]) == 2
    assert {it["letter"] for it in both["comparison"]["contenders"]} >= {"A", "B"}
    text = mood.run("compare", "last", events[-1]["run"]).expect().out
    assert events[-1]["run"] in text.replace("\n", "")
    assert "held-out examples in common" in text
    assert "compare needs two runs or more" in mood.run("compare", "last").expect(2).err
    assert len(mood.run("compare", "Mood", "--json").expect().json["runs"]) == 2


def test_an_export_is_fresh_until_the_source_changes(mood: Desk) -> None:
    mood.run(*OPTIMIZE).expect()
    done = mood.run("export", "last", "--yes", "--json").expect().json
    assert mood.run("check").expect().out.startswith("✓ optimized/")
    mood.run("daemon", "stop").expect()
    (artifact,) = mood.run("check", "--json").expect().json["artifacts"]
    assert artifact["state"] == "fresh"
    assert done["path"].endswith(artifact["path"])

    mood.write({"app/mood.py": mood_workspace()["app/mood.py"].replace("sentence", "line")})
    document = mood.run("check", "optimized", "--json").expect(1).json
    assert document["fresh"] is False
    (artifact,) = document["artifacts"]
    assert artifact["state"] == "stale"
    assert "field line added" in artifact["reasons"]


def test_applying_instructions_shows_the_diff_and_asks(mood: Desk) -> None:
    zero_shot = ("auto=light", "max_bootstrapped_demos=0", "max_labeled_demos=0")
    settings = [word for it in zero_shot for word in ("--set", it)]
    mood.run("optimize", "Mood", "--optimizer", "miprov2", *settings, "--json", "--yes").expect()
    before = (mood.root / "app/mood.py").read_text()
    answer = mood.run("apply", "last").expect(4)
    assert "--- app/mood.py" in answer.out
    assert "Write app/mood.py? Nobody can be asked here" in answer.err
    assert (mood.root / "app/mood.py").read_text() == before

    done = mood.run("apply", "last", "--yes", "--json").expect().json
    assert done["files"] == ["app/mood.py"]
    (target,) = mood.run("targets", "--json").expect().json["targets"]
    (instructions,) = mood.run("show", "last", "--json").json["outcome"]["instructions"].values()
    assert target["instructions"] == instructions


def test_applying_demos_writes_the_program_after_a_yes(mood: Desk) -> None:
    mood.run(*OPTIMIZE).expect()
    assert "so its program is written as well" in mood.run("apply", "last").expect(4).err
    assert not (mood.root / "optimized").exists()
    mood.run("apply", "last", "--yes").expect()
    assert (mood.root / "optimized/Mood.json").is_file()


def test_evaluating_scores_without_optimizing(mood: Desk) -> None:
    finished = mood.run("evaluate", "Mood", "--json", "--yes").expect().events[-1]
    assert finished["best"] is None
    assert finished["baseline"]["n"] > 0
    rerun = mood.run("rerun", "--json", "--yes").expect().events[-1]
    assert rerun["stored"] is True


def test_a_detached_run_is_found_again(mood: Desk) -> None:
    started = mood.run(*OPTIMIZE, "--detach").expect().json
    events = mood.run("rerun", started["run"], "--json", "--yes").expect().events
    assert events[-1]["run"] == started["run"]


def test_an_estimate_comes_before_spending(mood: Desk) -> None:
    document = mood.run("estimate", "Mood", "--optimizer", "bootstrap", "--json", "--yes").expect().json
    assert {*document} >= {"target", "key", "optimizer", "calls", "evaluation_calls", "requests", "dollars"}
    assert document["calls"]["task"]["high"] >= document["calls"]["task"]["low"] > 0
    assert mood.run("runs", "--json").expect().json["runs"] == []


def test_without_the_cache_what_was_asked_before_is_estimated_and_sent_again(mood: Desk) -> None:
    search = ("--optimizer", "copro", "--set", "breadth=3", "--set", "depth=2", "--json", "--yes")
    cached, anew = (
        mood.run("estimate", "Mood", *search, it).expect().json for it in ("--cache", "--no-cache")
    )
    assert anew["requests"]["low"] >= anew["calls"]["task"]["low"]
    assert cached["requests"]["expected"] < anew["requests"]["expected"]
    assert "The LM cache is off" in " ".join(anew["assumptions"])
    first, second = (
        mood.run("optimize", "Mood", *search, it).expect().events[-1] for it in ("--cache", "--no-cache")
    )
    assert second["stored"] is False  # what is asked anew is another recipe
    assert first["calls"]["cached"] > 0 == second["calls"]["cached"]
    assert anew["requests"]["low"] <= second["requests"] <= anew["requests"]["high"]
    shown = mood.run("show", second["run"], "--json").expect().json
    assert "cache" in [it["about"] for it in shown["advice"]]


def test_nothing_runs_unless_the_workspace_is_trusted(mood: Desk) -> None:
    answer = mood.run("optimize", "Mood", "--json").expect(4)
    assert "trust" in answer.err
    assert answer.out == ""


def test_an_unknown_target_or_run_is_an_error_with_a_way_out(mood: Desk) -> None:
    answer = mood.run("optimize", "Moood", "--json", "--yes").expect(1)
    assert "Did you mean app.mood:Mood?" in answer.err
    assert answer.out == ""
    assert "There is no run 42." in mood.run("show", "42").expect(1).err
    assert "Nothing was run here yet." in mood.run("rerun").expect(1).err


def test_an_unknown_optimizer_is_wrong_use(mood: Desk) -> None:
    answer = mood.run("optimize", "Mood", "--optimizer", "bootstrp", "--yes").expect(2)
    assert "bootstrap" in answer.err


def test_ctrl_c_stops_the_run_and_keeps_the_best(mood: Desk) -> None:
    with mood.started("optimize", "Mood", "--optimizer", "bootstrap_rs", "--json", "--yes") as running:
        running.until("trial")
        running.interrupt()
        finished = running.until("finished")
        assert finished["state"] == "stopped", finished["reason"]
        assert running.ended() == 3


def test_a_daemon_that_is_killed_takes_no_run_along(mood: Desk) -> None:
    with mood.started("optimize", "Mood", "--optimizer", "bootstrap_rs", "--json", "--yes") as running:
        seen = running.until("trial")
        os.kill(mood.run("daemon", "status", "--json").expect().json["pid"], signal.SIGKILL)
        finished = running.until("finished")
        assert finished["state"] == "succeeded"
        assert finished["sequence"] > seen["sequence"]
        assert running.ended() == 0


def test_a_cap_stops_with_exit_3(mood: Desk) -> None:
    words = ("optimize", "Mood", "--optimizer", "bootstrap_rs", "--cap-calls", "15", "--json", "--yes")
    finished = mood.run(*words).expect(3).events[-1]
    assert finished["state"] == "stopped"
    assert finished["requests"] <= 15


def test_money_and_memory(mood: Desk) -> None:
    mood.run(*OPTIMIZE).expect()
    assert mood.run("spend", "--json").expect().json["by"] == "run"
    assert "This month" in mood.run("spend", "--by", "model").expect().out
    mood.run("clear", "--runs").expect(4)
    assert mood.run("clear", "--runs", "--yes", "--json").expect().json["runs"] == 1
    assert mood.run("runs", "--json").expect().json["runs"] == []


def test_the_doctor_and_the_daemon_tell_how_they_are(mood: Desk) -> None:
    checks = mood.run("doctor", "--json", "--yes").json["checks"]
    assert {"root", "daemon", "trust", "model"} <= {it["name"] for it in checks}
    assert mood.run("daemon", "status", "--json").expect().json["running"] is True
    assert mood.run("daemon", "stop", "--json").expect().json["stopped"] is True
    assert mood.run("daemon", "status", "--json").expect().json["running"] is False


def test_a_terminal_goes_over_the_budget_by_an_option_and_not_by_a_general_yes(mood: Desk) -> None:
    mood.write(
        {
            "dspy-lens.toml": f'model = "openai/gpt-4o"\nbudget = {{ dollars = 0.0001 }}\ninterpreter = "{sys.executable}"\n'
        }
    )
    wanted = ("optimize", "Mood", "--optimizer", "bootstrap_rs", "--yes", "--detach")
    refused = mood.run(*wanted).expect(1).err
    assert "The budget has $0.0001 left" in refused
    assert "`--over-budget` starts it all the same" in refused
    mood.environment["OPENAI_API_KEY"] = "sk-nobody"
    mood.environment["OPENAI_API_BASE"] = "http://127.0.0.1:9/v1"
    assert mood.run(*wanted, "--over-budget", "--json").expect().json["stored"] is False
