"""Class signatures are read as DSPy itself has them after running the same source."""

import typing
from pathlib import Path
from types import ModuleType

import pytest

from dspy_lens.values.definition import Kind
from support.source import as_dspy_has_it, as_read, imported, names, one, project, reach, read

HEAD = "import dspy\nfrom typing import *\nfrom dspy import InputField, OutputField\n"

SOURCES = {
    "docstring, types, descriptions": '''
        class QA(dspy.Signature):
            """Answer the question.

                Think first.
            """
            answer: Literal["yes",  'no'] = dspy.OutputField(desc="one " "word")
            question: str = dspy.InputField()
            context = dspy.InputField(description="what is known")
            score: float|None = dspy.OutputField(desc=None)
    ''',
    "default instructions": """
        class QA(dspy.Signature):
            b = OutputField()
            a = InputField()
            c: list[ int ] = InputField()
    """,
    "no fields": """
        class Empty(dspy.Signature):
            pass
    """,
    "empty docstring": """
        class QA(dspy.Signature):
            ""
            q = InputField()
            a = OutputField()
    """,
    "an f-string is no docstring": '''
        class QA(dspy.Signature):
            f"""Answer."""
            q = InputField()
            a = OutputField()
    ''',
    "a sum of strings is no docstring": """
        class QA(dspy.Signature):
            "Answer " + "it."
            q = InputField()
            a = OutputField()
    """,
    "implicit concatenation is one": """
        class QA(dspy.Signature):
            "Answer " "it."
            q = InputField()
            a = OutputField()
    """,
    "docstring by assignment": '''
        class QA(dspy.Signature):
            """Not this."""
            q = InputField()
            a = OutputField()
            __doc__ = "This."
    ''',
    "docstring from outside": '''
        class QA(dspy.Signature):
            """Not this."""
            q = InputField()
            a = OutputField()
        QA.__doc__ = "  This.  "
        class More(QA):
            b = OutputField()
    ''',
    "a subclass inherits text and fields": '''
        class Base(dspy.Signature):
            """Base text."""
            q: str = InputField(desc="asked")
            a: str = OutputField()
        class Sub(Base):
            hint: str = InputField()
            a: int = OutputField(desc="number")
        class Own(Base):
            """Own text."""
            q = InputField()
        class Silent(Base):
            ""
    ''',
    "a subclass inherits default text": """
        class Base(dspy.Signature):
            q = InputField()
            a = OutputField()
        class Sub(Base):
            extra = OutputField()
    """,
    "several bases": '''
        class Left(dspy.Signature):
            """Left."""
            q = InputField(desc="left q")
            l = OutputField()
        class Right(dspy.Signature):
            """Right."""
            r: int = InputField()
            q: int = InputField(desc="right q")
            l: int = OutputField(desc="right l")
        class Silent(dspy.Signature):
            ""
            s = InputField()
        class Both(Left, Right):
            own = OutputField()
        class Other(Right, Left):
            pass
        class Last(Right, Silent):
            pass
        class Diamond(Both, Silent):
            q = OutputField(desc="moved")
    ''',
    "a plain mixin brings nothing": '''
        class Mixin:
            """Mixin text."""
            def helper(self): ...
        class QA(Mixin, dspy.Signature):
            q = InputField()
            a = OutputField()
    ''',
    "assigned twice keeps its first place": '''
        class QA(dspy.Signature):
            """Text."""
            a: str = OutputField()
            q: str = InputField()
            if True:
                z: int = OutputField(desc="inside")
            b = c = InputField()
            a: int = OutputField(desc="again")
            _private: int = 3
            LIMIT: ClassVar[int] = 5
            def helper(cls): return 1
    ''',
    "constants elsewhere": '''
        DESC = "from a constant"
        FIELD = dspy.InputField(desc=DESC)
        class QA(dspy.Signature):
            """Text."""
            q: str = FIELD
            a: str = OutputField(desc=DESC + "", default="x")
    ''',
    "nested": '''
        class Outer:
            class Inner(dspy.Signature):
                """Inner text."""
                q = InputField()
                a = OutputField()
                class Deeper(dspy.Signature):
                    q = InputField()
    ''',
    "made of a string": """
        Base = dspy.Signature("q, n: int -> a: float", "Do it.")
        class QA(Base):
            more = OutputField()
    """,
    "markers inside annotations": '''
        class QA(dspy.Signature):
            """Text."""
            late: Annotated[str, dspy.InputField(desc="of late")]
            other: Annotated[int, OutputField()]
            first: str = InputField()
            plain: Annotated[int, "positive"] = OutputField()
    ''',
    "decorated, parameters, semicolons": """
        def same(cls): return cls
        @same
        @same
        class QA(dspy.Signature): "Text."; q = InputField(); a: int = OutputField()
    """,
    "odd characters": '''
        class Größe(dspy.Signature):
            """Wie „groß“ ist 東京?\\tTab\\n  \\N{BULLET} \\x41"""
            größe: str = InputField(desc="ä\\u00e9")
            a = OutputField()
    ''',
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_a_class_is_read_as_dspy_has_it(source: str, tmp_path: Path) -> None:
    files = {"lens_case.py": HEAD + _dedented(source)}
    found = project(files)
    assert found.all()
    with imported(files, tmp_path) as modules:
        for it in found.all():
            made = reach(modules["lens_case"], it.qualname)
            assert as_read(it) == as_dspy_has_it(made)
            for field in (*it.inputs, *it.outputs):
                assert (
                    _evaluated(field.type, modules["lens_case"]) == made.model_fields[field.name].annotation
                )


FILES = {
    "src/lens_pkg/__init__.py": "from .base import *\nfrom lens_pkg import base as things\n",
    "src/lens_pkg/base.py": '''
        import dspy as d
        from dspy import Signature as S, OutputField as Out
        from dspy.signatures import Signature
        from dspy.signatures.signature import Signature as Deep
        class A(S):
            """A text."""
            q: str = d.InputField(desc="of A")
        class B(Signature):
            b = Out()
        class C(Deep, ):
            c = Out()
        Alias = A
    ''',
    "src/lens_pkg/deep/__init__.py": "",
    "src/lens_pkg/deep/more.py": '''
        from .. import A as Renamed, things
        from ..base import Alias
        from . import sibling
        import lens_pkg.base
        import lens_pkg.deep.sibling as sib
        from dspy import *
        class One(Renamed):
            one = OutputField()
        class Two(things.B, Alias):
            two = OutputField()
        class Three(lens_pkg.base.C):
            """Three."""
            three = InputField()
        class Four(sibling.Sibling, One): pass
        class Five(sib.Sibling): pass
    ''',
    "src/lens_pkg/deep/sibling.py": """
        try:
            import dspy
        except ImportError:
            dspy = None
        class Sibling(dspy.Signature):
            s = dspy.InputField()
    """,
    "lens_script.py": '''
        from lens_pkg.deep.more import One, Four
        import lens_pkg.deep.more
        class Quiet(One):
            """No word of the library here."""
        class Quieter(lens_pkg.deep.more.Two): pass
    ''',
}


def test_bases_are_found_through_aliases_packages_and_star_imports(tmp_path: Path) -> None:
    found = project(FILES)
    with imported(FILES, tmp_path) as modules:
        for it in found.all():
            assert as_read(it) == as_dspy_has_it(reach(modules[it.module], it.qualname)), it.name
    assert len(found.all()) == 11


def test_classes_in_functions_are_named_as_python_names_them() -> None:
    found = read(
        """
        def build(kind):
            import dspy
            class QA(dspy.Signature):
                q = dspy.InputField()
            def inner():
                class QA(dspy.Signature):
                    q = dspy.InputField()
            return QA
        """
    )
    assert names(found) == ["app:build.<locals>.QA", "app:build.<locals>.inner.<locals>.QA"]


def test_the_second_of_a_name_is_numbered() -> None:
    found = read(
        "import dspy\nclass QA(dspy.Signature):\n  a = dspy.InputField()\nclass QA(QA):\n  b = dspy.OutputField()\n"
    )
    assert names(found) == ["app:QA", "app:QA#2"]
    assert [it.name for it in one(found, "QA#2").outputs] == ["b"]
    assert [it.name for it in one(found, "QA#2").inputs] == ["a"]


def test_types_are_as_written_with_the_usual_spaces() -> None:
    found = read(
        """
        import dspy
        class QA(dspy.Signature):
            a: dict[ str,int ]|None = dspy.InputField()
            b: Literal["x","y",
                       'it''s'  # why
                      ] = dspy.InputField()
            c: "list[QA]" = dspy.InputField()
            d: Annotated[int, Field(ge=0,le = 5)] = dspy.InputField()
            e = dspy.InputField()
            f: Optional [ datetime . date ] = dspy.OutputField()
            g: Callable[[int],str] = dspy.OutputField()
        """
    )
    types = {it.name: it.type for it in (*one(found, "QA").inputs, *one(found, "QA").outputs)}
    assert types == {
        "a": "dict[str, int] | None",
        "b": "Literal[\"x\", \"y\", 'it' 's']",
        "c": '"list[QA]"',
        "d": "Annotated[int, Field(ge=0, le=5)]",
        "e": "str",
        "f": "Optional[datetime.date]",
        "g": "Callable[[int], str]",
    }


def test_places_are_exact() -> None:
    found = read(
        'import dspy\n\n@deco\nclass QA(dspy.Signature):\n    """Text."""\n    größe: str = dspy.InputField()\n\nx = 1\n'
    )
    definition = one(found, "QA")
    assert (definition.span.line, definition.span.end_line, definition.kind) == (4, 6, Kind.CLASS)
    assert definition.docstring is not None
    assert (definition.docstring.line, definition.docstring.column, definition.docstring.end_column) == (
        5,
        4,
        15,
    )
    span = definition.inputs[0].span
    assert span is not None
    assert (span.line, span.column, span.end_column) == (6, 4, 9)


def test_what_only_running_could_tell_is_none() -> None:
    found = read(
        """
        import dspy
        class QA(dspy.Signature):
            __doc__ = make_text()
            q: str = dspy.InputField(desc=describe("q"))
            a: str = dspy.OutputField(**options)
        """
    )
    assert one(found, "QA").instructions is None
    assert one(found, "QA").inputs[0].desc is None
    assert one(found, "QA").outputs[0].desc is None


def test_a_base_that_is_not_there_hides_only_what_it_brings() -> None:
    found = read(
        '''
        import dspy
        from gone.somewhere import Base
        class QA(Base):
            """Text."""
            q = dspy.InputField()
        class Silent(Base):
            q = dspy.InputField()
        '''
    )
    assert one(found, "QA").instructions == "Text."
    assert one(found, "Silent").instructions is None


def test_cycles_of_imports_and_bases_are_tolerated() -> None:
    found = project(
        {
            "a.py": "import dspy\nfrom b import B\nclass A(B):\n    q = dspy.InputField()\n",
            "b.py": "import dspy\nfrom a import A\nclass B(A):\n    q = dspy.InputField()\n",
            "c.py": "from c import X\nX = Y\nY = X\nimport dspy\nclass X(X): pass\nclass Z(Z, X): pass\n",
        }
    )
    assert all(it.module in ("a", "b") for it in found.all())


def _dedented(source: str) -> str:
    lines = source.strip("\n").split("\n")
    margin = min(len(it) - len(it.lstrip()) for it in lines if it.strip())
    return "\n".join(it[margin:] for it in lines) + "\n"


def _evaluated(type_: str, module: ModuleType) -> object:
    # A type that only the source can say, such as a forward reference, is evaluated where it stands.
    return typing.get_type_hints(type("T", (), {"__annotations__": {"x": type_}}), vars(module))["x"]


def test_conditions_that_ask_for_what_they_guard_are_left_open() -> None:
    found = read(
        """
        import dspy

        def make(text):
            if not isinstance(text, str):
                text = str(text)
            elif text.strip():
                text = text.strip()

            class QA(dspy.Signature):
                __doc__ = text
                a = dspy.InputField(desc=text)
            return QA.with_instructions(text)

        if NOTE is None:
            NOTE = NOTE or "none"
        if len(NOTE) > 3:
            NOTE = NOTE[:3]
        p = dspy.Predict(dspy.Signature("a -> b", NOTE))
        MODE = "x" if MODE is None else MODE
        KIND = str(KIND if KIND else MODE)
        q = dspy.Predict(dspy.Signature("a -> b", instructions=KIND))
        """
    )
    assert [(it.qualname, it.instructions) for it in found.all()] == [
        ("make.<locals>.QA", None),
        ("p", None),
        ("q", None),
    ]
