"""Examples from several files, globs, Parquet, and out of nested values."""

import json
from pathlib import Path

import pyarrow
import pyarrow.parquet

from support.joining import codes, joined, qa, source

ROW = '{{"question": "{}", "answer": "b"}}\n'


def settings(value: str, more: str = "") -> dict[str, str]:
    return {
        "app/qa.py": qa(),
        "dspy-lens.toml": f'[target."app.qa:QA"]\nexamples = {value}\n{more}',
    }


def test_a_glob_names_every_data_file_that_it_fits_in_the_order_of_their_names(tmp_path: Path) -> None:
    files = settings('"sets/**/*.jsonl"') | {
        "sets/b.jsonl": ROW.format("2"),
        "sets/a.jsonl": ROW.format("1"),
        "sets/deep/c.jsonl": ROW.format("3"),
        "sets/notes.md": "no examples\n",
    }
    target = joined(tmp_path, files)
    assert source(target) == ("sets/**/*.jsonl", "settings", 3)
    assert target.examples
    assert target.examples.files == ("sets/a.jsonl", "sets/b.jsonl", "sets/deep/c.jsonl")
    assert [(it.row, it.inputs["question"]) for it in target.examples.examples] == [
        (0, "1"),
        (1, "2"),
        (2, "3"),
    ]


def test_a_glob_also_names_what_git_ignores_but_nothing_outside(tmp_path: Path) -> None:
    files = settings('"sets/*.jsonl"') | {"sets/a.jsonl": ROW.format("1"), ".gitignore": "sets/\n"}
    assert source(joined(tmp_path, files)) == ("sets/*.jsonl", "settings", 1)
    (tmp_path / "outside.jsonl").write_text(ROW.format("1"))
    root = tmp_path / "root"
    comment = {"qa.py": qa("examples=../*.jsonl")}
    assert [it[2] for it in codes(joined(root, comment))] == ["examples/outside"]


def test_a_glob_that_fits_nothing_is_a_problem_where_it_stands(tmp_path: Path) -> None:
    assert codes(joined(tmp_path, settings('"sets/*.jsonl"'))) == [("dspy-lens.toml", 2, "examples/missing")]


def test_a_comment_names_several_files_with_commas(tmp_path: Path) -> None:
    files = {
        "app/qa.py": qa("examples=data/a.jsonl,sets/*.jsonl"),
        "app/data/a.jsonl": ROW.format("1"),
        "sets/b.jsonl": ROW.format("2"),
    }
    target = joined(tmp_path, files)
    assert target.examples
    assert target.examples.files == ("app/data/a.jsonl", "sets/b.jsonl")


def test_files_of_several_formats_make_one_set(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pyarrow.parquet.write_table(
        pyarrow.table({"question": ["1"], "answer": ["x"]}), tmp_path / "data" / "a.parquet"
    )
    files = settings('["data/a.parquet", "data/b.csv"]') | {"data/b.csv": "question,answer\n2,y\n"}
    target = joined(tmp_path, files)
    assert source(target) == ("data/a.parquet, data/b.csv", "settings", 2)
    assert target.all_problems == ()


def test_a_parquet_file_near_the_definition_is_found(tmp_path: Path) -> None:
    (tmp_path / "app" / "data").mkdir(parents=True)
    pyarrow.parquet.write_table(
        pyarrow.table({"question": ["1"], "answer": ["x"]}), tmp_path / "app" / "data" / "a.parquet"
    )
    assert source(joined(tmp_path, {"app/qa.py": qa()})) == ("app/data/a.parquet", "file", 1)


def test_fields_are_mapped_out_of_objects_lists_and_json_text(tmp_path: Path) -> None:
    row = {
        "fields": {"input": "Who?"},
        "messages": json.dumps([{"role": "user", "content": "x"}, {"role": "assistant", "content": "She."}]),
        "scores": [0.1, 0.9],
    }
    more = 'map = { question = "fields.input", answer = "messages.-1.content", confidence = "scores.1" }\n'
    target = joined(tmp_path, settings('"a.jsonl"', more) | {"a.jsonl": json.dumps(row) + "\n"})
    assert target.examples
    (example,) = target.examples.examples
    assert (example.inputs, example.labels) == ({"question": "Who?"}, {"answer": "She.", "confidence": 0.9})
    assert target.all_problems == ()
