"""What a user reads where something is wrong, and that nothing is lost by it."""

from support.terminal import SIGNATURE, Desk, mood_workspace

EXAMPLES = "app/data/mood.jsonl"
SETTINGS = "dspy-lens.toml"


def test_targets_tell_what_is_wrong_with_their_examples(desk: Desk) -> None:
    files = mood_workspace()
    files[EXAMPLES] += '{"sentence": "broken\\n{"sentence": "a", "mood": "angry"}\n{"sentence": "b"}\n'
    desk.write(files)
    (target,) = desk.run("targets", "--json").expect().json["targets"]
    assert [it["code"] for it in target["problems"]] == ["examples/broken-row", "examples/unlabelled"]
    assert f"{EXAMPLES}:25: This record is not JSON" in desk.run("targets").expect().out


def test_a_mistake_in_the_users_own_settings_is_told_too(desk: Desk) -> None:
    desk.write({"app/mood.py": SIGNATURE})
    (desk.state / "settings.toml").write_text("cap = = 1\n")
    assert "settings.toml:1: " in desk.run("targets").expect().out


def test_a_run_goes_on_without_a_wrong_setting_and_says_so(served: Desk) -> None:
    files = mood_workspace()
    served.write(files | {SETTINGS: files[SETTINGS] + "thraeds = 3\n"})
    answer = served.run("evaluate", "Mood", "--json", "--yes").expect()
    assert answer.events[-1]["state"] == "succeeded"
    assert "dspy-lens.toml:3: `thraeds` is not a setting. Did you mean `threads`?" in answer.err


def test_no_run_starts_while_its_cap_does_not_hold(served: Desk) -> None:
    files = mood_workspace()
    served.write(files | {SETTINGS: files[SETTINGS] + 'cap_calls = "few"\n'})
    answer = served.run("optimize", "Mood", "--json", "--yes").expect(1)
    assert answer.out == ""
    assert "dspy-lens.toml:3: `cap_calls` should be a valid integer" in answer.err
    assert served.run("runs", "--json").expect().json["runs"] == []


def test_a_state_folder_that_cannot_be_made_is_named(desk: Desk) -> None:
    desk.write(mood_workspace())
    desk.state.rmdir()
    desk.state.write_text("a file")
    answer = desk.run("evaluate", "Mood", "--yes").expect(1)
    assert "cannot be made (Not a directory). Name another: DSPY_LENS_STATE." in answer.err


def test_an_exported_program_is_stale_once_something_else_wraps_the_signature(served: Desk) -> None:
    files = mood_workspace()
    served.write(files | {"app/mood.py": SIGNATURE + "\n\ntell = dspy.ChainOfThought(Mood)\n"})
    served.run("optimize", "Mood", "--optimizer", "labeled", "--json", "--yes").expect()
    served.run("export", "last", "--yes").expect()
    served.run("check").expect()
    served.write(files)
    assert "signature wrapper changed" in served.run("check").expect(1).out


def test_an_unknown_name_is_answered_with_all_that_are_near(desk: Desk) -> None:
    desk.write({"one/mood.py": SIGNATURE, "two/mood.py": SIGNATURE})
    answer = desk.run("create", "examples", "Mod").expect(1)
    assert "Did you mean one.mood:Mood or two.mood:Mood?" in answer.err
