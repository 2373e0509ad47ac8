"""Signature strings are read as DSPy reads them, wherever a predictor is given one."""

from pathlib import Path
from typing import Any

import dspy
import pytest

from dspy_lens.source.python.strings import Malformed, StringSignature, read_string
from dspy_lens.values.definition import Kind
from support.source import as_dspy_has_it, as_read, imported, lines_of, names, one, project, read

ACCEPTED = [
    "question -> answer",
    "question,context->answer",
    "a: int | None, b:list[str] -> c: Literal['x', 'y'], d",
    "q\n, b\n   -> c: dict[str,  int]",
    "a: Optional[int], image: dspy.Image -> b: tuple[int, ...]",
    "a: int = 3 -> b",
    "a: None -> b: bool=True",
    "a, -> b,",
    "-> a",
    "a ->",
    " -> ",
    "*args -> b",
    "day: datetime.date -> größe: float",
    "a -> b: List[Dict[str, Any]]",
]
REFUSED = [
    "a",
    "a -> b -> c",
    "a -> a",
    "a b -> c",
    "a-b -> c",
    "class -> b",
    "a: str[ -> b",
    "a -> b) -> c",
    "a: Literal['->'] -> b",
    "a: int or str -> b",
    "a: list[int or str] -> b",
    "a: [int] -> b",
    "a: (int, str) -> b",
    "a: 'int' -> b",
    "a -> b: 3",
    "a -> b: ...",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_an_accepted_string_has_dspys_fields(text: str) -> None:
    made = dspy.Signature(text)
    definition = read(f"import dspy\nx = dspy.Predict({text!r})\n").all()[0]
    assert as_read(definition) == as_dspy_has_it(made)
    assert definition.literal == text
    types = ", ".join(f"{it.name}: {it.type}" for it in definition.inputs) + " -> "
    types += ", ".join(f"{it.name}: {it.type}" for it in definition.outputs)
    again = dspy.Signature(types)
    assert {k: v.annotation for k, v in again.fields.items()} == {
        k: v.annotation for k, v in made.fields.items()
    }


@pytest.mark.parametrize("text", REFUSED)
def test_what_dspy_refuses_is_a_problem_and_no_signature(text: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        dspy.Signature(text)
    assert isinstance(read_string(text), Malformed)
    found = read(f"import dspy\nx = dspy.Predict({text!r})\n")
    assert found.all() == ()
    (problem,) = found.problems("app.py")
    assert problem.code.startswith("signature-")
    assert (problem.span.line, problem.span.column) == (2, 17)


def test_types_in_a_string_keep_their_quotes() -> None:
    found = read_string("""q -> a: Literal["yes",'no']""")
    assert isinstance(found, StringSignature)
    assert found.outputs[0].type == """Literal["yes", 'no']"""


HELD = """
import dspy
from dspy import ChainOfThought as CoT, ReAct
LONG = "question -> " "answer"
SIG = dspy.Signature("q -> a", "Answer\\n  briefly.")
qa = dspy.Predict("question -> answer")
cot = CoT(
    "question, "
    "context -> answer"
)
react = ReAct(signature="q -> a: int", tools=[])
given = dspy.Predict(dspy.Signature("x -> y", instructions="Do."))
named = dspy.Predict(LONG)
pot = dspy.predict.ProgramOfThought("pot -> code")
empty = dspy.Predict(dspy.Signature("e -> f", ""))

class RAG(dspy.Module):
    held = dspy.Predict("held -> by_class")
    def __init__(self):
        self.generate = dspy.ChainOfThought("context, question -> answer")
        self.steps = [dspy.Predict("a -> b"), dspy.Predict("b -> c")]
    def forward(self, question):
        local = dspy.Predict("l -> m")
        return dspy.Predict("anonymous -> one")(anonymous=question)

def make():
    answered = dspy.Predict("first -> second")(first=1)
    return dspy.ChainOfThought("c -> d")
"""


def test_a_string_is_named_by_what_holds_its_predictor() -> None:
    assert lines_of(read(HELD)) == {
        "SIG": 5,
        "qa": 6,
        "cot": 8,
        "react": 11,
        "given": 12,
        "named": 4,
        "pot": 14,
        "empty": 15,
        "RAG": 17,
        "RAG.held": 18,
        "RAG.generate": 20,
        "RAG.steps": 21,
        "RAG.steps#2": 21,
        "RAG.forward.<locals>.local": 23,
        "string@24": 24,
        "string@27": 27,
        "string@28": 28,
    }


def test_instructions_of_strings_are_dspys() -> None:
    found = read(HELD)
    assert one(found, "SIG").instructions == "Answer\nbriefly."
    assert one(found, "given").instructions == "Do."
    assert one(found, "empty").instructions == "Given the fields `e`, produce the fields `f`."
    assert (
        one(found, "cot").instructions
        == "Given the fields `question`, `context`, produce the fields `answer`."
    )
    assert one(found, "cot").span.end_line == 9
    assert one(found, "cot").wrapper == "ChainOfThought"
    assert one(found, "SIG").wrapper is None


def test_held_signatures_match_the_running_program(tmp_path: Path) -> None:
    found = read(HELD, "lens_held.py")
    with imported({"lens_held.py": HELD}, tmp_path) as modules:
        module = modules["lens_held"]
        assert as_read(one(found, "SIG")) == as_dspy_has_it(module.SIG)
        for name in ("qa", "given", "named", "empty"):
            assert as_read(one(found, name)) == as_dspy_has_it(getattr(module, name).signature)


def test_arrows_outside_of_dspy_are_no_signatures() -> None:
    found = read(
        '''
        import dspy, torch, other
        from other import Predict, Signature
        from einops import rearrange
        x = rearrange(t, "b h w -> b (h w)")
        y = torch.einsum("ij,jk->ik", a, b)
        z = Predict("a -> b")
        s = Signature("a -> b")
        help = "a -> b"
        print("dspy.Predict('a -> b')")
        CODE = """
        import dspy
        class QA(dspy.Signature):
            q = dspy.InputField()
        qa = dspy.Predict("q -> a")
        """
        class NotOurs(Signature):
            q: str
        class Also(other.Module):
            def __init__(self): self.p = other.Predict("a -> b")
        def f(arrow: "a -> b") -> "b -> c": ...
        dspy.configure(lm=dspy.LM("x -> y"))
        '''
    )
    assert found.all() == ()
    assert found.problems("app.py") == ()


def test_constants_are_found_in_other_files() -> None:
    found = project(
        {
            "prompts.py": 'ASK = "question -> answer"\nHOW = "Be brief. " + "Be kind."\n',
            "app.py": """
                import dspy
                import prompts
                from prompts import ASK
                a = dspy.Predict(ASK)
                b = dspy.Predict(dspy.Signature(prompts.ASK, prompts.HOW))
            """,
        }
    )
    assert names(found) == ["app:a", "app:b"]
    assert one(found, "a").span.line == 5
    assert one(found, "b").instructions == "Be brief. Be kind."
    assert {it.kind for it in found.all()} == {Kind.STRING}


def test_the_users_own_predictor_classes_take_strings_too() -> None:
    found = project(
        {
            "own.py": """
                import dspy
                class Careful(dspy.ChainOfThought): pass
                class Odd(dspy.Predict):
                    def __init__(self, text): super().__init__("own -> text")
            """,
            "app.py": 'from own import Careful, Odd\nimport dspy\na = Careful("q -> a")\nb = Odd("not -> this")\n',
        }
    )
    assert "app:a" in names(found)
    assert "app:b" not in names(found)
    assert one(found, "a").wrapper is None


PROGRAMS_THAT_ASK = """
import dspy
class Retrying(dspy.Module):
    def __init__(self, signature, tries=2):
        super().__init__()
        self.inner = dspy.ChainOfThought(signature)
class Below(Retrying):
    pass
class Strategy(dspy.Module):
    def __init__(self, steps):
        super().__init__()
class Silent(dspy.Module):
    pass
a = Retrying("question -> answer: int")
b = Below(signature="text -> label")
c = Strategy("p -> w")
d = Retrying(dspy.Signature("q -> r", "Told."))
"""


def test_the_users_own_programs_that_ask_for_a_signature_take_strings_too() -> None:
    ran: dict[str, Any] = {}
    exec(PROGRAMS_THAT_ASK, ran)
    found = read(PROGRAMS_THAT_ASK)
    assert [it.qualname for it in found.all() if it.kind is Kind.STRING] == ["a", "b", "d"]
    for name in ("a", "b"):
        given = ran[name].inner.predict.signature.delete("reasoning")
        assert as_read(one(found, name)) == as_dspy_has_it(given)
        assert one(found, name).wrapper is None


def test_signatures_of_dicts_and_of_other_signatures_are_named_by_what_holds_them() -> None:
    found = read(
        """
        import dspy

        class QA(dspy.Signature):
            question = dspy.InputField()
            answer = dspy.OutputField()

        by_dict = dspy.Signature({"q": (str, dspy.InputField()), "a": (int, dspy.OutputField())})
        shorter = QA.with_instructions("Answer in one word.")
        longer = dspy.Signature("a -> b").append("c", dspy.OutputField(), list[int])
        names = []
        other = names.append("x")
        """
    )
    assert [it.qualname for it in found.all()] == ["QA", "by_dict", "shorter", "longer"]
    assert one(found, "shorter").docstring is not None
    assert [(it.name, it.type) for it in one(found, "longer").outputs] == [("b", "str"), ("c", "list[int]")]


def test_predictors_that_are_gone_from_dspy_are_known_by_what_replaced_them() -> None:
    found = read(
        """
        import dspy

        typed = dspy.TypedPredictor("question -> answer: int")
        thinking = dspy.functional.TypedChainOfThought("a -> b")
        """
    )
    wrappers = [(it.qualname, it.wrapper) for it in found.all()]
    assert wrappers == [("typed", "Predict"), ("thinking", "ChainOfThought")]


def test_a_signature_that_is_made_of_itself_is_left_open() -> None:
    found = read(
        """
        import dspy

        class Think(dspy.Module):
            def __init__(self, signature):
                super().__init__()
                signature = dspy.ensure_signature(signature)
                signature = signature.append("why", dspy.OutputField())
                self.predict = dspy.Predict(signature)

        loop = dspy.Signature(loop)
        loop = loop.with_instructions("Again.")
        p = dspy.Predict(loop)
        """
    )
    assert [it.qualname for it in found.all()] == ["Think"]


def test_a_signature_given_by_name_to_a_program_that_asks_for_one_is_like_one_given_there() -> None:
    found = read(
        """
        import dspy
        SIG = "question -> answer"
        OTHER = "no arrow"
        class QA(dspy.Signature):
            q: str = dspy.InputField()
            a: str = dspy.OutputField()
        class Own(dspy.Module):
            def __init__(self, signature):
                super().__init__()
                self.predict = dspy.Predict(signature)
        one = Own(SIG)
        two = Own(signature="x -> y")
        three = Own(QA)
        four = Own(OTHER)
        """
    )
    assert lines_of(found) == {"one": 3, "QA": 5, "Own": 8, "two": 13}
    assert one(found, "one").literal == "question -> answer"


def test_a_function_that_is_handed_the_library_makes_its_predictors_of_it() -> None:
    found = read("""
        def answer(question, *, dspy: Any):
            asked = "question -> answer"
            return dspy.Predict(asked)(question=question), dspy.ChainOfThought("a -> b")

        def other(numpy):
            return numpy.Predict("x -> y")
    """)
    assert [(it.inputs[0].name, it.outputs[0].name) for it in found.all()] == [
        ("question", "answer"),
        ("a", "b"),
    ]
