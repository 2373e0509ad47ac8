"""Programs: predictors named and shaped as a running program has them."""

from pathlib import Path

import pytest

from dspy_lens.values.definition import Definition, Kind
from support.source import imported, names, one, project, read

HEAD = """
import dspy
from dspy import Module, Predict
class QA(dspy.Signature):
    '''Answer.'''
    q: str = dspy.InputField()
    a: str = dspy.OutputField()
def reward(args, prediction): return 1.0
def tool(x: int) -> int: return x
shared = dspy.Predict("shared -> by_all")
"""

PROGRAMS = {
    "every predictor of DSPy": """
        class P(dspy.Module):
            def __init__(self):
                super().__init__()
                self.plain = dspy.Predict(QA)
                self.cot = dspy.ChainOfThought("x -> y: int")
                self.react = dspy.ReAct(QA, tools=[tool])
                self.pot = dspy.ProgramOfThought(QA)
                self.act = dspy.CodeAct(QA, tools=[tool])
                self.compare = dspy.MultiChainComparison(QA, M=2)
                self.rlm = dspy.RLM("x -> y")
                self.best = dspy.BestOfN(dspy.ChainOfThought(QA), 2, reward, 1.0)
                self.refine = dspy.Refine(module=dspy.Predict(QA), N=2, reward_fn=reward, threshold=1.0)
    """,
    "containers": """
        class P(Module):
            def __init__(self, n=2):
                self.list = [Predict("a -> b"), dspy.ChainOfThought("b -> c")]
                self.tuple = (Predict("a -> b"), 3)
                self.dict = {"k": Predict("a -> b"), 3: dspy.ChainOfThought("b -> c")}
                self.hops = [dspy.ChainOfThought("a -> b") for _ in range(2)]
                self.deep = [[Predict("a -> b")]]
                self.unused = {Predict("a -> b")}
    """,
    "assignments": """
        class P(Module):
            at_class = Predict("ignored -> here")
            def __init__(self):
                self.late = Predict("first -> value")
                self.a = self.b = Predict("a -> b")
                self.c, self.d = Predict("c -> d"), Predict(QA)
                self.e: Predict = Predict("e -> f")
                if True:
                    self.inside = Predict("i -> j")
                self.late = Predict("second -> value")
                variable = Predict("v -> w")
                self.v1 = variable
                self.v2 = variable
                self.shared = shared
                self.again = shared
                self.helper()
                self.number = 3
            def helper(self):
                self.helped = Predict("h -> i")
            def forward(self, q):
                self.not_yet = Predict("n -> yes")
    """,
    "programs in programs": """
        class Inner(Module):
            def __init__(self, signature, extra="x -> y"):
                self.p = Predict(signature)
                self.q = dspy.ChainOfThought(extra)
        class P(Module):
            def __init__(self):
                self.one = Inner(QA)
                self.two = Inner("s -> t", extra="u -> v")
                self.both = [Inner(QA), Inner("m -> n", "o -> p")]
                self.around = dspy.BestOfN(Inner(QA, "g -> h"), 2, reward, 1.0)
    """,
    "inheritance": """
        class Base(Module):
            def __init__(self):
                self.base = Predict("base -> text")
                self.both = Predict("of -> base")
        class Middle(Base): pass
        class P(Middle):
            def __init__(self):
                self.first = Predict("first -> first_text")
                super().__init__()
                self.both = Predict("of -> sub")
    """,
    "no init of its own": """
        class Base(Module):
            def __init__(self):
                self.base = Predict("base -> text")
        class P(Base):
            def forward(self, x): return self.base(base=x)
    """,
    "derived from predictors": """
        class Mine(dspy.ChainOfThought):
            def __init__(self):
                super().__init__("m -> n")
                self.extra = Predict("e -> f")
        class Own(Predict): pass
        class P(Module):
            def __init__(self):
                self.mine = Mine()
                self.own = Own("o -> p")
    """,
    "a predictor by itself": """
        class P(dspy.Predict):
            def __init__(self):
                super().__init__(QA)
                self.extra = Predict("e -> f")
    """,
    "signatures made of others": """
        class P(Module):
            def __init__(self):
                self.a = Predict(QA.with_instructions("Other."))
                self.b = Predict(QA.append("more", dspy.OutputField(desc="d")).prepend("first", dspy.InputField()))
                self.c = Predict(QA.delete("q"))
                self.d = Predict(dspy.Signature("x -> y", "Text.").append_instructions("And more."))
    """,
}


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=list(PROGRAMS))
def test_predictors_are_named_and_shaped_as_in_the_running_program(source: str, tmp_path: Path) -> None:
    files = {"lens_program.py": HEAD + "\n".join(it[8:] for it in source.split("\n"))}
    definition = one(project(files), "P")
    with imported(files, tmp_path) as modules:
        program = modules["lens_program"].P()
        assert [it.name for it in definition.predictors] == [name for name, _ in program.named_predictors()]
        for read_as, (name, made) in zip(definition.predictors, program.named_predictors(), strict=True):
            if read_as.factory in ("Predict", "ChainOfThought"):
                outputs = [
                    it
                    for it in made.signature.output_fields
                    if it != "reasoning" or not name.endswith("predict")
                ]
                assert [it.name for it in read_as.inputs] == list(made.signature.input_fields), name
                assert [it.name for it in read_as.outputs] == outputs, name
                assert read_as.instructions == made.signature.instructions, name


def test_inputs_are_the_parameters_of_forward() -> None:
    found = read(
        """
        import dspy
        class P(dspy.Module):
            def forward(self, question: str, k: int=3, *rest, deep: dict[str,int] = None, flag, **kwargs): ...
        class Q(P): pass
        class A(dspy.Module):
            async def aforward(self, text): ...
        class N(dspy.Module):
            pass
        """
    )
    inputs = [(it.name, it.type, it.required) for it in one(found, "P").inputs]
    assert inputs == [
        ("question", "str", True),
        ("k", "int", False),
        ("deep", "dict[str, int]", False),
        ("flag", "str", True),
    ]
    assert [it.name for it in one(found, "Q").inputs] == ["question", "k", "deep", "flag"]
    assert [it.name for it in one(found, "A").inputs] == ["text"]
    assert one(found, "N").inputs == one(found, "N").outputs == ()
    assert {it.kind for it in found.all()} == {Kind.PROGRAM}


FILES = {
    "app/sigs.py": '''
        import dspy
        class QA(dspy.Signature):
            """Answer."""
            q = dspy.InputField()
            a = dspy.OutputField()
        class Twice(QA): pass
        class Unused(QA): pass
        NAMED = dspy.Signature("x -> y")
    ''',
    "app/rag.py": """
        import dspy
        from app.sigs import QA, Twice, NAMED
        from . import sigs
        class RAG(dspy.Module):
            def __init__(self):
                self.answer = dspy.ChainOfThought(QA)
                self.text = dspy.Predict("t -> u")
                self.named = dspy.Predict(NAMED)
                self.twice = dspy.Predict(sigs.Twice)
    """,
    "app/more.py": """
        from app.sigs import QA, Twice
        from dspy import ChainOfThought
        a = ChainOfThought(QA)
        b = ChainOfThought(Twice)
    """,
}


def test_predictors_name_the_signatures_behind_them_across_files() -> None:
    behind = {it.name: it.signature for it in one(project(FILES), "RAG").predictors}
    assert behind == {
        "answer.predict": "app.sigs:QA",
        "text": "app.rag:RAG.text",
        "named": "app.sigs:NAMED",
        "twice": "app.sigs:Twice",
    }


def test_the_wrapper_is_the_one_predictor_that_wraps_a_signature_anywhere() -> None:
    found = project(FILES)
    assert one(found, "QA").wrapper == "ChainOfThought"
    assert one(found, "NAMED").wrapper == "Predict"
    assert one(found, "Twice").wrapper is None
    assert one(found, "Unused").wrapper is None


def test_a_program_that_cannot_be_followed_is_still_a_program() -> None:
    found = read(
        """
        import dspy
        class P(dspy.Module):
            def __init__(self, signature, module, n):
                self.a = dspy.Predict(signature)
                self.b = module
                self.c = [dspy.Predict(make()) for _ in range(n)]
                self.d = unknown(dspy)
                self.e = P(signature, module, n)
        """
    )
    definition: Definition = one(found, "P")
    assert [it.name for it in definition.predictors][:2] == ["a", "c[0]"]
    assert definition.predictors[0].inputs == ()
    assert names(found) == ["app:P"]
