"""Keys of a table in TOML text: what stands there stays, and what comes of it is what was meant."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspy_lens.source.toml_edits import CannotEdit, Given, with_keys

TABLE = ("target", "app:QA")
LINK: dict[str, Given | None] = {"map": {"answer": "reply"}, "examples": "data/qa.csv"}


def test_an_empty_file_gets_the_table() -> None:
    assert with_keys("", TABLE, LINK) == (
        '[target."app:QA"]\nexamples = "data/qa.csv"\nmap = { answer = "reply" }\n'
    )


def test_a_table_that_is_there_gets_the_keys_and_its_others_stay() -> None:
    text = 'cap = 1 # dollars\n\n[target."app:QA"]\n# mine\nmetric = "exact"\n\n[budget]\ndollars = 1\n'
    made = with_keys(text, TABLE, {"examples": "qa.csv", "map": None})
    assert made == text.replace("# mine\n", "# mine\n").replace(
        '[target."app:QA"]\n', '[target."app:QA"]\nexamples = "qa.csv"\n'
    )


def test_a_value_of_several_lines_is_replaced_and_remarks_stay() -> None:
    text = '[target."app:QA"]\nexamples = [\n  "a.csv",\n  "b.csv",\n] # both\nmap = { answer = "a" }\n'
    made = with_keys(text, TABLE, {"examples": "c.csv", "map": None})
    assert made == '[target."app:QA"]\nexamples = "c.csv" # both\n'


def test_dotted_keys_and_windows_line_ends_are_kept() -> None:
    text = 'target."app:QA".examples = "a.csv"\r\ncap = 1\r\n'
    made = with_keys(text, TABLE, {"examples": "c.csv"})
    assert made == 'target."app:QA".examples = "c.csv"\r\ncap = 1\r\n'


@pytest.mark.parametrize(
    "text", ['target = { "app:QA" = { examples = "a.csv" } }\n', "cap = \n", '[target]\n"app:QA" = 1\n']
)
def test_a_form_that_cannot_be_kept_is_refused(text: str) -> None:
    with pytest.raises(CannotEdit):
        with_keys(text, TABLE, LINK)


TEXT = st.text(max_size=8)


@given(TEXT, st.dictionaries(TEXT, TEXT, max_size=3), TEXT)
def test_any_name_and_value_reads_back_as_it_was(name: str, columns: dict[str, str], source: str) -> None:
    made = with_keys("", ("target", name), {"examples": source, "map": columns})
    assert tomllib.loads(made) == {"target": {name: {"examples": source, "map": columns}}}
