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


LIST = """
    import dspy
    ROWS = [{"question": "a", "answer": "b"}]
    LITERAL = [
        dspy.Example(question="1", answer="x").with_inputs("question"),
        dspy.Example(question="2", answer="y"),
    ]
    GROWING = [dspy.Example(question="1", answer="x")]
    GROWING.append(dspy.Example(question="2", answer="y"))
    MADE = [dspy.Example(**it) for it in ROWS]
    def load():
        return MADE
"""


def test_a_list_of_literals_is_read_without_running_anything(tmp_path: Path) -> None:
    files = settings('"app.data:LITERAL"') | {"app/data.py": LIST}
    target = joined(tmp_path, files)
    assert source(target) == ("app.data:LITERAL", "settings", 2)
    assert (target.wanted, target.problems) == ((), ())
    assert target.examples
    assert target.examples.files == ("app/data.py",)


def test_what_only_running_could_give_is_wanted_and_told(tmp_path: Path) -> None:
    for name in ("GROWING", "MADE", "load"):
        target = joined(tmp_path, settings(f'"app.data:{name}"') | {"app/data.py": LIST})
        assert target.examples is None
        assert [(it.source, it.path) for it in target.wanted] == [(f"app.data:{name}", "app/data.py")]
        assert codes(target) == [("dspy-lens.toml", 2, "examples/elsewhere")]


def test_code_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    for name in ("app.data:nothing", "other:load"):
        target = joined(tmp_path, settings(f'"{name}"') | {"app/data.py": LIST})
        assert codes(target) == [("dspy-lens.toml", 2, "examples/missing")]
        assert target.wanted == ()


def test_a_comment_may_name_what_is_elsewhere(tmp_path: Path) -> None:
    comment = "examples=hf:me/qa?split=test,app.data:load"
    target = joined(tmp_path, {"app/qa.py": qa(comment), "app/data.py": LIST})
    assert [it.source for it in target.wanted] == ["hf:me/qa?split=test", "app.data:load"]


def test_the_origin_of_a_function_changes_with_what_it_leans_on(tmp_path: Path) -> None:
    def origin(text: str, name: str) -> str:
        return joined(tmp_path, settings(f'"app.data:{name}"') | {"app/data.py": text}).wanted[0].origin

    for name, changed in (("load", ' "b"'), ("MADE", ' "b"'), ("GROWING", 'answer="y"))\n    MADE')):
        assert origin(LIST, name) != origin(LIST.replace(changed, changed.replace('"', "'")), name)
    assert origin(LIST, "load") == origin(LIST + "\n    OTHER = 1\n", "load")
