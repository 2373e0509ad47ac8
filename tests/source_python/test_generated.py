"""Signatures that nobody thought of, read as DSPy has them when they run."""

import keyword
from typing import Any

import dspy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dspy_lens.source.python.strings import StringSignature, read_string
from dspy_lens.values.definition import Definition
from support.corpus import read_shape, shape
from support.source import one, read

RESERVED = {"fields", "input_fields", "output_fields", "instructions", "signature", "schema", "json", "copy"}
RESERVED |= {
    "dict",
    "validate",
    "construct",
    "insert",
    "append",
    "prepend",
    "delete",
    "equals",
    "with_",
    "dspy",
}
TYPES = ["str", "int", "float", "bool", "list[str]", "dict[str, int]", "Literal['a', 'b->c', \"d, e\"]"]
TYPES += [
    "Optional[int]",
    "list[Literal[1, 2]]",
    "tuple[int, str]",
    "int | None",
    "dict[str, list[float]]",
    "Any",
]
HEADER = "import dspy\nfrom typing import Any, Literal, Optional\n\n"

names = st.from_regex(r"[a-z][a-z0-9_]{0,7}", fullmatch=True).filter(
    lambda it: not keyword.iskeyword(it) and it not in RESERVED and not it.startswith("model_")
)
fields = st.lists(
    st.tuples(names, st.sampled_from(["", *TYPES])), min_size=1, max_size=4, unique_by=lambda it: it[0]
)
spaces = st.sampled_from(["", " ", "  ", "\n    "])
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=40)
SLOW = settings(max_examples=60, suppress_health_check=list(HealthCheck))


@st.composite
def strings(draw: st.DrawFn) -> str:
    """A signature string, its fields on the sides and in the layout that the draw says."""
    every = draw(st.lists(names, min_size=2, max_size=6, unique=True))
    cut = draw(st.integers(1, len(every) - 1))

    def side(chosen: list[str]) -> str:
        made = []
        for name in chosen:
            type_ = draw(st.sampled_from(["", *(it for it in TYPES if "->" not in it)]))
            made.append(f"{name}{draw(spaces)}:{draw(spaces)}{type_}" if type_ else name)
        return f"{draw(spaces)},{draw(spaces)}".join(made)

    return f"{draw(spaces)}{side(every[:cut])}{draw(spaces)}->{draw(spaces)}{side(every[cut:])}{draw(spaces)}"


@SLOW
@given(strings())
def test_a_string_signature_is_read_as_dspy_has_it(text: str) -> None:
    real = dspy.Signature(text.replace("\n", " "))
    found = one(read(f"{HEADER}p = dspy.Predict({text!r})\n"), "p")
    assert read_shape(found) == shape(real)


@SLOW
@given(texts)
def test_whatever_stands_in_a_string_is_read_or_refused_as_dspy_does(text: str) -> None:
    try:
        real: Any = dspy.Signature(f"a -> b{text}")
    except Exception:
        return
    read_it = read_string(f"a -> b{text}")
    assert isinstance(read_it, StringSignature)
    assert [it.name for it in read_it.outputs] == list(real.output_fields)


@st.composite
def classes(draw: st.DrawFn) -> str:
    """The source of one class or of a class with another one below it."""
    return (
        "\n\n".join(draw(_class("First", "dspy.Signature")) for _ in (0,))
        + "\n\n"
        + draw(_class("Second", draw(st.sampled_from(["First", "dspy.Signature", "First, dspy.Signature"]))))
    )


@st.composite
def _class(draw: st.DrawFn, name: str, bases: str) -> str:
    lines = [f"class {name}({bases}):"]
    doc = draw(st.none() | texts)
    if doc is not None:
        lines.append(f"    {draw(st.sampled_from(['', '__doc__ = ']))}{doc!r}")
    for field, type_ in draw(fields):
        call = draw(st.sampled_from(["InputField", "OutputField"]))
        desc = draw(st.none() | texts)
        spelled = draw(st.sampled_from(["desc={!r}", "desc={!r} ''", "desc=('' + {!r})", "description={!r}"]))
        given_ = spelled.format(desc) if desc is not None else ""
        typed = f": {type_}" if type_ else ""
        shapes = [f"{field}{typed} = dspy.{call}({given_})"]
        if type_:
            shapes.append(f"{field}: Annotated[{type_}, dspy.{call}({given_})]")
        lines.append(f"    {draw(st.sampled_from(shapes))}")
    return "\n".join(lines)


@SLOW
@given(classes())
def test_a_class_is_read_as_dspy_has_it(source: str) -> None:
    text = f"{HEADER}from typing import Annotated\n\n{source}\n"
    ran: dict[str, Any] = {"__name__": "app"}
    try:
        exec(text, ran)
    except Exception:
        # What DSPy refuses is no signature; that it is read all the same helps while it is being mended.
        read(text)
        return
    project = read(text)
    for name in ("First", "Second"):
        found: Definition = one(project, name)
        assert read_shape(found) == shape(ran[name])


@SLOW
@given(st.text(max_size=300))
def test_no_text_at_all_makes_the_reader_fail(text: str) -> None:
    for source in (text, f"import dspy\n{text}", f"class A(dspy.Signature):\n    {text}"):
        read(source + "\n# dspy").problems("app.py")
