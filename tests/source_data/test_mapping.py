"""How records become a target's examples."""

from pathlib import Path
from typing import Any

import pytest

from dspy_lens.source.examples import map_examples, read_examples
from dspy_lens.values.definition import Field, Problem
from dspy_lens.values.examples import Example

Mapped = tuple[tuple[Example, ...], tuple[Problem, ...]]


def mapped(tmp_path: Path, name: str, content: str, inputs: str, outputs: str, **columns: str) -> Mapped:
    """Fields are written `name: type`, separated by `;`."""
    (tmp_path / name).write_text(content)
    return map_examples(read_examples(tmp_path, name), fields(inputs), fields(outputs), columns)


def fields(text: str) -> list[Field]:
    pairs = (it.partition(":") for it in text.split(";") if it)
    return [Field(name.strip(), kind.strip() or "str") for name, _, kind in pairs]


def shown(result: Mapped) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return [(dict(it.inputs), dict(it.labels)) for it in result[0]]


def codes(result: Mapped) -> list[tuple[int, str]]:
    return [(it.span.line, it.code) for it in result[1]]


def test_fields_take_the_column_of_their_name_or_of_the_map(tmp_path: Path) -> None:
    result = mapped(
        tmp_path, "a.jsonl", '{"q": "a", "label": "x", "id": 1}', "q", "category", category="label"
    )
    assert shown(result) == [({"q": "a"}, {"category": "x"})]
    assert result[1] == ()


def test_a_dotted_column_reaches_into_objects_and_into_json_text(tmp_path: Path) -> None:
    content = r'{"fields": {"input": "a"}, "answer": "{\"urgency\": {\"level\": 2}}", "x.y": 3}'
    columns = {"q": "fields.input", "n": "answer.urgency.level", "z": "x.y"}
    result = mapped(tmp_path, "a.jsonl", content, "q", "n; z", **columns)
    assert shown(result) == [({"q": "a"}, {"n": 2, "z": 3})]
    assert result[1] == ()


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ("yes", "bool", True),
        ("FALSE", "bool", False),
        ("3.0", "int", 3),
        ("-2", "Optional[int]", -2),
        ("0.5", "float | None", 0.5),
        ("1", "Literal['1', '2']", "1"),
        ("2", "typing.Literal[1, 2]", 2),
        ("007", "str", "007"),
        ('["a", "b"]', "list[str]", ["a", "b"]),
        ("['a', (1, 2)]", "list", ["a", [1, 2]]),
        ("{'a': None}", "dict[str, Any]", {"a": None}),
        ('{"a": 1}', "app.Thing", {"a": 1}),
        ("plain", "app.Thing", "plain"),
        ("3", "Annotated[int, 'x']", 3),
        ("5", "'int'", 5),
        ("a", "int | str", "a"),
    ],
)
def test_text_takes_the_type_of_its_field(tmp_path: Path, cell: str, kind: str, value: object) -> None:
    result = mapped(tmp_path, "a.tsv", f"q\tx\na\t{_quoted(cell)}\n", "q", f"x:{kind}")
    assert shown(result) == [({"q": "a"}, {"x": value})]
    assert result[1] == ()


def _quoted(cell: str) -> str:
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'


@pytest.mark.parametrize(
    ("cell", "kind"),
    [("maybe", "bool"), ("1.5", "int"), ("nan", "float"), ("a b", "list[str]"), ("[1]", "dict")],
)
def test_a_label_that_its_type_does_not_allow_is_told_and_left_out(
    tmp_path: Path, cell: str, kind: str
) -> None:
    result = mapped(tmp_path, "a.tsv", f"q\tx\na\t{cell}\n", "q", f"x:{kind}")
    assert shown(result) == [({"q": "a"}, {})]
    assert codes(result) == [(2, "examples/wrong-type")]


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        ("2", "int", True),
        ("2.0", "int", True),
        ("2.5", "int", False),
        ('"2"', "int", False),
        ("2", "float | None", True),
        ('"high"', "float", False),
        ("1", "bool", True),
        ('"yes"', "bool", False),
        ('["a"]', "list[str]", True),
        ('"[\\"a\\"]"', "list[str]", True),
        ('"a, b"', "list[str]", False),
        ('{"a": 1}', "dict[str, int]", True),
        ("[1]", "dict[str, int]", False),
        ("3", "str", True),
        ("3", "app.Thing", True),
        ("null", "int", True),
    ],
)
def test_a_value_of_json_that_does_not_fit_its_type_is_told_and_stays(
    tmp_path: Path, value: str, kind: str, fits: bool
) -> None:
    told = [] if fits else [(1, "examples/wrong-type")]
    as_label = mapped(tmp_path, "a.jsonl", f'{{"q": "a", "x": {value}}}', "q", f"x:{kind}")
    assert codes(as_label) == told
    assert len(as_label[0]) == 1
    if value != "null":
        as_input = mapped(tmp_path, "a.jsonl", f'{{"q": "a", "x": {value}}}', f"q; x:{kind}", "")
        assert codes(as_input) == told


def test_an_input_that_its_type_does_not_allow_leaves_the_record_out(tmp_path: Path) -> None:
    result = mapped(tmp_path, "a.csv", "n,a\nx,1\n2,1\n", "n:int", "a")
    assert shown(result) == [({"n": 2}, {"a": "1"})]
    assert codes(result) == [(2, "examples/wrong-type")]


def test_only_what_a_record_gives_is_a_label(tmp_path: Path) -> None:
    result = mapped(
        tmp_path, "a.jsonl", '{"q": "a"}\n{"q": "b", "x": null}\n{"q": "c", "x": 0}', "q", "x: int"
    )
    assert [labels for _, labels in shown(result)] == [{}, {}, {"x": 0}]
    result = mapped(tmp_path, "a.csv", "q,x,y\na,,\nb,1,z\n", "q", "x: int; y")
    assert [labels for _, labels in shown(result)] == [{}, {"x": 1, "y": "z"}]
    assert result[1] == ()


def test_a_record_without_an_input_is_told_and_left_out(tmp_path: Path) -> None:
    content = '{"q": "a"}\n{"x": 1}\n{"q": null}\n{"q": "b", "x": 2}'
    result = mapped(tmp_path, "a.jsonl", content, "q", "x")
    assert shown(result) == [({"q": "a"}, {}), ({"q": "b"}, {"x": 2})]
    assert codes(result) == [(2, "examples/missing-input"), (3, "examples/missing-input")]
    assert [it.row for it in result[0]] == [0, 3]


def test_one_of_several_text_inputs_may_be_empty_but_not_all(tmp_path: Path) -> None:
    result = mapped(tmp_path, "a.csv", "q,context,x\na,,1\n,,1\n", "q; context", "x")
    assert shown(result) == [({"q": "a", "context": ""}, {"x": "1"})]
    assert codes(result) == [(3, "examples/missing-input")]


def test_an_optional_input_may_be_null(tmp_path: Path) -> None:
    result = mapped(tmp_path, "a.jsonl", '{"q": "a", "n": null}', "q; n: int | None", "x")
    assert shown(result) == [({"q": "a", "n": None}, {})]


def test_an_input_without_a_column_is_one_problem_of_the_file(tmp_path: Path) -> None:
    result = mapped(tmp_path, "a.csv", "text,x\n" + "a,1\n" * 100, "question", "x")
    assert result[0] == ()
    assert codes(result) == [(1, "examples/missing-input")]
    assert "map=text:question" in result[1][0].message


def test_a_map_to_no_column_names_the_nearest_one(tmp_path: Path) -> None:
    result = mapped(tmp_path, "a.csv", "question,label\na,1\n", "question", "x", x="lable")
    assert codes(result) == [(1, "examples/unknown-column")]
    assert "Did you mean `label`?" in result[1][0].message


def test_a_label_outside_of_its_literal_is_told_and_kept(tmp_path: Path) -> None:
    kind = "Literal['positive', 'negative']"
    result = mapped(tmp_path, "a.csv", "q,x\na,postive\nb,negative\n", "q", f"x:{kind}")
    assert [labels for _, labels in shown(result)] == [{"x": "postive"}, {"x": "negative"}]
    assert codes(result) == [(2, "examples/unknown-label")]
    assert "Did you mean 'positive'?" in result[1][0].message


def test_a_file_without_rows_adds_no_problem_of_its_own(tmp_path: Path) -> None:
    assert mapped(tmp_path, "a.csv", "q,x\n", "other", "x") == ((), ())
