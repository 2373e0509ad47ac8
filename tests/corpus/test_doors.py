"""The same small sources through the doors that users have: the terminal, also outside of any project, and an editor."""

import shutil
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest

from dspy_lens.values.definition import Definition, Field
from support.corpus import read_all, sources
from support.lens_client import Editor, Home, editors
from support.terminal import Desk

CASES = sorted(it for it in (Path(__file__).parent / "cases").iterdir() if it.is_dir())
# Only a package with an `__init__.py` says where it begins, so a file of a namespace package that is named alone,
# outside of any project, is read without what lies above its folder.
ALONE = [it for it in CASES if it.name != "namespace"]

Told = dict[tuple[Path, int, str], dict[str, Any]]
"""What is told of each target, by its file, line and qualified name."""


def test_targets_tells_folders_outside_of_any_project(tmp_path: Path) -> None:
    elsewhere = copied(tmp_path / "elsewhere")
    assert told_by_targets(tmp_path, (elsewhere / it.name for it in CASES)) == expected(elsewhere, CASES)


def test_targets_tells_files_outside_of_any_project_with_what_their_packages_hold(tmp_path: Path) -> None:
    elsewhere = copied(tmp_path / "elsewhere")
    named = (elsewhere / case.name / path for case in ALONE for path in sources(case))
    assert told_by_targets(tmp_path, named) == expected(elsewhere, ALONE)


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    """A window on one repository that holds all of the sources."""
    home = Home.make(tmp_path)
    copied(home.root)
    async with editors(home) as open_one:
        yield await open_one()


async def test_an_editor_shows_two_lenses_on_the_line_of_each(editor: Editor) -> None:
    root = editor.home.root
    every = expected(root, CASES)
    assert every == told(root, (await editor.request("dspyLens/targets"))["targets"])
    for path in (f"{case.name}/{it}" for case in CASES for it in sources(case)):
        editor.open(path)
        found = [it.range.start.line + 1 for it in await editor.code_lenses(path)]
        lines = [line for place, line, _ in every if place == root / path]
        assert sorted(found) == sorted(lines * 2), path


def copied(folder: Path) -> Path:
    for it in CASES:
        shutil.copytree(it, folder / it.name)
    return folder


def told_by_targets(tmp_path: Path, paths: Iterable[Path]) -> Told:
    document = Desk.at(tmp_path / "desk").run("targets", "--json", *map(str, paths)).expect().json
    return told(Path(document["root"]), document["targets"])


def told(root: Path, targets: Iterable[dict[str, Any]]) -> Told:
    return {
        ((root / it["path"]).resolve(), it["line"], it["name"].partition(":")[2]): {
            key: it[key] for key in ("kind", "end_line", "inputs", "outputs", "instructions", "predictors")
        }
        for it in targets
    }


def expected(folder: Path, cases: Iterable[Path]) -> Told:
    """What the reader says of each case by itself, which is what DSPy has when it runs."""
    read = ((folder / case.name, it) for case in cases for it in read_all(sources(case)).all())
    return {((at / it.span.path).resolve(), it.span.line, it.qualname): as_told(it) for at, it in read}


def as_told(it: Definition) -> dict[str, Any]:
    return {
        "kind": it.kind.value,
        "end_line": it.span.end_line,
        "inputs": columns(it.inputs),
        "outputs": columns(it.outputs),
        "instructions": it.instructions,
        "predictors": [inner.name for inner in it.predictors],
    }


def columns(fields: Iterable[Field]) -> list[dict[str, Any]]:
    return [{"name": it.name, "type": it.type, "desc": it.desc} for it in fields]
