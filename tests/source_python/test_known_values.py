"""Values in descriptions, instructions and types: what is certain is followed, the rest is left open."""

import pytest

from support.source import names, one, read


@pytest.mark.parametrize(
    "change",
    [
        "for it in more: parts.append(it)",
        "parts.extend(more)",
        "parts += more",
        "parts[0] = more",
        "del parts[0]",
        "random.shuffle(parts)",
        "fill(parts)",
        "def fill():\n    parts.clear()",
        "if parts:\n    while more(): parts.insert(0, more())",
    ],
)
def test_a_list_that_changes_after_it_is_made_is_what_only_running_could_tell(change: str) -> None:
    made = f"import dspy\nparts = ['a']\n{change}\n"
    made += "class QA(dspy.Signature):\n    __doc__ = 'Of ' + ', '.join(parts)\n"
    made += (
        "    q: str = dspy.InputField(desc=f'one of {parts}')\n    a: str = dspy.OutputField(desc=parts[0])\n"
    )
    found = one(read(made), "QA")
    assert (found.instructions, found.inputs[0].desc, found.outputs[0].desc) == (None, None, None)


def test_a_dict_that_changes_after_it_is_made_is_what_only_running_could_tell() -> None:
    found = read(
        """
        import dspy
        FIELDS = {"q": dspy.InputField(), "a": dspy.OutputField()}
        FIELDS["why"] = dspy.OutputField()
        OPTIONS = {"desc": "before"}
        OPTIONS.update(desc="after")
        class QA(dspy.Signature):
            q: str = dspy.InputField(**OPTIONS)
            a: str = dspy.OutputField()
        changed = dspy.Signature(FIELDS)
        """
    )
    assert names(found) == ["app:QA"]
    assert one(found, "QA").inputs[0].desc is None


def test_a_variable_of_the_same_name_elsewhere_changes_nothing() -> None:
    found = read(
        """
        import dspy
        LABELS = ["a", "b"]
        def other(LABELS):
            LABELS.append("c")
        def another():
            LABELS = []
            LABELS.append("d")
        class QA(dspy.Signature):
            q: str = dspy.InputField(desc=", ".join(LABELS))
            a: str = dspy.OutputField()
        """
    )
    assert one(found, "QA").inputs[0].desc == "a, b"


def test_enums_that_decide_on_their_texts_are_left_open() -> None:
    found = read(
        """
        import dspy
        from enum import Enum
        class Shown(Enum):
            A = "a"
            def __str__(self): return self.value
        class Made(Enum):
            B = "b"
            def __new__(cls, value): return object.__new__(cls)
        class Mixed(str, Enum):
            C = "c"
        class Counted(Enum):
            D = count()
        class QA(dspy.Signature):
            one: str = dspy.InputField(desc=f"{Shown.A}")
            two: str = dspy.InputField(desc=f"{Mixed.C}")
            three: str = dspy.InputField(desc=", ".join(it.name for it in Counted))
            four: str = dspy.OutputField(desc=f"{list(Shown)}")
            five: str = dspy.OutputField(desc=Shown.A.value)
        """
    )
    fields = (*one(found, "QA").inputs, *one(found, "QA").outputs)
    assert [it.desc for it in fields] == [None, None, None, None, "a"]


def test_a_literal_of_a_variable_is_told_with_its_values() -> None:
    found = read(
        """
        import dspy
        from typing import Literal
        from enum import Enum
        COLOURS = ["red", "green"]
        PAIR = ("yes", "no")
        OPEN = []
        OPEN.append("x")
        class Desk(Enum):
            CITY = "city"
            SPORT = "sport"
        class QA(dspy.Signature):
            q: Literal[PAIR] = dspy.InputField()
            a: Literal[tuple(COLOURS)] = dspy.OutputField()
            b: list[Literal[tuple(it.value for it in Desk)]] = dspy.OutputField()
            c: Literal["none", *COLOURS] | None = dspy.OutputField()
            d: Literal[tuple(OPEN)] = dspy.OutputField()
            e: Literal[Desk.CITY] = dspy.OutputField()
        """
    )
    fields = (*one(found, "QA").inputs, *one(found, "QA").outputs)
    assert [it.type for it in fields] == [
        "Literal['yes', 'no']",
        "Literal['red', 'green']",
        "list[Literal['city', 'sport']]",
        "Literal['none', 'red', 'green'] | None",
        "Literal[tuple(OPEN)]",
        "Literal[Desk.CITY]",
    ]
