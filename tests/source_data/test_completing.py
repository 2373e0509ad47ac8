"""What completion offers at a place of a record."""

import json

import pytest

from dspy_lens.source.completing import offers
from dspy_lens.values.definition import Field

FIELDS = (
    Field("text", "str"),
    Field("team", 'Literal["billing", "returns"]'),
    Field("sure", "bool | None"),
)


def offered(line: str) -> list[str]:
    """The labels at `|`; what each makes of the line begins a record that JSON can read."""
    before, after = line.split("|")
    found = offers("rows.jsonl", before, after, FIELDS, {})
    for it in found:
        made = before[: len(before) - it.replaces] + it.text + after
        whole = made.rstrip().rstrip(",")
        whole += "0" if whole.endswith(":") else ""
        assert isinstance(json.loads(whole if whole.endswith("}") else whole + "}"), dict)
    return [it.label for it in found]


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("{|", ["text", "team", "sure"]),
        ('{"te|', ["text", "team"]),
        ('{"text": "a, {b: \\"c", |', ["team", "sure"]),
        ('{"text": "a", "team": |}', ["billing", "returns"]),
        ('{"text": "a", "team": "b|"}', ["billing"]),
        ('{"text": "a", "team": "|', ["billing", "returns"]),
        ('{"sure": |}', ["true", "false", "null"]),
        ('{"sure": t|}', ["true"]),
        ('{"text": "te|"}', []),
        ('{"other": ["|"]}', []),
        ('{"text": "a"|}', []),
        ("|", []),
    ],
)
def test_names_that_are_missing_and_values_that_fit_are_offered(line: str, labels: list[str]) -> None:
    assert offered(line) == labels


def test_a_column_stands_for_its_field() -> None:
    assert [it.label for it in offers("x.jsonl", "{", "", FIELDS, {"text": "body"})] == [
        "body",
        "team",
        "sure",
    ]


NESTED = {"text": "fields.input", "team": "fields.labels.0.name", "sure": "meta.sure"}
TEAMS = (
    Field("text"),
    Field("team", 'Literal["billing", "returns"]'),
    Field("tags", 'list[Literal["a", "b"]]'),
)


def completed(path: str, text: str, columns: dict[str, str] | None = None) -> list[tuple[str, str]]:
    """The labels at `|`, each with the line that it makes."""
    before, after = text.split("|")
    found = offers(path, before, after, (*TEAMS, FIELDS[2]), columns or {})
    made = [before[: len(before) - it.replaces] + it.text + after for it in found]
    line = before.count("\n")
    return [(it.label, whole.split("\n")[line]) for it, whole in zip(found, made, strict=True)]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{|", [("fields", '{"fields": {'), ("tags", '{"tags": '), ("meta", '{"meta": {')]),
        ('{"fields": {"|}}', [("input", '{"fields": {"input": }}'), ("labels", '{"fields": {"labels": {}}')]),
        (
            '{"fields": {"labels": [{"name": "|"}]}}',
            [
                ("billing", '{"fields": {"labels": [{"name": "billing"}]}}'),
                ("returns", '{"fields": {"labels": [{"name": "returns"}]}}'),
            ],
        ),
        ('{"meta": {"sure": t|}}', [("true", '{"meta": {"sure": true}}')]),
        ('{"tags": ["a", "|"]}', [("a", '{"tags": ["a", "a"]}'), ("b", '{"tags": ["a", "b"]}')]),
        ('{"name": "|"}', []),
    ],
)
def test_nested_columns_are_completed_below_their_keys(text: str, made: list[tuple[str, str]]) -> None:
    assert completed("rows.jsonl", text, NESTED) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ('[\n  {\n    "text": "a",\n    "|\n  }\n]', ['    "team": ', '    "tags": ', '    "sure": ']),
        (
            '[\n  {"team": "returns"},\n  {\n    "team": |\n  }\n]',
            ['    "team": "billing"', '    "team": "returns"'],
        ),
        ('{"train": [\n  {"team": "b|", "text": 1}\n]}', ['  {"team": "billing", "text": 1}']),
        ('[\n  {\n    "te|": 1,\n    "team": "billing"\n  }\n]', ['    "text": 1,']),
        ('{\n  "t|', []),
        ("[|", []),
    ],
)
def test_records_of_a_json_file_may_take_several_lines(text: str, made: list[str]) -> None:
    assert [line for _, line in completed("rows.json", text)] == made


@pytest.mark.parametrize(
    ("path", "text", "made"),
    [
        ("rows.csv", "text,|", ["text,team", "text,tags", "text,sure"]),
        ("rows.csv", "te|,team\na,b\n", ["text,team"]),
        ("rows.csv", "text;team\na;b|\n", ["a;billing"]),
        ("rows.csv", 'text,team,sure\n"a, b\nc",|', ['c",billing', 'c",returns']),
        ("rows.csv", 'text,team\na,"b|', ['a,"billing"']),
        ("rows.csv", "text,team,sure\na,billing,|", ["a,billing,true", "a,billing,false"]),
        ("rows.csv", "text,team\na,b,c|", []),
        ("rows.csv", "text,team\na|", []),
        ("rows.tsv", "text\tteam\na, b\tr|", ["a, b\treturns"]),
        ("rows.yaml", "- text: a\n  |", ["  team: ", "  tags: ", "  sure: "]),
        ("rows.yaml", "- text: a\n- t|\n  team: billing\n", ["- text: ", "- tags: "]),
        ("rows.yaml", "- text: a\n  team: b|", ["  team: billing"]),
        ("rows.yaml", "- text: a\n  team: 'b|'", ["  team: 'billing'"]),
        ("rows.yml", "- sure: |", ["- sure: true", "- sure: false", "- sure: null"]),
        ("rows.yaml", "some text|", []),
    ],
)
def test_tables_and_yaml_are_completed_too(path: str, text: str, made: list[str]) -> None:
    assert [line for _, line in completed(path, text)] == made


def test_keys_of_yaml_lead_to_nested_columns() -> None:
    text = "- fields:\n    input: a\n    labels:\n      - name: |\n"
    assert [it for it, _ in completed("a.yaml", text, {"team": "fields.labels.0.name"})] == [
        "billing",
        "returns",
    ]
    assert [it for it, _ in completed("a.yaml", "- fields:\n    |", NESTED)] == ["input", "labels"]
