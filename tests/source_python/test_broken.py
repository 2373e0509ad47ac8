"""While a file is broken, its lenses stay at the right lines."""

import codecs
import random

import pytest

from dspy_lens.source.python import decoded
from support.source import columns, lines_of, one, read

SOURCE = '''import dspy
from typing import Literal


class QA(dspy.Signature):
    """Answer the question."""

    question: str = dspy.InputField(desc="what is asked")
    label: Literal["a", "b"] = dspy.OutputField()


def helper(x):
    return [x for x in range(3) if x]


class Outer:
    class Inner(dspy.Signature):
        """Inner text.

        More.
        """
        a: str = dspy.InputField()
        b: int = dspy.OutputField()


class RAG(dspy.Module):
    def __init__(self):
        super().__init__()
        self.generate = dspy.ChainOfThought("context, question -> answer")
        self.qa = dspy.Predict(QA)

    def forward(self, question):
        if question:
            return self.generate(context=[], question=question)
        return None


class Last(QA):
    extra: str = dspy.InputField()


last = dspy.Predict("x -> y")
'''
HERE = {"QA": 5, "Outer.Inner": 17, "RAG": 26, "RAG.generate": 29, "Last": 38, "last": 42}


def test_the_sound_file_has_all_lenses() -> None:
    assert lines_of(read(SOURCE)) == HERE


# What stands in a line while it is typed; {line} is the line itself.
BREAKAGES = {
    "an open bracket": ("    return [x for x in range(3) if x]", "    return [x for x in range(3"),
    "an open brace": ("    return [x for x in range(3) if x]", "    return {"),
    "an open string": ("    return [x for x in range(3) if x]", "    return 'text"),
    "an open triple quote in a function": ("    return [x for x in range(3) if x]", '    """text'),
    "half an import": ("from typing import Literal", "from typing import"),
    "half a from": ("from typing import Literal", "from "),
    "a def without body": ("def helper(x):", "def helper(x):\n\n\ndef"),
    "a def without colon": ("def helper(x):", "def helper(x)"),
    "a def with open parameters": ("def helper(x):", "def helper(x"),
    "a class without name": ("def helper(x):", "class\n\ndef helper(x):"),
    "a class without colon": ("class QA(dspy.Signature):", "class QA(dspy.Signature)"),
    "a class with open bases": ("class QA(dspy.Signature):", "class QA(dspy.Signature"),
    "a nested class without colon": ("    class Inner(dspy.Signature):", "    class Inner(dspy.Signature)"),
    "half a field": ("    question: str =", "    new: str =\n    question: str ="),
    "a field with open bracket": (
        '    label: Literal["a", "b"] = dspy.OutputField()',
        "    label: str = dspy.OutputField(",
    ),
    "a field with open desc": ('desc="what is asked")', 'desc="what is'),
    "a field with open type": (
        '    label: Literal["a", "b"] = dspy.OutputField()',
        '    label: Literal["a", = dspy.OutputField()',
    ),
    "a name with a dot": ("    label: Literal", "    dspy.\n    label: Literal"),
    "an annotation alone": ("    label: Literal", "    new:\n    label: Literal"),
    "a decorator alone": ("class RAG(dspy.Module):", "@\nclass RAG(dspy.Module):"),
    "an open docstring": ('    """Answer the question."""', '    """Answer the question.'),
    "a docstring with one quote less": ('    """Answer the question."""', '    """Answer the question.""'),
    "an open nested docstring": ('        """Inner text.', "        Inner text."),
    "an if without body": ("        if question:", "        if question:\n        if"),
    "a call with open arguments": ("        self.qa = dspy.Predict(QA)", "        self.qa = dspy.Predict("),
    "half an assignment": ("        self.qa = dspy.Predict(QA)", "        self.qa ="),
    "a stray bracket": ("        self.qa = dspy.Predict(QA)", "        self.qa = dspy.Predict(QA))"),
    "a line too far left": ("        return None", "      return None"),
    "a line at the margin": ("        return None", "return None"),
    "a line too far right": ("        return None", "            return None"),
    "an operator without right side": ("        return None", "        return 1 +"),
    "garbage": ("        return None", "        return None ??? $$$ !"),
    "a merge conflict": ("def helper(x):", "<<<<<<< HEAD\ndef helper(x):\n=======\n>>>>>>> other"),
    "a file that ends in the middle": ('last = dspy.Predict("x -> y")', 'last = dspy.Predict("x -> y"'),
    "NUL bytes": ("        return None", "        return None\0\0"),
    "an unknown escape": ("        return None", '        return "\\N{nothing}"'),
    "code of a later Python": ("def helper(x):", "type X[T] = list[T]\ndef helper[T](x):"),
    "a class of a later Python": ("class QA(dspy.Signature):", "class QA[T](dspy.Signature):"),
    "an f-string of a later Python": ("        return None", '        return f"{x["y"]}"'),
}


@pytest.mark.parametrize(("old", "new"), BREAKAGES.values(), ids=list(BREAKAGES))
def test_a_broken_line_moves_no_lens(old: str, new: str) -> None:
    assert SOURCE.count(old) == 1
    broken = SOURCE.replace(old, new)
    at = SOURCE[: SOURCE.index(old)].count("\n") + 1
    moved = new.count("\n") - old.count("\n")
    shift = {name: line + (moved if line > at else 0) for name, line in HERE.items()}
    if old.startswith("class") and moved:
        shift["RAG"] += moved
    assert lines_of(read(broken)) == shift


def test_fields_survive_beside_a_broken_one() -> None:
    for old, new in BREAKAGES.values():
        found = read(SOURCE.replace(old, new))
        definition = one(found, "QA")
        assert [it.name for it in definition.inputs] == ["question"], new
        assert [it.name for it in definition.outputs][-1:] == ["label"] or "Literal" in old, new
        inner = one(found, "Outer.Inner")
        assert columns(inner.inputs) == [("a", "${a}")], new


def test_typing_a_class_shows_its_lens_as_soon_as_its_header_says_so() -> None:
    typed = 'class New(dspy.Signature):\n    """Text."""\n    q: str = dspy.InputField(desc="x")\n'
    start, end = SOURCE.split("def helper")
    for length in range(len("class New(dspy.Signature"), len(typed)):
        text = f"{start}{typed[:length]}\n\n\ndef helper{end}"
        found = lines_of(read(text))
        assert found["New"] == 12, typed[:length]
        assert {it: found[it] for it in HERE} == {
            name: line + (typed[:length].count("\n") + 3 if line > 11 else 0) for name, line in HERE.items()
        }, typed[:length]


# Where a lens may go with a letter: its own line, and those that it takes its meaning from.
OWN = {"QA": {1, 5}, "Outer.Inner": {1, 16, 17}, "RAG": {1, 26}, "RAG.generate": {1, 26, 27, 28, 29}}
OWN |= {"Last": {1, 5, 38}, "last": {1, 42}}


def test_deleting_a_character_anywhere_keeps_every_other_lens() -> None:
    for at in range(0, len(SOURCE), 2):
        text = SOURCE[:at] + SOURCE[at + 1 :]
        line = SOURCE[:at].count("\n") + 1
        found = lines_of(read(text))
        for name, here in HERE.items():
            moved = here - (SOURCE[at] == "\n" and here > line)
            assert found.get(name) == moved or line in OWN[name], (line, SOURCE[at], name)


def test_nothing_ever_raises() -> None:
    chance = random.Random(3)
    alphabet = "()[]{}\"'\\\n\t #:=.,@ab1\0\r\x0c\ufeffé\u2028\ud800"
    for _ in range(300):
        text = list(SOURCE)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(text))
            action = chance.randrange(3)
            if action == 0:
                text.insert(at, "".join(chance.choice(alphabet) for _ in range(chance.randrange(1, 4))))
            elif action == 1:
                del text[at : at + chance.randrange(1, 60)]
            else:
                other = chance.randrange(len(text))
                text[at:at] = text[other : other + 40]
        found = read("".join(text))
        assert all(it.span.line <= it.span.end_line for it in found.definitions("app.py"))
        found.problems("app.py")


@pytest.mark.parametrize(
    "text",
    [
        "dspy" + "(" * 5000,
        "dspy\n" + "".join(" " * depth + "if x:\n" for depth in range(150)),
        "import dspy\nx = " + "-" * 20000 + "1\n",
        "import dspy\nx = " + "a." * 20000 + "b\n",
        "import dspy\nx = " + "[" * 90 + "]" * 90 + "\n",
        "import dspy\nx = " + " + ".join(["'a'"] * 5000) + "\n",
        "import dspy\n" + "\n".join(f"{' ' * depth}class C{depth}(dspy.Signature" for depth in range(60)),
        "",
        "\n",
        "dspy",
        "\ufeff# dspy\r\n",
    ],
    ids=[
        "brackets",
        "nesting",
        "minus",
        "dots",
        "lists",
        "sums",
        "headers",
        "empty",
        "newline",
        "word",
        "bom",
    ],
)
def test_monstrous_files_are_read(text: str) -> None:
    read(text).all()


@pytest.mark.parametrize(
    "text",
    [
        "x = " + " + ".join(["a"] * 900) + "\n",
        "x = dspy.Predict(Sort)" + ".with_instructions('b')" * 900 + "\n",
    ],
    ids=["sum", "calls"],
)
def test_what_is_nested_too_deeply_is_told_at_its_place_and_the_rest_is_read(text: str) -> None:
    found = read(f"{SOUND}\n\n{text}")
    assert lines_of(found) == {"Sort": 4}
    assert [(it.code, it.span.line) for it in found.problems("app.py")] == [("too-deep", 11)]


def test_a_chain_of_definitions_that_is_too_long_is_told() -> None:
    steps = "".join(
        f"S{it + 1} = S{it}.with_instructions('x')\n\n\n\ndef f{it}(): ...\n" for it in range(400)
    )
    found = read(SOUND + "\n\nS0 = Sort\n" + steps)
    problems = found.problems("app.py")
    assert {it.code for it in problems} == {"too-deep"}
    assert one(found, "Sort").instructions == "Sort."


def test_diamonds_upon_diamonds_are_read() -> None:
    """Each class is worked out once, not once for each way that leads to it."""
    steps = "".join(
        f"class A{it + 1}(A{it}, B{it}):\n    pass\n\n\nclass B{it + 1}(A{it}, B{it}):\n    pass\n\n\n"
        for it in range(12)
    )
    found = read(SOUND + "\n\nclass A0(Sort):\n    pass\n\n\nclass B0(Sort):\n    pass\n\n\n" + steps)
    assert columns(one(found, "B12").inputs) == columns(one(found, "Sort").inputs)


def test_line_ends_marks_and_odd_bytes_change_nothing() -> None:
    for text in (
        SOURCE.replace("\n", "\r\n"),
        SOURCE.replace("\n", "\r"),
        "\ufeff" + SOURCE,
        SOURCE.replace("\n\n\ndef", "\n\x0c\n\ndef"),
        SOURCE.replace("# ", "\u2028# "),
        SOURCE.replace("    return [", "    'ä\u2028\x85\x1c'; return ["),
    ):
        assert lines_of(read(text)) == HERE


SOUND = '''import dspy


class Sort(dspy.Signature):
    """Sort."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()
'''


@pytest.mark.parametrize(
    "data",
    [
        ("# -*- coding: latin-1 -*-\n" + SOUND.replace("Sort.", "Gr\xf6\xdfe.")).encode("latin-1"),
        ("# coding: klingon\n" + SOUND).encode(),
        ("# coding: hex\n" + SOUND).encode(),
        codecs.BOM_UTF8 + SOUND.encode(),
        SOUND.encode("utf-16"),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n" + SOUND).encode("cp1252"),
        SOUND.encode() + b"# \xff\xfe \x80\n",
    ],
)
def test_files_of_any_encoding_are_read(data: bytes) -> None:
    found = read(decoded(data))
    assert [it.qualname for it in found.all()] == ["Sort"]
    assert "\ufffd" not in (one(found, "Sort").instructions or "")


def test_code_in_a_string_that_begins_with_other_quotes_is_no_code_in_a_large_file_either() -> None:
    filling = "def helper(x):\n    return x  # nothing to see\n\n\n" * 5000
    template = (
        "def template():\n    return "
        + "'''"
        + '"""Text."""\n\nimport dspy\n\n\n'
        + SOUND.replace("Sort(", "Other(") * 3
        + "'''\n\n\n"
    )
    assert lines_of(read(template)) == {}
    found = lines_of(read(template + filling + SOUND))
    assert list(found) == list(lines_of(read(SOUND)))
    assert min(found.values()) > filling.count("\n")


def test_f_strings_of_newer_pythons_hide_no_signature_beside_them() -> None:
    newer = """import dspy

class Metrics:
    def first(self, rows):
        return ("é", f"{chr(10).join('\\n' + it for it in rows)}", rf'{"\\n".join(rows)} more')

    def second(self, rows):
        class Sort(dspy.Signature):
            \"\"\"Sort.\"\"\"

            a: str = dspy.InputField(desc=f"one of {'\\n'.join(rows)}")
            b: str = dspy.OutputField(desc="f'x'")
"""
    (found,) = read(newer).all()
    assert (found.instructions, found.inputs[0].desc, found.outputs[0].desc) == ("Sort.", None, "f'x'")
    assert found.span.line == 8
