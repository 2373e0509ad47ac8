"""Optimized programs as files that DSPy reads."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dspy_lens.runs.artifact import (
    Artifact,
    BadArtifact,
    Current,
    Provenance,
    export,
    field_names,
    freshness,
    read_artifacts,
)
from dspy_lens.runs.folder import RunFolder
from dspy_lens.values.definition import Definition, Field, Kind, Predictor, Span
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Run, RunState
from support.recipes import finished, order, recipe, run

STATE: dict[str, Any] = {
    "traces": [],
    "train": [],
    "demos": [{"augmented": True, "question": "2+2?", "answer": "4 😀"}],
    "signature": {
        "instructions": "Answer exactly.",
        "fields": [
            {"prefix": "Question:", "description": "${question}"},
            {"prefix": "Answer:", "description": "${answer}"},
        ],
    },
    "lm": None,
    "metadata": {"dependency_versions": {}},
}
FIELDS = {"": ("question", "answer")}


def done(**changes: Any) -> Run:
    outcome = finished(9, instructions={"self": "Answer exactly."}, **changes).model_dump(mode="json")
    return replace(run(), state=RunState.SUCCEEDED, outcome=outcome)


def folder_with(tmp_path: Path, name: str = "program.json", state: object = STATE) -> RunFolder:
    folder = RunFolder.create(tmp_path / "runs" / "r1", order(run()), ())
    (folder.path / name).write_text(json.dumps(state))
    return folder


def exported(tmp_path: Path) -> Artifact:
    destination = tmp_path / "optimized" / "QA.json"
    assert export(folder_with(tmp_path), done(), destination, now=0.0) == destination
    (found,) = read_artifacts(tmp_path, ["optimized/QA.json"])
    assert isinstance(found, Artifact)
    return found


def current(**changes: Any) -> Current:
    base = Current(
        source=recipe().source,
        fields=FIELDS,
        instructions={"self": "Answer."},
        examples=recipe().examples,
        metric=("exact", "m"),
        wrapper=recipe().wrapper,
    )
    return replace(base, **changes)


LOAD = """
import json, sys, dspy
program = dspy.Predict("question -> answer")
program.load(sys.argv[1])
print(json.dumps([program.signature.instructions, program.demos[0]["answer"]]))
"""


def test_dspy_loads_an_exported_program(tmp_path: Path) -> None:
    exported(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path / "optimized" / "QA.json")],
        capture_output=True,
        check=False,
        env={**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
    )
    assert json.loads(done.stdout) == ["Answer exactly.", "4 😀"], done.stderr.decode()


def test_provenance_says_where_it_comes_from(tmp_path: Path) -> None:
    found = exported(tmp_path)
    assert found.path == "optimized/QA.json"
    assert found.intact
    said = found.provenance
    assert (said.run, said.target, said.key) == ("r1", "app:QA", run().key)
    assert said.recipe == run().recipe.parts()
    assert said.fields == {"": ["question", "answer"]}
    assert said.best == {"score": 0.8, "n": 10, "low": 0.5, "high": 0.95}
    assert said.exported_at == "1970-01-01T00:00:00+00:00"


def test_a_stopped_run_exports_its_best_so_far(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "candidate.json")
    assert export(folder, done(), tmp_path / "out.json") == tmp_path / "out.json"


@pytest.mark.parametrize("state", ["[]", '"text"', "{", ""])
def test_without_a_program_there_is_nothing_to_export(tmp_path: Path, state: str) -> None:
    folder = RunFolder.create(tmp_path / "r1", order(run()), ())
    refused = Refused("missing", "Run r1 has no program to export. Run app:QA again.")
    assert export(folder, done(), tmp_path / "out.json") == refused
    folder.program.write_text(state)
    assert export(folder, done(), tmp_path / "out.json") == refused
    assert not (tmp_path / "out.json").exists()


def test_exporting_again_replaces_the_provenance(tmp_path: Path) -> None:
    exported(tmp_path)
    assert exported(tmp_path).intact


def test_artifacts_are_found_in_folders_among_other_files(tmp_path: Path) -> None:
    exported(tmp_path)
    (tmp_path / "optimized" / "package.json").write_text("{}")
    (tmp_path / "optimized" / "broken.json").write_text("{")
    assert [it.path for it in read_artifacts(tmp_path, ["optimized"])] == ["optimized/QA.json"]
    bad = read_artifacts(tmp_path, ["optimized/package.json", "optimized/broken.json", "missing.json"])
    assert [it.__class__ for it in bad] == [BadArtifact] * 3
    assert [it.message for it in bad if isinstance(it, BadArtifact)][2] == (
        "missing.json does not exist. Export it again: dspy-lens export RUN"
    )


def test_an_artifact_is_fresh_while_the_source_is_what_it_was_made_of(tmp_path: Path) -> None:
    assert freshness(exported(tmp_path), current()) == ()


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"examples": ["a", "b", "x"]}, ("1 example changed",)),
        ({"examples": None, "metric": None}, ()),
        ({"metric": ("exact", "other")}, ("metric changed",)),
        ({"fields": {"": ("question", "answer", "why")}}, ("field why added",)),
        ({"fields": {"": ("answer",)}}, ("field question removed",)),
        ({"fields": {"": ("answer", "question")}}, ("fields of the signature reordered",)),
        ({"source": {**recipe().source, "app.py:QA": "1"}}, ("instructions changed",)),
        (
            {"source": {**recipe().source, "app.py:QA": "1"}, "instructions": {"self": " Answer exactly."}},
            (),
        ),
        (
            {"source": {**recipe().source, "#shape": "1"}, "instructions": {"self": "Answer exactly."}},
            ("signature changed",),
        ),
    ],
)
def test_an_artifact_is_stale_when_the_source_has_moved_on(
    tmp_path: Path, change: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    assert freshness(exported(tmp_path), current(**change)) == reasons


def test_an_artifact_whose_target_is_gone_says_so(tmp_path: Path) -> None:
    assert freshness(exported(tmp_path), None) == ("app:QA is gone",)


def test_an_artifact_that_was_edited_is_noticed(tmp_path: Path) -> None:
    exported(tmp_path)
    path = tmp_path / "optimized" / "QA.json"
    path.write_text(path.read_text().replace("2+2?", "2+3?"))
    (found,) = read_artifacts(tmp_path, ["optimized/QA.json"])
    assert isinstance(found, Artifact)
    assert freshness(found, current()) == ("file changed since export",)


def test_the_fields_of_a_program_are_those_of_its_predictors() -> None:
    question, answer = Field("question"), Field("answer")
    span = Span("app.py", 1, 2)
    program = Definition(
        "app:RAG",
        Kind.PROGRAM,
        span,
        predictors=(Predictor("steps.answer", "Predict", (question,), (answer,)),),
    )
    assert field_names(program) == {"steps.answer": ("question", "answer")}
    assert field_names(Definition("app:QA", Kind.CLASS, span, (question,), (answer,))) == FIELDS


def test_provenance_of_a_later_version_is_still_read() -> None:
    known = {"run": "r", "target": "t", "key": "k", "recipe": {}, "exported_at": "", "digest": ""}
    assert Provenance.model_validate({**known, "news": 1}).run == "r"


def test_another_wrapper_makes_an_artifact_stale(tmp_path: Path) -> None:
    artifact = exported(tmp_path)
    assert freshness(artifact, current()) == ()
    assert freshness(artifact, current(wrapper="ProgramOfThought")) == ("signature wrapper changed",)
    assert freshness(artifact, current(wrapper=None)) == ()


RUNNING = {"dependency_versions": {}, "dspy_lens": {"running": {"k": 3}}}


def test_the_module_goes_beside_the_state_and_over_one_of_its_own_only(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, state={**STATE, "metadata": RUNNING})
    folder.module.write_text('"""app:QA as run r1 left it. Made by DSPy Lens: …"""\n')
    destination = tmp_path / "optimized" / "QA.json"
    for _ in range(2):
        assert export(folder, done(), destination) == destination
    assert destination.with_suffix(".py").read_text() == folder.module.read_text()
    (tmp_path / "app.py").write_text("import dspy\n")
    refused = export(folder, done(), tmp_path / "app.json")
    assert isinstance(refused, Refused)
    assert "app.py is a file of yours" in refused.message
    assert (tmp_path / "app.py").read_text() == "import dspy\n"


def test_how_a_program_runs_belongs_to_what_must_be_intact(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, state={**STATE, "metadata": RUNNING})
    folder.module.write_text('"""Made by DSPy Lens."""\n')
    destination = tmp_path / "QA.json"
    export(folder, done(), destination)
    state = json.loads(destination.read_text())
    (found,) = read_artifacts(tmp_path, ["QA.json"])
    assert isinstance(found, Artifact)
    assert found.intact
    state["metadata"]["dspy_lens"]["running"]["k"] = 4
    destination.write_text(json.dumps(state))
    (found,) = read_artifacts(tmp_path, ["QA.json"])
    assert isinstance(found, Artifact)
    assert not found.intact
