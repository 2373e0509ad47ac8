"""Problems: only what DSPy is certain to trip over."""

import dspy
import pytest

from support.source import project, read

HEAD = "import dspy\nfrom typing import *\n"


def codes(text: str) -> list[tuple[str, int]]:
    return [(it.code, it.span.line) for it in read(HEAD + text).problems("app.py")]


def test_a_field_without_its_marker_is_a_problem() -> None:
    for field in ("q: str", 'q: str = "x"', "q: int = 3"):
        text = f"class QA(dspy.Signature):\n    '''T.'''\n    {field}\n    a: str = dspy.OutputField()\n"
        assert codes(text) == [("field-marker", 5)]
        with pytest.raises(TypeError, match="must be declared with InputField or OutputField"):
            exec(HEAD + text, {})


def test_what_is_no_field_is_no_problem() -> None:
    text = "class QA(dspy.Signature):\n    '''T.'''\n    K: ClassVar[int] = 3\n    _p: int = 4\n    def f(self): ...\n"
    text += "    model_config = {}\n    q: str = dspy.InputField()\n"
    exec(HEAD + text, {})
    assert codes(text) == []


def test_instructions_given_to_a_predictor_are_a_problem() -> None:
    assert codes('dspy.Predict("a -> b", "Do it.")\n') == [("predict-instructions", 3)]
    assert codes('dspy.ChainOfThought("a -> b",\n  instructions="Do it.")\n') == [("predict-instructions", 4)]
    assert codes('dspy.Predict(dspy.Signature("a -> b", "Do it."))\n') == []
    assert codes('dspy.Predict("a -> b", [callback], temperature=1)\n') == []


KNOWN = """
from pydantic import BaseModel
class Mine(BaseModel): ...
class Outer:
    class Inner(BaseModel): ...
def f():
    class Local(BaseModel): ...
    return dspy.Predict("a: Local -> b")
dspy.Predict("a: Mine, b: Outer.Inner, c: datetime.date, d: dspy.Image, e: Any -> f: Optional[int]")
dspy.Signature("a: list[Given] -> b", "T.", custom_types={"Given": int})
"""


def test_types_that_dspy_can_find_are_no_problem() -> None:
    assert codes(KNOWN) == []
    exec(HEAD + KNOWN + "f()\n", {})


@pytest.mark.parametrize(
    "text", ["a: Nowhere -> b", "a -> b: list[Mine]", "a -> b: Mine | Nowhere", "a -> b: dict[str, Nowhere]"]
)
def test_types_that_dspy_cannot_find_are(text: str) -> None:
    source = f"class Mine: ...\nx = dspy.Signature({text!r})\n"
    assert ("unknown-type", 4) in codes(source)
    with pytest.raises(ValueError, match="Unknown name"):
        exec(HEAD.replace("from typing import *\n", "\n") + source, {})


def test_a_star_import_may_bring_any_type() -> None:
    found = project({"app.py": 'import dspy\nfrom unseen import *\nx = dspy.Predict("a: Something -> b")\n'})
    assert found.problems("app.py") == ()


def test_a_leading_underscore_is_a_problem() -> None:
    assert codes('dspy.Predict("_a -> b")\n') == [("field-underscore", 3)]
    with pytest.raises(Exception, match="leading underscore"):
        dspy.Signature("_a -> b")


def test_a_sound_file_has_no_problems() -> None:
    text = '''
class QA(dspy.Signature):
    """Answer."""
    q: str = dspy.InputField()
    a: "QA" = dspy.OutputField()
class P(dspy.Module):
    def __init__(self):
        self.a = dspy.Predict(QA)
        self.b = dspy.ReAct("q -> a", [len])
        self.c = dspy.MultiChainComparison("q -> a", 3)
'''
    assert codes(text) == []


def test_what_an_export_wrote_is_nothing_to_optimize() -> None:
    text = '"""app:QA as run r1 left it. Made by DSPy Lens: build() …"""\n' + HEAD
    found = read(text + 'program = dspy.Predict("question -> answer")\n')
    assert list(found.all()) == []
