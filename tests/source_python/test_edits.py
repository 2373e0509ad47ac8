"""Edits: what is written into the source is what DSPy reads back."""

import inspect
import random
from pathlib import Path
from typing import Any

import dspy
import pytest

from dspy_lens.source.python.edits import NotThere, TextEdit, instructions_edit, load_edit
from support.source import as_dspy_has_it, imported, one, reach, read

TEXTS = [
    "One line.",
    "Two lines.\nThe second.",
    "A paragraph.\n\n    Indented.\nNot indented.\n- item\n  - deeper",
    "Quotes: \"double\", 'single', \"\"\"triple\"\"\", '''other'''",
    'Ends with a quote"',
    'Ends with three"""',
    "Backslash \\n \\d C:\\new\\table \\",
    "Ends with a backslash\\",
    'Both \\"""',
    "Täglich 東京 😀 \u2028 \u00a0 \x0c \x00 \x1b",
    "Tab\there",
    "carriage\rreturn",
    "trailing spaces  \nnext ",
    "   leading",
    "first\n   \nafter a blank of spaces",
    "first\n   ",
    "\n\n  a\n b\n\n",
    "only\n    deeper\n    lines",
    "{braces} %s {0} f-string {x!r}",
    "# dspy-lens: not a comment",
    "",
    "-> arrow -> arrow",
    '"""',
    "'",
    "\\N{BULLET} \\x41 \\u1234",
]

CLASSES = {
    "a docstring": 'class QA(dspy.Signature):\n    """Old."""\n\n    q: str = dspy.InputField()\n',
    "single quotes": "class QA(dspy.Signature):\n    'Old.'\n    q: str = dspy.InputField()\n",
    "other triple quotes": "class QA(dspy.Signature):\n    '''\n    Old\n      text.\n    '''\n    q = dspy.InputField()\n",
    "raw": 'class QA(dspy.Signature):\n    r"""Old \\d."""\n    q = dspy.InputField()\n',
    "concatenated": 'class QA(dspy.Signature):\n    "Old " "text"\n    q = dspy.InputField()\n',
    "none": "class QA(dspy.Signature):\n    # about q\n    q = dspy.InputField()\n",
    "none, tabs": "class QA(dspy.Signature):\n\tq = dspy.InputField()\n",
    "none, header on lines": "class QA(\n    dspy.Signature,  # why: this\n):  # ends: here\n    q = dspy.InputField()\n",
    "none, one line": "class QA(dspy.Signature): q = dspy.InputField(); a = dspy.OutputField()\n",
    "one line": 'class QA(dspy.Signature): "Old."; q = dspy.InputField()\n',
    "pass": "class QA(dspy.Signature): pass\n",
    "dots": "class QA(dspy.Signature): ...",
    "nested": "class Outer:\n  class QA(dspy.Signature):\n\n    q = dspy.InputField()\n",
    "decorated body": "class QA(dspy.Signature):\n    @classmethod\n    def f(cls): ...\n    q = dspy.InputField()\n",
    "by assignment": 'class QA(dspy.Signature):\n    """Old."""\n    __doc__ = f"{1}"\n    q = dspy.InputField()\n',
    "from outside": 'class QA(dspy.Signature):\n    """Old."""\n    q = dspy.InputField()\n\nQA.__doc__ = f"{1}"\n',
    "inherited": 'class Base(dspy.Signature):\n    """Old."""\nclass QA(Base):\n    q = dspy.InputField()\n',
}

STRINGS = {
    "a predictor": 'qa = dspy.Predict("q -> a")\n',
    "alias": 'import dspy as d\nqa = d.Predict("q -> a", temperature=1.0)\n',
    "imported name": 'from dspy import Predict\nqa = Predict("q -> a")\n',
    "keyword": 'qa = dspy.Predict(signature="q -> a")\n',
    "several lines": 'qa = dspy.Predict(\n    "q, "\n    "b -> a",\n)\n',
    "in parentheses": 'qa = dspy.Predict(("q -> "\n  "a"))\n',
    "constant": 'SIG = "q -> a"\nqa = dspy.Predict(SIG)\n',
    "made": 'qa = dspy.Signature("q -> a")\n',
    "made with a last comma": 'qa = dspy.Signature(\n    "q -> a",\n)\n',
    "made with a comment": 'qa = dspy.Signature(\n    "q -> a"  # what, why\n)\n',
    "made in parentheses": 'qa = dspy.Signature(("q -> a"))\n',
    "made by keyword": 'qa = dspy.Signature(signature="q -> a")\n',
    "with text": 'qa = dspy.Signature("q -> a", "Old.")\n',
    "with named text": 'qa = dspy.Signature("q -> a", instructions="""\n  Old.\n""")\n',
    "with computed text": 'OLD = "Old."\nqa = dspy.Signature("q -> a", OLD.upper())\n',
    "with none": 'qa = dspy.Signature("q -> a", None)\n',
    "inside a predictor": 'qa = dspy.Predict(dspy.Signature("q -> a", "Old."))\n',
    "in brackets, after ä": 'x = "ä"; qa = dspy.Predict("q -> a")\n',
}


def edited(text: str, edit: TextEdit) -> str:
    """The text after the edit; lines are what editors count."""
    lines = text.split("\n")
    before = "\n".join([*lines[: edit.span.line - 1], lines[edit.span.line - 1][: edit.span.column]])
    after = "\n".join([lines[edit.span.end_line - 1][edit.span.end_column :], *lines[edit.span.end_line :]])
    return before + edit.text + after


def instructions_in(text: str, qualname: str, folder: Path) -> Any:
    with imported({"lens_edited.py": text}, folder) as modules:
        made = reach(modules["lens_edited"], qualname)
        signature = made if isinstance(made, type) else made.predictors()[0].signature
        return as_dspy_has_it(signature)["instructions"]


@pytest.mark.parametrize("source", CLASSES.values(), ids=list(CLASSES))
def test_a_class_gets_exactly_these_instructions(source: str, tmp_path: Path) -> None:
    text = "import dspy\n" + source
    definition = next(it for it in read(text).all() if it.qualname.endswith("QA"))
    for number, instructions in enumerate(TEXTS):
        changed = edited(text, instructions_edit(text, definition, instructions))
        wanted = inspect.cleandoc(instructions)
        assert one(read(changed), definition.qualname).instructions == wanted, changed
        assert instructions_in(changed, definition.qualname, tmp_path / str(number)) == wanted, changed


@pytest.mark.parametrize("source", STRINGS.values(), ids=list(STRINGS))
def test_a_string_gets_exactly_these_instructions(source: str, tmp_path: Path) -> None:
    text = ("" if source.startswith("from dspy") else "import dspy\n") + source
    definition = one(read(text), "qa")
    for number, instructions in enumerate(TEXTS):
        changed = edited(text, instructions_edit(text, definition, instructions))
        wanted = inspect.cleandoc(instructions)
        assert one(read(changed), "qa").instructions == wanted, changed
        assert one(read(changed), "qa").literal == definition.literal
        assert instructions_in(changed, "qa", tmp_path / str(number)) in (wanted, inspect.cleandoc(wanted)), (
            changed
        )


def test_any_text_survives() -> None:
    """Hundreds of texts of awkward characters."""
    chance = random.Random(7)
    text = 'import dspy\nclass QA(dspy.Signature):\n    """Old."""\n    q = dspy.InputField()\n'
    definition = one(read(text), "QA")
    for _ in range(300):
        instructions = "".join(
            chance.choice('ab \n\n\t\\"\'""#{}ä€\x07') for _ in range(chance.randrange(1, 25))
        )
        changed = edited(text, instructions_edit(text, definition, instructions))
        namespace: dict[str, Any] = {}
        exec(compile(changed, "<edited>", "exec", dont_inherit=True), namespace)
        wanted = dspy.Signature("q -> a").with_instructions(instructions).instructions
        assert namespace["QA"].instructions == wanted, changed


def test_an_edit_reads_as_people_write_it() -> None:
    text = 'import dspy\nclass QA(dspy.Signature):\n    """Old."""\n    q = dspy.InputField()\n'
    changed = edited(text, instructions_edit(text, one(read(text), "QA"), "New.\n\n  - item\nEnd."))
    assert changed.split("\n")[2:7] == ['    """New.', "", "      - item", "    End.", '    """']
    opened = text.replace('"""Old."""', '"""\n    Old.\n    """')
    changed = edited(opened, instructions_edit(opened, one(read(opened), "QA"), "New.\nEnd."))
    assert changed.split("\n")[2:6] == ['    """', "    New.", "    End.", '    """']
    call = 'import dspy\nqa = dspy.Predict("q -> a", n=2)\n'
    changed = edited(call, instructions_edit(call, one(read(call), "qa"), 'Say "yes".'))
    assert changed == 'import dspy\nqa = dspy.Predict(dspy.Signature("q -> a", """Say "yes"."""), n=2)\n'


def test_windows_newlines_are_kept() -> None:
    text = 'import dspy\r\nclass QA(dspy.Signature):\r\n    """Old."""\r\n    q = dspy.InputField()\r\n'
    edit = instructions_edit(text, one(read(text), "QA"), "New.\nSecond.")
    assert edit.text == '"""New.\r\n    Second.\r\n    """'


def test_only_the_named_definition_is_edited() -> None:
    text = "import dspy\na = dspy.Predict('q -> a')\nb = dspy.Predict('q -> a')\n"
    assert instructions_edit(text, one(read(text), "b"), "New.").span.line == 3
    twice = "import dspy\nclass A(dspy.Signature):\n    q = dspy.InputField()\n" * 2
    assert instructions_edit(twice, one(read(twice), "A#2"), "New.").span.line == 5


def test_a_definition_that_is_gone_is_refused_in_words() -> None:
    definition = one(read('import dspy\nqa = dspy.Predict("q -> a")\n'), "qa")
    with pytest.raises(NotThere, match=r"no longer in app\.py"):
        instructions_edit("import dspy\n", definition, "New.")


PROGRAM = """import dspy
class QA(dspy.Signature):
    q = dspy.InputField()
class Twice(dspy.Signature):
    q = dspy.InputField()
class RAG(dspy.Module):
    def __init__(self):
        self.generate = dspy.ChainOfThought(
            "c -> a"
        )  # makes
        self.qa = dspy.Predict(QA)
        self.steps = [dspy.Predict("x -> y")]
        self.one = dspy.Predict(Twice); self.two = dspy.Predict(Twice)
def use():
    rag = RAG()
    return rag
var = dspy.Predict("v -> w")
dspy.Predict("u -> v")(u=1)
"""


def loaded(qualname: str, text: str = PROGRAM) -> str | None:
    edit = load_edit(text, one(read(text), qualname), "optimized/X.json")
    return None if edit is None else edited(text, edit)


@pytest.mark.parametrize(
    ("qualname", "after", "line"),
    [
        ("RAG.generate", "        )  # makes", '        self.generate.load("optimized/X.json")'),
        ("QA", "        self.qa = dspy.Predict(QA)", '        self.qa.load("optimized/X.json")'),
        ("RAG", "    rag = RAG()", '    rag.load("optimized/X.json")'),
        ("var", 'var = dspy.Predict("v -> w")', 'var.load("optimized/X.json")'),
    ],
)
def test_a_program_is_loaded_right_after_it_is_made(qualname: str, after: str, line: str) -> None:
    changed = loaded(qualname)
    assert changed == PROGRAM.replace(f"{after}\n", f"{after}\n{line}\n")
    assert loaded(qualname, changed) is None


@pytest.mark.parametrize("qualname", ["Twice", "RAG.steps", "string@18"])
def test_nothing_is_loaded_where_the_place_is_not_certain(qualname: str) -> None:
    assert loaded(qualname) is None


def test_a_signature_made_of_another_one_takes_instructions() -> None:
    text = """
import dspy

class QA(dspy.Signature):
    question = dspy.InputField()
    answer = dspy.OutputField()

told = QA.with_instructions("Before.")
grown = QA.append("more", dspy.OutputField())
"""
    for name in ("told", "grown"):
        found = read(text)
        edit = instructions_edit(text, one(found, name), "After.")
        lines = text.split("\n")
        row = lines[edit.span.line - 1]
        lines[edit.span.line - 1] = row[: edit.span.column] + edit.text + row[edit.span.end_column :]
        assert one(read("\n".join(lines)), name).instructions == "After."
