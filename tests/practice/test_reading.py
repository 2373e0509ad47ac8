"""What the practice model makes of demos and instructions, one question at a time."""

from pathlib import Path
from typing import Any, Literal

import dspy
import pytest

from support.practice import practising

Fruit = Literal["apple tart", "plum cake"]


def ask(
    instructions: str, text: str, demos: dict[str, Any], tmp_path: Path, kind: Any = Fruit, **more: Any
) -> Any:
    """The answer to one text, given instructions and demos (text: answer)."""
    fields = {"text": (str, dspy.InputField()), "answer": (kind, dspy.OutputField(**more))}
    asking = dspy.Predict(dspy.Signature(fields, instructions))
    asking.demos = [dspy.Example(text=text, answer=answer) for text, answer in demos.items()]
    with practising(tmp_path):
        return asking(text=text).answer


@pytest.mark.parametrize(("near", "far"), [("apple tart", "plum cake"), ("plum cake", "apple tart")])
class TestEitherWay:
    """Each case holds with the options exchanged, so that no tie decides it."""

    def test_the_nearest_demo_decides(self, near: str, far: str, tmp_path: Path) -> None:
        demos = {"A kettle whistles in the kitchen.": near, "A plough turns the heavy soil.": far}
        assert ask("Choose.", "The kettle is whistling again.", demos, tmp_path) == near

    def test_words_that_a_clause_ties_to_an_option_decide(self, near: str, far: str, tmp_path: Path) -> None:
        said = f"Choose. Kettles and pans mean {near}; ploughs and tractors mean {far}."
        assert ask(said, "Somebody polished every kettle.", {}, tmp_path) == near

    def test_a_clause_against_an_option_counts_against_it(self, near: str, far: str, tmp_path: Path) -> None:
        said = f"Choose. A kettle is never {far}."
        assert ask(said, "Somebody polished every kettle.", {}, tmp_path) == near

    def test_words_listed_under_a_heading_count(self, near: str, far: str, tmp_path: Path) -> None:
        said = f"Choose.\n{far}:\n- plough\n- tractor\n{near}:\n- kettle\n- saucepan"
        assert ask(said, "Somebody polished every kettle.", {}, tmp_path) == near

    def test_the_description_of_the_field_counts(self, near: str, far: str, tmp_path: Path) -> None:
        said = f"{near} where kettles are, {far} where ploughs are."
        desc = f"Kettles mean {near}."
        assert said != desc
        assert ask("Choose.", "Somebody polished every kettle.", {}, tmp_path, desc=desc) == near


def test_an_option_is_known_by_its_own_name(tmp_path: Path) -> None:
    assert ask("Choose.", "She baked cakes with plums.", {}, tmp_path) == "plum cake"
    assert ask("Choose.", "He cut the tarts with apples.", {}, tmp_path) == "apple tart"


def test_edits_that_say_nothing_about_the_options_change_nothing(tmp_path: Path) -> None:
    texts = [f"Number {number} came by." for number in range(20)]
    plain = [ask("Choose.", text, {}, tmp_path) for text in texts]
    assert plain == [ask("Please choose with great care!", text, {}, tmp_path) for text in texts]
    assert set(plain) == {"apple tart", "plum cake"}


def test_texts_without_spaces_are_compared_too(tmp_path: Path) -> None:
    demos = {"昨日の地震で家が壊れた": "plum cake", "新しい選挙で大統領が決まった": "apple tart"}
    assert ask("Choose.", "大きな地震があった", demos, tmp_path) == "plum cake"


def test_a_label_without_a_type_is_one_that_was_seen(tmp_path: Path) -> None:
    demos = {"a kettle": "kitchen", "a saucepan": "kitchen", "a plough": "field", "a tractor": "field"}
    assert ask("Choose.", "two old ploughs", demos, tmp_path, kind=str) == "field"


def test_an_answer_is_copied_from_where_the_demos_copied_theirs(tmp_path: Path) -> None:
    demos = {"Anna Berg met Tom Lund in Oslo.": "Oslo", "In May Eva Dahl sailed from Turku.": "Turku",
             "Per Moe was seen in Visby by Ida Lie.": "Visby"}  # fmt: skip
    assert (
        ask("Choose.", "Jon Vik and Liv Aas were married in Narvik.", demos, tmp_path, kind=str) == "Narvik"
    )


def test_a_note_on_copying_is_followed_without_demos(tmp_path: Path) -> None:
    note = "Copy `answer` from the input: 4 digits, often after in."
    assert ask(f"When?\n{note}", "All 12 ships sank in 1588.", {}, tmp_path, kind=int) == 1588


def test_a_length_that_the_instructions_ask_for_is_kept(tmp_path: Path) -> None:
    long = "one two three four five six seven eight nine ten"
    assert ask("Sum it up in 4 words.", long, {}, tmp_path, kind=str) == "one two three four"


def test_a_question_that_no_adapter_wrote_is_answered_in_plain_words(tmp_path: Path) -> None:
    with practising(tmp_path) as lm:
        assert "practice model" in lm("Hello?")[0]
