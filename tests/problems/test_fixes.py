"""Quick fixes: what they make of the text is sound, and read by DSPy as it was meant."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ForwardRef

import dspy
import pytest

from dspy_lens.source.fixes import FIXABLE, Fix, fixes
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.values.definition import Problem, Span
from dspy_lens.workspace.index import Index
from support.source import read

HEAD = "import dspy\n"


def edited(text: str, edits: Sequence[TextEdit]) -> str:
    lines = text.split("\n")
    for it in sorted(edits, key=lambda it: it.span, reverse=True):
        first, last = lines[it.span.line - 1], lines[it.span.end_line - 1]
        new = first[: it.span.column] + it.text + last[it.span.end_column :]
        lines[it.span.line - 1 : it.span.end_line] = new.split("\n")
    return "\n".join(lines)


def offered(text: str, code: str) -> tuple[Fix, ...]:
    (problem,) = [it for it in read(text).problems("app.py") if it.code == code]
    return fixes(problem, text)


def mended(text: str, code: str) -> tuple[str, list[str]]:
    """The text after the one fix of a problem, and the codes that are left."""
    (fix,) = offered(text, code)
    after = edited(text, fix.edits)
    return after, [it.code for it in read(after).problems("app.py")]


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec(text, names)
    return names


@pytest.mark.parametrize(
    ("call", "instructions"),
    [
        ('dspy.Predict("a -> b", "Do it.")', "Do it."),
        ("dspy.Predict('a -> b', instructions='Do it.', temperature=1)", "Do it."),
        ('dspy.Predict(\n    "ä -> b",\n    instructions="Dö it.",\n)', "Dö it."),
        ('dspy.Predict("a -> b", temperature=1, instructions=f"Do {1} thing.")', "Do 1 thing."),
    ],
)
def test_instructions_go_into_a_signature(call: str, instructions: str) -> None:
    after, left = mended(f"{HEAD}x = {call}\n", "predict-instructions")
    assert left == []
    assert run(after)["x"].signature.instructions == instructions


def test_a_comment_between_the_arguments_is_not_taken_away() -> None:
    text = HEAD + 'x = dspy.Predict(\n    "a -> b",  # the task\n    instructions="Do it.",\n)\n'
    assert offered(text, "predict-instructions") == ()


def test_a_type_is_written() -> None:
    text = (
        HEAD
        + "class QA(dspy.Signature):\n    '''T.'''\n    q = dspy.InputField()\n    a: str = dspy.OutputField()\n"
    )
    after, left = mended(text, "field-untyped")
    assert "    q: str = dspy.InputField()\n" in after
    assert left == []


@pytest.mark.parametrize(
    "field",
    [
        'dspy.InputField(prefix="Q:")',
        'dspy.InputField(prefix="Q:", desc="x")',
        'dspy.InputField(desc="x", prefix="Q:")',
    ],
)
def test_an_argument_without_effect_is_taken_out(field: str) -> None:
    text = (
        HEAD
        + f"class QA(dspy.Signature):\n    '''T.'''\n    q: str = {field}\n    a: str = dspy.OutputField()\n"
    )
    after, left = mended(text, "field-prefix")
    assert left == []
    run(after)


def test_a_field_becomes_an_input_or_an_output() -> None:
    text = HEAD + "class QA(dspy.Signature):\n    '''T.'''\n    q: str\n    a: str = dspy.OutputField()\n"
    as_input, as_output = offered(text, "field-marker")
    assert list(run(edited(text, as_input.edits))["QA"].input_fields) == ["q"]
    assert list(run(edited(text, as_output.edits))["QA"].output_fields) == ["q", "a"]


def test_a_name_that_was_replaced_is_written() -> None:
    after, left = mended(HEAD + "x = dspy.TypedPredictor('a -> b')\n", "dspy-removed")
    assert (after.splitlines()[1], left) == ("x = dspy.Predict('a -> b')", [])


def test_a_name_without_a_successor_is_left_to_the_user() -> None:
    assert offered(HEAD + "x = dspy.OpenAI('gpt')\n", "dspy-removed") == ()


def test_a_text_that_has_moved_on_gets_no_fix() -> None:
    (problem,) = read(HEAD + 'x = dspy.Predict("a -> b", "Do it.")\n').problems("app.py")
    assert fixes(problem, "import dspy\n\n\nx = 1\n") == ()


async def told(root: Path, files: dict[str, str], path: str) -> tuple[Problem, str]:
    (root / ".git").mkdir(exist_ok=True)
    for name, text in files.items():
        (root / name).write_text(text, "utf-8")
    index = Index(root, root / "none.toml")
    await index.scan()
    return (await index.snapshot.problems(path))[0], files[path]


CLASSIFY = '''import dspy
from typing import Literal
class Classify(dspy.Signature):
    """Classify."""
    text: str = dspy.InputField()
    label: Literal["sport", "politics"] = dspy.OutputField()
'''
ROWS = "".join(f'{{"text": "{it}", "label": "sport"}}\n' for it in range(12))


@pytest.mark.parametrize(
    ("path", "files", "before", "after"),
    [
        (
            "x.jsonl",
            {"app.py": CLASSIFY, "x.jsonl": ROWS + '{"text": "a", "label": "sports"}\n'},
            '"sports"',
            '"sport"',
        ),
        (
            "x.jsonl",
            {"app.py": CLASSIFY, "x.jsonl": ROWS + '{"text": "3", "label": "sport"}\n'},
            ROWS[-33:],
            "",
        ),
        ("dspy-lens.toml", {"dspy-lens.toml": "thraeds = 3\n"}, "thraeds", "threads"),
        ("dspy-lens.toml", {"dspy-lens.toml": "optimizer = 'simbaa'\n"}, "simbaa", "simba"),
        ("dspy-lens.toml", {"dspy-lens.toml": "problems = { field-makrer = false }\n"}, "makrer", "marker"),
        (
            "dspy-lens.toml",
            {"app.py": CLASSIFY, "dspy-lens.toml": '[target."app:Clasify"]\nmodule = "Predict"\n'},
            "Clasify",
            "Classify",
        ),
    ],
)
async def test_names_and_values_that_were_meant_are_written(
    tmp_path: Path, path: str, files: dict[str, str], before: str, after: str
) -> None:
    problem, text = await told(tmp_path, files, path)
    (fix,) = fixes(problem, text)
    made = edited(text, fix.edits)
    if after:
        assert made == text.replace(before, after)
    else:
        assert made == ROWS


def test_every_span_of_a_fix_is_inside_the_text() -> None:
    problem = Problem(Span("x.jsonl", 9, 9), "examples/duplicate", "This says the same as line 1.")
    assert fixes(problem, "{}\n") == ()


DATA = "data = [dspy.Example(q='1', a='2').with_inputs('q')]\n"
COMPILED = "dspy.{}.compile(dspy.Predict('q -> a'), trainset=data)\n"


@pytest.mark.parametrize(
    ("parameters", "caller", "after"),
    [
        ("example, pred", "BootstrapFewShot(metric=score)", "example, pred, trace=None"),
        (
            "example, pred",
            "GEPA(metric=score, auto='light')",
            "example, pred, trace=None, pred_name=None, pred_trace=None",
        ),
        (
            "ex, pred, trace=None",
            "GEPA(metric=score, auto='light')",
            "ex, pred, trace=None, pred_name=None, pred_trace=None",
        ),
        (
            "ex, pred, why: str",
            "GEPA(metric=score, auto='light')",
            "ex, pred, why: str = None, pred_name=None, pred_trace=None",
        ),
        ("example", "GEPA(metric=score, auto='light')", None),
        ("example, pred, *, strict", "BootstrapFewShot(metric=score)", None),
    ],
)
def test_a_metric_takes_what_it_is_given(parameters: str, caller: str, after: str | None) -> None:
    metric = "def score({}):\n    return float(len(pred.a))\n"
    text = HEAD + metric.format(parameters) + DATA + COMPILED.format(caller)
    if after is None:
        assert offered(text, "metric-arguments") == ()
        return
    made, left = mended(text, "metric-arguments")
    assert (made, "metric-arguments" in left) == (
        text.replace(f"score({parameters})", f"score({after})"),
        False,
    )
    given = [dspy.Example(q="1"), dspy.Prediction(a="22"), None, "predict", None]
    score = run(HEAD + metric.format(after))["score"]
    assert score(*given[: 5 if "GEPA" in caller else 3]) == 2.0
    if "GEPA" in caller:
        assert dspy.GEPA(metric=score, auto="light", reflection_lm=dspy.utils.DummyLM([]))


def test_an_evaluation_gives_no_trace() -> None:
    text = (
        f"{HEAD}def score(example, pred, trace):\n    return 1\n{DATA}"
        "dspy.Evaluate(devset=data, metric=score)(dspy.Predict('q -> a'))\n"
    )
    made, left = mended(text, "metric-arguments")
    assert ("def score(example, pred, trace=None):" in made, left) == (True, [])


def test_swapped_parameters_are_put_right() -> None:
    text = (
        f"{HEAD}def score(prediction, example, trace=None):\n    return example.a == prediction.a\n{DATA}"
        "dspy.Evaluate(devset=data, metric=score)(dspy.Predict('q -> a'))\n"
    )
    made, left = mended(text, "metric-swapped")
    assert ("def score(example, prediction, trace=None):" in made, left) == (True, [])


@pytest.mark.parametrize("head", ["", '"""A module."""\nfrom __future__ import annotations\n'])
def test_a_type_of_typing_is_imported(head: str) -> None:
    body = "import dspy\nclass QA(dspy.Signature):\n    '''T.'''\n    q: str = dspy.InputField()\n"
    text = f"{head}{body}    a: Optional[str] = dspy.OutputField()\n"
    made, left = mended(text, "unknown-type")
    assert (made, left) == (f"{head}from typing import Optional\n{text.removeprefix(head)}", [])
    kind = run(made)["QA"].fields["a"].annotation
    assert kind == str | None or (head and kind == ForwardRef("Optional[str]"))
    assert offered(text.replace("Optional", "Nowhere"), "unknown-type") == ()


def test_every_code_with_a_fix_is_tried_here_or_in_its_own_tests() -> None:
    tried = "".join(it.read_text("utf-8") for it in Path(__file__).parents[1].rglob("test_*.py"))
    assert [it for it in FIXABLE if it.rpartition("/")[2] not in tried] == []
