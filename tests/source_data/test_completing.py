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
    found = offers(before, after, FIELDS, {})
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
        ('{"sure": |}', ["True", "False", "None"]),
        ('{"sure": t|}', ["True"]),
        ('{"text": "te|"}', []),
        ('{"other": ["|"]}', []),
        ('{"text": "a"|}', []),
        ("|", []),
    ],
)
def test_names_that_are_missing_and_values_that_fit_are_offered(line: str, labels: list[str]) -> None:
    assert offered(line) == labels


def test_a_column_stands_for_its_field() -> None:
    assert [it.label for it in offers("{", "", FIELDS, {"text": "body"})] == ["body", "team", "sure"]
