"""Which column a field would take, by names alone."""

import pytest

from dspy_lens.source.kinship import alike, by_name, words


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("question", "Question"),
        ("user_question", "userQuestion"),
        ("question", "query"),
        ("sentence", "text"),
        ("category", "label"),
        ("answer", "fields.response"),
        ("question", "question_text"),
        ("summary", "sumary"),
        ("team", "taem"),
    ],
)
def test_words_that_people_use_for_the_same_thing_speak_for_each_other(field: str, column: str) -> None:
    assert alike(field, column) > 0


@pytest.mark.parametrize(
    ("field", "column"), [("answer", "answer_id"), ("question", "answer"), ("mood", "id"), ("text", "url")]
)
def test_other_words_do_not(field: str, column: str) -> None:
    assert alike(field, column) == 0


def test_no_column_is_given_twice_and_the_surest_field_gets_it() -> None:
    found = by_name(["question", "query"], ["answer"], ["question", "prompt", "response"])
    assert {field: column for field, (column, _) in found.items()} == {
        "question": "question",
        "query": "prompt",
        "answer": "response",
    }


def test_a_lone_output_takes_what_data_sets_call_the_output() -> None:
    assert by_name(["headline"], ["desk"], ["title", "label"])["desk"][0] == "label"
    assert "desk" not in by_name(["headline"], ["desk", "place"], ["title", "gold"])


def test_names_fall_into_words() -> None:
    assert words("userQuestion_2") == ("user", "question", "2")
    assert words("HTTPStatus") == ("http", "status")
