"""What is told of Python, each beside what real DSPy makes of the same lines."""

import warnings
from typing import Any, Literal

import dspy
import pytest

from dspy_lens.source.python.removed import ADVICE, DEPRECATED, MODULES, REPLACED
from support.source import project, read

HEAD = "import dspy\n"
DATA = "data = [dspy.Example(q='1', a='2').with_inputs('q'), dspy.Example(q='2', a='3').with_inputs('q')]\n"

SIGNATURE = """
class QA(dspy.Signature):
    "Answer."
    q: str = dspy.InputField()
    a: {type} = dspy.OutputField()
"""


def codes(text: str, head: str = HEAD) -> list[tuple[str, int]]:
    return [(it.code, it.span.line) for it in read(head + text).problems("app.py")]


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(HEAD + text, names)
    return names


def test_a_field_without_a_type_is_text_to_dspy() -> None:
    text = 'class QA(dspy.Signature):\n    """Answer."""\n    q = dspy.InputField()\n    a: int = dspy.OutputField()\n'
    assert codes(text) == [("field-untyped", 4)]
    assert run(text)["QA"].fields["q"].annotation is str


def test_a_type_that_nothing_declares_is_told_in_classes_too() -> None:
    text = SIGNATURE.format(type="list[Nowhere]")
    assert codes(text) == [("unknown-type", 6)]
    with pytest.raises(NameError, match="Nowhere"):
        run(text)


@pytest.mark.parametrize(
    "more",
    [
        "from unseen import *\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import Nowhere\n",
        "try:\n    from x import Nowhere\nexcept ImportError:\n    Nowhere = str\n",
        "for Nowhere in (str, int): pass\n",
        "with f() as Nowhere: pass\n",
        "def make():\n    global Nowhere\n    Nowhere = str\n",
        "import x.y as Nowhere\n",
        "Nowhere: type = str\n",
        "def broken(:\n",
    ],
)
def test_a_type_that_may_come_from_somewhere_is_not(more: str) -> None:
    text = SIGNATURE.format(type='"Nowhere"')
    assert codes(more + text) == []


def test_literals_and_annotations_hold_no_names() -> None:
    text = """
from typing import Annotated, Literal
class QA(dspy.Signature):
    '''Answer.'''
    q: Annotated[str, "any words"] = dspy.InputField()
    a: Literal["yes", "no"] = dspy.OutputField()
"""
    assert codes(text) == []


def test_arguments_that_dspy_ignores_are_told() -> None:
    text = SIGNATURE.format(type="str").replace("InputField()", 'InputField(prefix="Q:")')
    assert codes(text) == [("field-prefix", 5)]
    with pytest.warns(DeprecationWarning, match="has no effect"):
        exec(HEAD + text, {})


def test_a_signature_that_says_nothing_is_told() -> None:
    bare = "class QA(dspy.Signature):\n    q: str = dspy.InputField()\n    a: str = dspy.OutputField()\n"
    assert codes(bare) == [("signature-bare", 2)]
    assert run(bare)["QA"].instructions == "Given the fields `q`, produce the fields `a`."
    assert codes(bare.replace("OutputField()", 'OutputField(desc="one word")')) == []
    assert codes(bare + "QA.__doc__ = 'Answer.'\n") == []
    assert codes(bare + "better = QA.with_instructions('Answer.')\n") == []
    assert (
        codes("class Base(dspy.Signature):\n    '''Answer.'''\n" + bare.replace("dspy.Signature", "Base"))
        == []
    )


@pytest.mark.parametrize("name", [*REPLACED, *ADVICE])
def test_a_removed_name_is_told_and_dspy_has_none(name: str) -> None:
    assert codes(f"x = dspy.{name}\n") == [("dspy-removed", 2)]
    assert codes(f"from dspy import {name}\n", head="") == [("dspy-removed", 1)]
    assert codes(f"def f():\n    import dspy\n    class C:\n        x = dspy.{name}\n", head="") == [
        ("dspy-removed", 4)
    ]
    assert codes(f"def f(dspy):\n    return dspy.{name}\n", head="") == [("dspy-removed", 2)]
    assert codes(f"def f(other):\n    return other.{name}\n") == []
    assert not hasattr(dspy, name)


@pytest.mark.parametrize("name", REPLACED.values())
def test_what_takes_its_place_is_there(name: str) -> None:
    assert hasattr(dspy, name)


@pytest.mark.parametrize("name", MODULES)
def test_a_removed_module_is_told_and_cannot_be_imported(name: str) -> None:
    assert ("dspy-removed", 2) in codes(f"import {name}\n")
    assert ("dspy-removed", 2) in codes(f"from {name}.x import y\n")
    with pytest.raises(ModuleNotFoundError):
        __import__(name)


def tool(x: int) -> int:
    return x


@pytest.mark.parametrize("name", DEPRECATED)
def test_a_name_on_its_way_out_is_told_and_warns(name: str) -> None:
    assert codes(f"x = dspy.{name}('a -> b')\n") == [("dspy-deprecated", 2)]
    with pytest.warns(DeprecationWarning, match="removed in 3.5"):
        getattr(dspy, name)("a -> b", *([[tool]] if name == "CodeAct" else []))


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    from dspy.functional import TypedPredictor\nexcept ImportError:\n    pass\n",
        "if hasattr(dspy, 'OpenAI'):\n    lm = dspy.OpenAI()\n",
        "class dspy2:\n    OpenAI = 1\nx = dspy2.OpenAI\n",
        "x = 'dspy.OpenAI'\n",
    ],
)
def test_what_is_meant_for_other_versions_or_is_no_name_of_dspy_is_not(text: str) -> None:
    assert codes(text) == []


def test_a_module_of_the_workspace_that_is_called_so_is_not() -> None:
    found = project({"dsp/__init__.py": "x = 1\n", "app.py": "import dspy\nimport dsp\nfrom dsp import x\n"})
    assert found.problems("app.py") == ()


def test_learning_and_choosing_by_the_same_examples_is_told() -> None:
    start = DATA + "optimizer = dspy.MIPROv2(metric=len)\nprogram = dspy.Predict('q -> a')\n"
    assert codes(start + "optimizer.compile(program, trainset=data, valset=data)\n") == [
        ("valset-is-trainset", 5)
    ]
    assert codes(start + "optimizer.compile(program, trainset=data[:1], valset=data[1:])\n") == []
    assert codes(start + "optimizer.compile(program, trainset=data[:1], valset=data)\n") == []
    for parts in ("trainset=data[:9], valset=data[:9]", "trainset=data, valset=data[:1]"):
        assert codes(start + f"optimizer.compile(program, {parts})\n") == [("valset-is-trainset", 5)]
    split = "parts = {'train': data, 'dev': data}\n"
    assert (
        codes(start + split + "optimizer.compile(program, trainset=parts['train'], valset=parts['dev'])\n")
        == []
    )


TWICE = f"""
{DATA}program = dspy.Predict("q -> a")
optimizer = dspy.BootstrapFewShot(metric=lambda example, prediction, trace=None: True)
once = optimizer.compile(program, trainset=data)
twice = optimizer.compile({{student}}, trainset=data)
"""


def test_compiling_twice_is_told() -> None:
    assert codes(TWICE.format(student="once")) == [("compile-twice", 7)]
    with pytest.raises(AssertionError, match="Student must be uncompiled"):
        run(TWICE.format(student="once"))
    assert codes(TWICE.format(student="program")) == []
    run(TWICE.format(student="program"))
    rules = (
        "dspy.InferRules(metric=lambda e, p, t=None: True).compile(once, trainset=data, valset=[data[0]])\n"
    )
    once = "".join(TWICE.splitlines(keepends=True)[:5])
    assert codes(once + rules) == [("compile-twice", 7)]
    with pytest.raises(AssertionError, match="Student must be uncompiled"):
        run(once + rules)


def test_examples_without_inputs_are_told_where_dspy_asks_for_them() -> None:
    text = "data = [dspy.Example(q='1', a='2')]\ndspy.Evaluate(devset=data, metric=len)(dspy.Predict('q -> a'))\n"
    assert codes(text) == [("example-inputs", 2)]
    with pytest.raises(ValueError, match="Inputs have not been set"):
        dspy.Example(q="1", a="2").inputs()
    assert codes(text.replace("a='2')", "a='2').with_inputs('q')")) == []
    assert (
        codes(text.replace("dspy.Evaluate", "data = [it.with_inputs('q') for it in data]\ndspy.Evaluate"))
        == []
    )
    labeled = "data = [dspy.Example(q='1', a='2')]\ndspy.LabeledFewShot().compile(dspy.Predict('q -> a'), trainset=data)\n"
    assert codes(labeled) == []
    run(labeled)


def test_too_few_examples_for_an_optimizer_are_told() -> None:
    compiled = "dspy.SIMBA(metric=score{more}).compile(dspy.Predict('q -> a'), trainset=data)\n"
    start = "def score(example, prediction): return 1\n" + DATA
    assert codes(start + compiled.format(more="")) == [("optimizer-examples", 4)]
    assert codes(start + compiled.format(more=", bsize=2")) == []
    many = compiled.format(more="").replace("trainset=data", "trainset=data[:1] + [data[0]] * 40")
    assert codes(start + many) == []
    repeated = "data = [dspy.Example(q='1', a='2').with_inputs('q')] * {}\n" + compiled.format(more="")
    assert codes("def score(example, prediction): return 1\n" + repeated.format(31)) == [
        ("optimizer-examples", 4)
    ]
    assert codes("def score(example, prediction): return 1\n" + repeated.format(32)) == []
    assert codes(start + "data.extend(more())\n" + compiled.format(more="")) == []
    with pytest.raises(AssertionError, match="Trainset too small"):
        run(start + compiled.format(more=""))


def metric(parameters: str, call: str) -> list[str]:
    text = f"def score({parameters}):\n    return example.a == prediction.a\n{DATA}{call}\n"
    return [code for code, _ in codes(text)]


COMPILE = ".compile(dspy.Predict('q -> a'), trainset=data)"


@pytest.mark.parametrize(
    ("parameters", "call", "wrong"),
    [
        ("example, prediction", "dspy.Evaluate(devset=data, metric=score)", False),
        ("example", "dspy.Evaluate(devset=data, metric=score)", True),
        ("example, prediction, trace", "dspy.Evaluate(devset=data, metric=score)", True),
        ("example, prediction, trace=None", "dspy.Evaluate(devset=data, metric=score)", False),
        ("*given", "dspy.Evaluate(devset=data, metric=score)", False),
        ("example, prediction, *, strict", "dspy.Evaluate(devset=data, metric=score)", True),
        ("example, prediction", f"dspy.BootstrapFewShot(metric=score){COMPILE}", True),
        ("example, prediction, trace=None", f"dspy.BootstrapFewShot(metric=score){COMPILE}", False),
        ("example, prediction, trace=None", f"dspy.GEPA(metric=score, auto='light'){COMPILE}", True),
    ],
)
def test_a_metric_that_does_not_take_what_it_is_given_is_told(
    parameters: str, call: str, wrong: bool
) -> None:
    assert ("metric-arguments" in metric(parameters, call)) == wrong


def test_gepa_refuses_such_a_metric() -> None:
    with pytest.raises(TypeError, match="must accept five arguments"):
        dspy.GEPA(metric=lambda example, prediction, trace=None: 1, auto="light")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("dspy.Evaluate(devset=data, metric=lambda x: 1)", True),
        ("dspy.Evaluate(devset=data, metric=lambda x, y: 1)", False),
        ("dspy.GEPA(metric=(lambda x, y,\n    z=None: 1), auto='light')", True),
        ("dspy.GEPA(metric=lambda *x: 1, auto='light')", False),
        ("dspy.BootstrapFewShot(metric=lambda x, y: 1)", True),
        ("dspy.BootstrapFewShot(metric=lambda x, y, *, z: 1)", True),
        ("dspy.BootstrapFewShot(metric=lambda x, y, z=None: 1)", False),
    ],
)
def test_a_metric_that_is_written_in_place_is_looked_at_too(call: str, told: bool) -> None:
    compiled = call if "Evaluate" in call else f"{call}.compile(dspy.Predict('q -> a'), trainset=data)"
    found = [code for code, _ in codes(f"{DATA}{compiled}\n")]
    assert found == ["metric-arguments"] * told


def test_swapped_arguments_are_told() -> None:
    call = "dspy.Evaluate(devset=data, metric=score)"
    assert metric("prediction, example", call) == ["metric-swapped"]
    assert metric("example, prediction", call) == []


def test_a_metric_that_asks_a_model_is_told_with_how_often() -> None:
    text = """
judge = dspy.Predict("answer -> ok: bool")
def score(example, prediction, trace=None):
    return judge(answer=prediction.a).ok
dspy.Evaluate(devset=[], metric=score)
"""
    (problem,) = read(HEAD + text).problems("app.py")
    assert (problem.code, problem.span.line) == ("metric-model-calls", 4)
    assert "asks a model once for each answer" in problem.message


def test_a_metric_that_asks_in_a_loop_is_told_without_a_number() -> None:
    text = """
judge = dspy.Predict("answer -> ok: bool")
def one(answer):
    return judge(answer=answer).ok
def score(example, prediction, trace=None):
    return all(one(it) for it in prediction.answers)
dspy.Evaluate(devset=[], metric=score)
"""
    (problem,) = read(HEAD + text).problems("app.py")
    assert "asks a model as often as its loop goes round, for each answer" in problem.message


def test_a_metric_without_words_for_gepa_is_told() -> None:
    call = "dspy.GEPA(metric=score, auto='light')" + COMPILE
    five = "gold, pred, trace=None, pred_name=None, pred_trace=None"
    assert metric(five, call) == ["metric-feedback"]
    text = f"def score({five}):\n    return dspy.Prediction(score=1, feedback='Good.')\n{DATA}{call}\n"
    assert codes(text) == []


def test_loading_a_pickle_is_told() -> None:
    assert codes("program = dspy.Predict('q -> a')\nprogram.load('x.pkl', allow_pickle=True)\n") == [
        ("load-pickle", 3)
    ]
    assert codes("program = dspy.Predict('q -> a')\nprogram.load('x.json')\n") == []
    assert codes("program = dspy.load('saved', allow_pickle=True)\n") == [("load-pickle", 2)]
    assert codes("def load(path): ...\nprogram = load('saved')\n") == []


@pytest.mark.parametrize("written", ["Low or High", "'a' if x else 'b'", "[int]", "lambda: 1"])
def test_a_type_that_dspy_cannot_read_is_told_as_that(written: str) -> None:
    text = f'x = dspy.Predict("q -> a: {written}")\n'
    (problem,) = read(HEAD + text).problems("app.py")
    assert (problem.code, "DSPy cannot read the type" in problem.message) == ("signature-syntax", True)
    with pytest.raises(ValueError, match="unhandled AST node"):
        run(text)


def test_what_stands_in_a_type_of_dspys_own_is_no_name() -> None:
    text = SIGNATURE.format(type='dspy.Code["python"]')
    assert codes(text) == []
    assert issubclass(run(text)["QA"].fields["a"].annotation, dspy.Code)
    assert codes(SIGNATURE.format(type='list["Nowhere"]')) == [("unknown-type", 6)]
    own = (
        "import typing\nclass Choice:\n    def __class_getitem__(cls, words): return typing.Literal[words]\n"
    )
    text = SIGNATURE.format(type='Choice["YES", "NO"]')
    assert codes(own + text) == []
    assert run(own + text)["QA"].fields["a"].annotation == Literal["YES", "NO"]
    assert codes(own + SIGNATURE.format(type='Choice["YES", Nowhere]')) == [("unknown-type", 9)]


def test_a_constraint_in_a_string_is_no_type() -> None:
    text = 'x = dspy.Predict("q -> a: Annotated[list[int], Field(min_length=2)]")\n'
    assert codes(text) == []
    assert run(text)["x"].signature.fields["a"].annotation == list[int]


def test_a_signature_whose_types_say_something_is_not_bare() -> None:
    bare = "class QA(dspy.Signature):\n    q: str = dspy.InputField()\n    a: {type} = dspy.OutputField()\n"
    model = "from pydantic import BaseModel\nclass Found(BaseModel):\n    name: str\n"
    assert codes(bare.format(type="list[str]")) == [("signature-bare", 2)]
    assert codes(model + bare.format(type="list[Found]")) == []


def test_instructions_beside_a_class_are_told_with_what_takes_them() -> None:
    (problem,) = read(
        HEAD + SIGNATURE.format(type="str") + "x = dspy.Predict(QA, instructions='Do.')\n"
    ).problems("app.py")
    assert problem.message.endswith("Give it `QA.with_instructions(…)`.")


def test_a_signature_that_bounds_its_fields_is_not_bare() -> None:
    bare = "class QA(dspy.Signature):\n    q: str = dspy.InputField()\n    a: int = dspy.OutputField(ge=1, le=5)\n"
    assert codes(bare) == []
    assert "greater than or equal to: 1" in str(run(bare)["QA"].fields["a"].json_schema_extra)
