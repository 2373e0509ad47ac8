"""`dspy-lens targets`: no daemon, no trust, no project."""

from pathlib import Path

from support.notebooks import code, markdown, notebook
from support.terminal import SIGNATURE, Desk, mood_workspace

NOBODY = "no compile or Evaluate call is seen to take it"
NO_LITERALS = "no dspy.Example literals beside it have its fields"


def test_a_signature_with_examples_is_one_document(desk: Desk) -> None:
    desk.write(mood_workspace())
    document = desk.run("targets", "--json").expect().json
    assert document["root"] == str(desk.root.resolve())
    assert document["targets"] == [
        {
            "name": "app.mood:Mood",
            "kind": "class",
            "path": "app/mood.py",
            "line": 5,
            "end_line": 9,
            "cell": None,
            "inputs": [{"name": "sentence", "type": "str", "desc": "${sentence}"}],
            "outputs": [{"name": "mood", "type": 'Literal["glad", "sad"]', "desc": "${mood}"}],
            "instructions": "Tell the mood of a sentence.",
            "predictors": [],
            "examples": {"source": "app/data/mood.jsonl", "count": 24, "rule": "file"},
            "metric": {"name": "exact", "rule": "type"},
            "wanted": [],
            "offers": [],
            "missed": [
                {"what": "examples", "rule": "calls", "why": NOBODY},
                {"what": "examples", "rule": "examples", "why": NO_LITERALS},
                {"what": "metric", "rule": "calls", "why": NOBODY},
            ],
            "problems": [],
        }
    ]


def test_people_see_a_table(desk: Desk) -> None:
    desk.write(mood_workspace())
    text = desk.run("targets").expect().out
    assert "app/mood.py" in text
    assert "sentence → mood" in text
    assert "24 examples in app/data/mood.jsonl · exact" in text


def test_only_the_paths_that_are_named_are_shown(desk: Desk) -> None:
    desk.write({"one.py": SIGNATURE, "deep/two.py": SIGNATURE})
    names = [it["name"] for it in desk.run("targets", "--json", "deep").expect().json["targets"]]
    assert names == ["deep.two:Mood"]


def test_a_path_counts_from_the_current_folder(desk: Desk) -> None:
    desk.write({".git/HEAD": "", "deep/two.py": SIGNATURE})
    (target,) = desk.run("targets", "two.py", "--json", folder="deep").expect().json["targets"]
    assert target["path"] == "deep/two.py"


def test_a_path_outside_of_any_project_is_its_own_root(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lone.py").write_text(SIGNATURE)
    document = desk.run("targets", str(elsewhere / "lone.py"), "--json").expect().json
    assert document["root"] == str(elsewhere.resolve())
    assert [(it["name"], it["path"]) for it in document["targets"]] == [("lone:Mood", "lone.py")]


def test_ignored_files_are_left_out_unless_they_are_named(desk: Desk) -> None:
    desk.write({".git/HEAD": "", ".gitignore": "private/\n", "private/own.py": SIGNATURE})
    assert desk.run("targets", "--json").expect().json["targets"] == []
    (target,) = desk.run("targets", "private", "--json").expect().json["targets"]
    assert target["name"] == "private.own:Mood"


def test_mistakes_in_the_settings_are_told(desk: Desk) -> None:
    desk.write({"one.py": SIGNATURE, "dspy-lens.toml": "modell = 1\n"})
    (problem,) = desk.run("targets", "--json").expect().json["problems"]
    assert problem["path"] == "dspy-lens.toml"
    assert problem["line"] == 1


def test_a_broken_file_still_shows_what_can_be_read(desk: Desk) -> None:
    desk.write({"one.py": SIGNATURE + "\ndef broken(:\n"})
    (target,) = desk.run("targets", "--json").expect().json["targets"]
    assert target["name"] == "one:Mood"


def test_an_empty_folder_is_no_failure(desk: Desk) -> None:
    assert desk.run("targets", "--json").expect().json["targets"] == []
    assert "No signatures or programs in" in desk.run("targets").expect().out


def test_a_path_that_is_missing_is_said(desk: Desk) -> None:
    answer = desk.run("targets", "nowhere.py", "--json").expect(1)
    assert answer.err == "There is no nowhere.py. Name a file or a folder that exists.\n"


def test_nothing_is_written_anywhere(desk: Desk) -> None:
    desk.write({"one.py": SIGNATURE})
    desk.run("targets").expect()
    assert [it.name for it in desk.root.iterdir()] == ["one.py"]
    assert list(desk.state.iterdir()) == []


def test_targets_of_notebooks_have_a_cell(desk: Desk) -> None:
    text = notebook(markdown("# Moods"), code("import dspy\nmood = dspy.Predict('sentence -> mood')"))
    desk.write({"moods.ipynb": text})
    (target,) = desk.run("targets", "--json").expect().json["targets"]
    assert (target["name"], target["path"]) == ("moods.ipynb:mood", "moods.ipynb")
    assert (target["cell"], target["line"], target["end_line"]) == (1, 2, 2)
    assert "1:2" in desk.run("targets").expect().out


def test_at_the_top_of_the_file_system_a_path_is_its_own_root(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lone.py").write_text(SIGNATURE)
    document = desk.run("targets", str(elsewhere / "lone.py"), "--json", folder="/").expect().json
    assert document["root"] == str(elsewhere.resolve())
    assert [it["name"] for it in document["targets"]] == ["lone:Mood"]


def test_a_file_of_a_package_is_read_where_its_package_is_imported_from(desk: Desk, tmp_path: Path) -> None:
    lone = Desk(tmp_path / "lone", desk.state)
    lone.write(
        {
            "src/tool/__init__.py": "",
            "src/tool/base.py": SIGNATURE,
            "src/tool/parts/__init__.py": "",
            "src/tool/parts/surer.py": "import dspy\nfrom ..base import Mood\n\n\nclass Surer(Mood):\n"
            "    sure: float = dspy.OutputField()\n",
            "unconcerned.py": SIGNATURE,
        }
    )
    document = desk.run("targets", "--json", str(lone.root / "src/tool/parts/surer.py")).expect().json
    (target,) = document["targets"]
    assert document["root"] == str(lone.root.resolve())
    assert (target["name"], target["path"]) == ("tool.parts.surer:Surer", "src/tool/parts/surer.py")
    assert [it["name"] for it in target["outputs"]] == ["mood", "sure"]


def test_where_nothing_has_examples_the_next_step_is_named(desk: Desk) -> None:
    desk.write({"mood.py": SIGNATURE})
    step = "Next: `dspy-lens create examples mood:Mood` writes a first file."
    assert step in desk.run("targets").expect().out
    desk.write({"evals/texts.jsonl": '{"sentense": "It rains.", "mood": "sad"}\n'})
    step = "Next: `dspy-lens link mood:Mood evals/texts.jsonl` takes that file for its examples."
    assert step in desk.run("targets").expect().out
    desk.write({"evals/mood.jsonl": '{"sentence": "It rains.", "mood": "sad"}\n'})
    assert "Next:" not in desk.run("targets").expect().out


def test_many_problems_of_one_kind_are_shown_by_the_first_ones(desk: Desk) -> None:
    desk.write({"mood.py": SIGNATURE, "mood.jsonl": '{"sentence": "It rains.", "mood": "sad"}\n' * 12})
    out = desk.run("targets").expect().out
    assert out.count("This says the same as line 1") == 3
    assert "8 more like this in mood.jsonl: lines 5, 6, 7, 8, 9, 10, 11, 12" in out
    (target,) = desk.run("targets", "--json").expect().json["targets"]
    assert len(target["problems"]) == 11
