"""Weaker matches: files that no rule takes, the columns that their fields would have, and the link to one."""

import textwrap
from pathlib import Path

import pytest

from dspy_lens.paths import Paths
from dspy_lens.source.kept import Kept
from dspy_lens.values.target import Target
from dspy_lens.workspace.index import Index
from dspy_lens.workspace.linking import Offered, changed_lines, match_json, offered
from support.terminal import SIGNATURE

TABLE = "id,text,label\n1,What a day!,glad\n2,Oh no.,sad\n"


class Root:
    """A repository, read anew for each question."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("app/mood.py", SIGNATURE)

    def write(self, path: str, text: str) -> None:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")

    async def target(self) -> tuple[Target, tuple[Offered, ...]]:
        index = Index(self.path, Paths.of(self.path).user_settings, Kept(None))
        await index.scan()
        target = await index.snapshot.target("app.mood:Mood")
        assert target is not None
        return target, offered(target, await index.snapshot.matches(target))


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


async def test_a_file_with_other_names_is_offered_and_never_taken(root: Root) -> None:
    root.write("data/export.csv", TABLE)
    target, (found,) = await root.target()
    assert target.examples is None
    assert [it.path for it in target.offers] == ["data/export.csv"]
    assert dict(found.match.map) == {"sentence": "text", "mood": "label"}
    assert found.why == "other names"


async def test_what_is_lacking_is_named(root: Root) -> None:
    root.write("app/said.csv", "text\nWhat a day!\n")
    target, (found,) = await root.target()
    assert found.match.fits
    assert found.match.lacking == ("mood",)
    assert target.offers == (), "without a column for an output no lens leads there"
    root.write("app/said.csv", "label\nglad\n")
    _, (found,) = await root.target()
    assert not found.match.fits
    assert found.match.lacking == ("sentence",)


async def test_values_and_what_is_left_over_are_guesses(root: Root) -> None:
    root.write("data/rows.csv", "x,y\nWhat a fine day!,glad\nOh no not this.,sad\n")
    target, (found,) = await root.target()
    assert dict(found.match.map) == {"sentence": "x", "mood": "y"}
    assert found.why == "a guess by what its columns hold"
    assert target.offers == ()


async def test_fields_inside_of_objects_and_of_json_text_are_seen(root: Root) -> None:
    root.write(
        "data/traces.jsonl", '{"inputs": {"sentence": "Hi there"}, "outputs": "{\\"mood\\": \\"glad\\"}"}\n'
    )
    _, (found,) = await root.target()
    assert dict(found.match.map) == {"sentence": "inputs.sentence", "mood": "outputs.mood"}


async def test_files_that_fit_equally_are_all_offered(root: Root) -> None:
    for name in ("a", "b"):
        root.write(f"data/{name}.csv", "sentence,mood\nHi,glad\n")
    target, found = await root.target()
    assert target.examples is None
    assert [it.path for it in target.offers] == ["data/a.csv", "data/b.csv"]
    assert {it.why for it in found} == {"has the fields"}


async def test_what_is_taken_now_comes_first_and_says_by_which_rule(root: Root) -> None:
    root.write("data/moods.csv", "sentence,mood\nHi,glad\n")
    root.write("elsewhere/export.csv", TABLE)
    target, found = await root.target()
    assert target.offers == ()
    assert [(it.match.path, it.rule) for it in found] == [
        ("data/moods.csv", "file"),
        ("elsewhere/export.csv", None),
    ]


async def test_other_tables_are_not_offered(root: Root) -> None:
    root.write("data/prices.csv", "day,price\n1,2.5\n")
    target, found = await root.target()
    assert (target.offers, found) == ((), ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a\nb\n"),
        ("a\n", "a\nb\n"),
        ("a\nb\nc", "a\nc"),
        ("a\nb", "a\nx"),
        ("x\ny\n", "y\n"),
        ("a", "a\nb"),
    ],
)
def test_the_edit_of_changed_lines_makes_the_one_of_the_other(before: str, after: str) -> None:
    edit = changed_lines("f", before, after)
    lines = before.split("\n")
    start = sum(len(it) + 1 for it in lines[: edit.span.line - 1]) + edit.span.column
    end = sum(len(it) + 1 for it in lines[: edit.span.end_line - 1]) + edit.span.end_column
    assert before[:start] + edit.text + before[end:] == after


async def test_programs_that_dspy_saved_are_no_examples(root: Root) -> None:
    state = '{"traces": [], "train": [], "demos": [{"sentence": "Hi", "mood": "glad"}], "signature": {"fields": []}}'
    root.write("app/saved.json", state)
    target, found = await root.target()
    assert (target.examples, target.offers, found) == (None, (), ())


async def test_a_preview_has_room_for_every_column(root: Root) -> None:
    root.write("app/said.csv", f"text,label\n{'A long day. ' * 20},glad\n")
    _, (found,) = await root.target()
    detail = str(match_json(found)["detail"])
    assert detail.startswith("sentence ← text: A long day. A long")
    assert detail.endswith("… · mood ← label: glad")
    assert len(detail) < 90
