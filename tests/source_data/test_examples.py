"""What is read of example files, whole, broken and hostile ones."""

import json
import os
from pathlib import Path

import pytest

from dspy_lens.source.examples import peek_columns, read_examples
from dspy_lens.values.examples import ExampleFile

Rows = list[tuple[int, dict[str, object]]]


def read(tmp_path: Path, name: str, content: str | bytes) -> ExampleFile:
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / name).write_bytes(data)
    return read_examples(tmp_path, name)


def rows(file: ExampleFile) -> Rows:
    return [(it.line, dict(it.values)) for it in file.rows]


def problems(file: ExampleFile) -> list[tuple[int, str]]:
    return [(it.span.line, it.code) for it in file.problems]


ONE, TWO = (1, {"q": "a"}), (2, {"q": "b"})


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.json", '[{"q": "a"},\n {"q": "b"}]', [ONE, TWO]),
        ("a.json", '{"version": 1, "examples": [{"q": "a"},\n{"q": "b"}], "tags": ["x"]}', [ONE, TWO]),
        ("a.json", '{"train": [{"q": "a"}],\n"test": [{"q": "b"}]}', [ONE, TWO]),
        ("a.json", '{"q": "a"}\n{"q": "b"}', [ONE, TWO]),
        ("a.jsonl", '{"q": "a"}\r\n{"q": "b"}\r\n', [ONE, TWO]),
        ("a.ndjson", '{"q": "a"}\n\n{"q": "b"}', [ONE, (3, {"q": "b"})]),
        ("a.csv", "q\na\nb\n", [(2, {"q": "a"}), (3, {"q": "b"})]),
        ("a.csv", 'q;n\n"a\nb";1\n', [(2, {"q": "a\nb", "n": "1"})]),
        ("a.tsv", "q\tn\na,b\t1\n", [(2, {"q": "a,b", "n": "1"})]),
        ("a.yaml", "- q: a\n- q: b\n", [ONE, TWO]),
        ("a.yml", "rows:\n  - q: b\n", [TWO]),
        ("a.yaml", "q: a\n---\nq: b\n", [ONE, (3, {"q": "b"})]),
        ("A.JSON", '[{"q": "a"}]', [ONE]),
    ],
)
def test_records_are_read_with_their_lines(tmp_path: Path, name: str, content: str, expected: Rows) -> None:
    file = read(tmp_path, name, content)
    assert rows(file) == expected
    assert file.problems == ()
    assert file.columns[0] == "q"


@pytest.mark.parametrize(
    ("name", "content", "broken", "kept"),
    [
        ("a.json", '[\n{"q": 1},\n{"q": 2,},\n{"q": 3}\n]', 3, [1, 3]),
        ("a.json", '[{"q": 1},\n 7, {"q": 3}]', 2, [1, 3]),
        ("a.json", '[{"q": 1},\n{"q": ', 2, [1]),
        ("a.json", '[{"q": 1}', 1, [1]),
        ("a.json", '{"examples": [{"q": 1},\n{"q": oops}]}', 2, [1]),
        ("a.jsonl", '{"q": 1}\n{"q": 2\n{"q": 3}\n', 2, [1, 3]),
        ("a.jsonl", '{"q": 1}\n[2]\n{"q": 3}\n', 2, [1, 3]),
        ("a.csv", "q,n\n1,a\n2\n3,c\n", 3, ["1", "3"]),
        ("a.csv", "q,n\n1,a\n2,b,c\n3,c\n", 3, ["1", "3"]),
        ("a.csv", 'q,n\n1,a\n"2,b\n3,c\n', 3, ["1", "3"]),
        ("a.csv", 'q,n\n1,a\n"2"x,b\n3,c\n', 3, ["1", "3"]),
        ("a.yaml", '- q: 1\n- q: "open\n- q: 3\n', 2, [1, 3]),
        ("a.yaml", "- q: 1\n- !!python/object:os.x {}\n- q: 3\n", 2, [1, 3]),
        ("a.yaml", "- q: 1\n- q: 2020-13-45\n- q: 3\n", 2, [1, 3]),
        ("a.yaml", "- q: 1\n- &a [*a]\n- q: 3\n", 2, [1, 3]),
    ],
)
def test_a_broken_record_is_a_problem_at_its_line_and_the_others_stay(
    tmp_path: Path, name: str, content: str, broken: int, kept: list[object]
) -> None:
    file = read(tmp_path, name, content)
    assert problems(file) == [(broken, "examples/broken-row")]
    assert [it.values["q"] for it in file.rows] == kept


def test_a_broken_record_keeps_the_numbers_of_those_behind_it(tmp_path: Path) -> None:
    file = read(tmp_path, "a.jsonl", '{"q": 1}\nbroken\n{"q": 3}\n')
    assert [it.number for it in file.rows] == [0, 2]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.json", "", "empty"),
        ("a.json", "[]", "empty"),
        ("a.jsonl", "\n\n", "empty"),
        ("a.csv", "q,a\n", "empty"),
        ("a.csv", "", "empty"),
        ("a.yaml", "# nothing\n", "empty"),
        ("a.json", '"text"', "no-records"),
        ("a.json", '{"a": 1}', "no-records"),
        ("a.json", '{"a": [{"q": 1}], "b": [{"q": 2}]}', "no-records"),
        ("a.yaml", "a: 1\n", "no-records"),
        ("a.yaml", "a: b: c\n", "broken"),
        ("a.json", b"\x89PNG\x00\x00", "binary"),
        ("a.csv", "q,a\nä,b\n".encode("latin-1"), "encoding"),
        ("a.json", "[" * 100_000 + "{", "broken-row"),
        ("a.json", "[1, [2]]", "no-records"),
        ("a.yaml", "- " + "[" * 5_000, "broken-row"),
        ("a.json", '[{"q": ' + "9" * 5_000 + "}]", "broken-row"),
    ],
)
def test_a_file_without_examples_says_why(tmp_path: Path, name: str, content: str | bytes, code: str) -> None:
    file = read(tmp_path, name, content)
    assert file.rows == ()
    assert [it.code for it in file.problems] == [f"examples/{code}"]
    assert file.digest


def test_a_file_that_can_not_be_opened_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    for name in ("folder.json", "pipe.json", "loop.json", "nul\0.json"):
        file = read_examples(tmp_path, name)
        assert [it.code for it in file.problems] == ["examples/unreadable"], name
        assert file.digest == ""
    assert [it.code for it in read_examples(tmp_path, "no.json").problems] == ["examples/missing"]


def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"q": 1}]')
    (tmp_path / "a.json").chmod(0)
    # Nothing is forbidden to root.
    expected = [] if os.geteuid() == 0 else ["examples/unreadable"]
    assert [it.code for it in read_examples(tmp_path, "a.json").problems] == expected


def test_a_format_that_is_not_known_says_so(tmp_path: Path) -> None:
    file = read(tmp_path, "a.xlsx", b"PK")
    assert [it.code for it in file.problems] == ["examples/unsupported"]


def test_no_file_outside_the_root_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.json").write_text('[{"q": 1}]')
    (root / "link.json").symlink_to(tmp_path / "secret.json")
    for path in ("../secret.json", "link.json", str(tmp_path / "secret.json")):
        assert [it.code for it in read_examples(root, path).problems] == ["examples/outside"]


def test_the_encodings_that_name_themselves_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert rows(read(tmp_path, "a.csv", "q\nä\n".encode(encoding))) == [(2, {"q": "ä"})]


def test_a_wrong_encoding_is_told_at_its_line(tmp_path: Path) -> None:
    file = read(tmp_path, "a.jsonl", '{"q": 1}\n{"q": "ä"}\n'.encode("latin-1"))
    assert problems(file) == [(2, "examples/encoding")]


def test_nested_values_and_large_integers_are_kept(tmp_path: Path) -> None:
    values = {"q": {"a": [1, {"b": None}]}, "n": 10**400, "big": 2**63}
    assert rows(read(tmp_path, "a.jsonl", json.dumps(values))) == [(1, values)]


def test_what_json_does_not_know_is_no_value(tmp_path: Path) -> None:
    content = '[{"a": NaN, "b": Infinity, "c": -Infinity, "d": 1e999}]'
    assert rows(read(tmp_path, "a.json", content)) == [(1, {"a": None, "b": None, "c": None, "d": None})]
    assert rows(read(tmp_path, "a.yaml", "- a: .nan\n  b: .inf\n")) == [(1, {"a": None, "b": None})]


def test_half_characters_become_whole_ones(tmp_path: Path) -> None:
    file = read(tmp_path, "a.json", r'[{"whole": "\ud83d\ude00", "half": "\ud83d!"}]')
    assert rows(file) == [(1, {"whole": "😀", "half": "�!"})]


def test_a_separator_inside_of_a_json_string_ends_no_line(tmp_path: Path) -> None:
    file = read(tmp_path, "a.jsonl", '{"q": "a\u2028b\x85"}\n')
    assert rows(file) == [(1, {"q": "a\u2028b\x85"})]


def test_yaml_values_become_what_json_has(tmp_path: Path) -> None:
    file = read(tmp_path, "a.yaml", "- {on: 2020-01-02, 3: !!set {x}}\n")
    assert rows(file) == [(1, {"True": "2020-01-02", "3": ["x"]})]


def test_an_immense_yaml_file_made_of_aliases_is_refused(tmp_path: Path) -> None:
    lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"- &a{it + 1} [{', '.join([f'*a{it}'] * 10)}]" for it in range(9)]
    file = read(tmp_path, "a.yaml", "\n".join([*lines, "- {q: *a9}"]))
    assert file.rows == ()
    assert "more values than can be read" in file.problems[-1].message


def test_the_first_of_two_columns_with_one_name_counts(tmp_path: Path) -> None:
    file = read(tmp_path, "a.csv", "q,q,n,\n1,2,3,\n")
    assert rows(file) == [(2, {"q": "1", "n": "3"})]
    assert problems(file) == [(1, "examples/duplicate-column")]


def test_empty_cells_beyond_the_header_do_no_harm(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "a.csv", "q,n\n1,2,,\n,,\n")) == [(2, {"q": "1", "n": "2"})]


def test_a_cell_may_be_very_long(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "a.csv", f"q\n{'x' * 200_000}\n")) == [(2, {"q": "x" * 200_000})]


def test_very_many_problems_are_counted_and_not_listed(tmp_path: Path) -> None:
    file = read(tmp_path, "a.jsonl", "broken\n" * 1_000)
    assert len(file.problems) == 51
    assert "950 more" in file.problems[-1].message


def test_the_digest_follows_the_contents(tmp_path: Path) -> None:
    first = read(tmp_path, "a.json", '[{"q": 1}]').digest
    assert read(tmp_path, "b.json", '[{"q": 1}]').digest == first
    assert read(tmp_path, "a.json", '[{"q": 2}]').digest != first


def test_the_columns_of_a_large_file_are_known_from_its_head(tmp_path: Path) -> None:
    records = [{"id": number, "q": "word " * 50} for number in range(3_000)]
    (tmp_path / "a.json").write_text(json.dumps(records, indent=1))
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(it) + "\n" for it in records) + '{"late": 1}\n')
    (tmp_path / "c.csv").write_text("id,q\n" + "1,word word word\n" * 30_000)
    for name in ("a.json", "b.jsonl", "c.csv"):
        assert peek_columns(tmp_path, name) == ("id", "q")
