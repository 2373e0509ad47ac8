"""Ways between a signature, its predictors, examples, metric and saved program, over the wire."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]

QA = '''
    import dspy


    class QA(dspy.Signature):
        """Answer in one word."""

        question: str = dspy.InputField(desc="what is asked")
        answer: str = dspy.OutputField()


    class Answering(dspy.Module):
        def __init__(self):
            self.answering = dspy.ChainOfThought(QA)

        def forward(self, question):
            return self.answering(question=question)


    judge = dspy.Predict("claim, proof -> verdict: bool")
    '''
TRAIN = """
    import json
    import dspy
    from app.qa import QA, Answering
    from app.metrics import score

    data = [dspy.Example(**json.loads(it)).with_inputs("question") for it in open("data/qa.jsonl")]
    program = Answering()
    best = dspy.BootstrapFewShot(metric=score).compile(program, trainset=data)
    best.save("optimized/qa.json")
    single = dspy.Predict(QA)
    print(single(question="Who?").answer)
"""
METRICS = "def score(example, prediction, trace=None):\n    return example.answer == prediction.answer\n"
ROWS = '{"question": "Who?", "answer": "Ada"}\n' * 3


@pytest.fixture
def home(tmp_path: Path) -> Home:
    files = {
        "app/qa.py": QA,
        "app/metrics.py": METRICS,
        "train.py": TRAIN,
        "data/qa.jsonl": ROWS,
        "optimized/qa.json": "{}",
        "dspy-lens.toml": 'model = "offline"\n\n[target."app.qa:QA"]\nmodule = "Predict"\n',
    }
    return Home.make(tmp_path, files)


async def test_a_document_lists_its_definitions_with_fields_and_predictors(window: Window) -> None:
    editor = await window()
    editor.open("app/qa.py")
    found = await editor.request(
        "textDocument/documentSymbol", {"textDocument": {"uri": editor.uri("app/qa.py")}}
    )
    assert [(it.name, it.detail, it.range.start.line + 1) for it in found] == [
        ("QA", "DSPy signature", 5),
        ("Answering", "DSPy program", 12),
        ("judge", "DSPy signature", 20),
    ]
    assert [(it.name, it.detail) for it in found[0].children] == [
        ("question", "input: str"),
        ("answer", "output: str"),
    ]
    assert [(it.name, it.detail) for it in found[1].children] == [
        ("question", "input: str"),
        ("answering.predict", "ChainOfThought: question -> answer"),
    ]
    assert [it.name for it in found[2].children] == ["claim", "proof", "verdict"]


async def test_the_root_is_searched_by_letters_of_the_name(window: Window) -> None:
    editor = await window()
    found = await editor.request("workspace/symbol", {"query": "qans"})
    assert [(it.name, it.container_name) for it in found] == [("Answering", "app.qa")]
    every = await editor.request("workspace/symbol", {"query": ""})
    assert {it.name for it in every} >= {"QA", "Answering", "judge"}
    assert list(await editor.request("workspace/symbol", {"query": "zzz"})) == []


@pytest.mark.parametrize(
    ("path", "text", "into", "leads"),
    [
        ("train.py", "single(question", 3, ("app/qa.py", 5)),
        ("train.py", "program, trainset", 2, ("app/qa.py", 12)),
        ("train.py", "best.save", 1, ("app/qa.py", 12)),
        ("train.py", "Predict(QA)", 9, ("app/qa.py", 5)),
        ("app/qa.py", "self.answering(", 8, ("app/qa.py", 5)),
        ("dspy-lens.toml", "app.qa:QA", 4, ("app/qa.py", 5)),
        ("data/qa.jsonl", "Who", 1, ("app/qa.py", 5)),
        ("data/qa.jsonl", "answer", 2, ("app/qa.py", 9)),
        ("train.py", ").answer", 3, ("app/qa.py", 9)),
        ("train.py", "single(question", 8, ("app/qa.py", 8)),
    ],
)
async def test_definitions_lead_to_the_signature_or_its_field(
    window: Window, path: str, text: str, into: int, leads: tuple[str, int]
) -> None:
    editor = await window()
    editor.open(path)
    found = await editor.places("definition", editor.at(path, text, into=into))
    assert [(it[0], it[1]) for it in found] == [leads]


@pytest.mark.parametrize(("text", "into"), [("import json", 3), ("json.loads", 6), ("print(", 1)])
async def test_what_is_none_of_ours_leads_nowhere(window: Window, text: str, into: int) -> None:
    editor = await window()
    editor.open("train.py")
    asked = editor.at("train.py", text, into=into)
    assert await editor.places("definition", asked) == []
    assert await editor.places("references", asked) == []
    assert await editor.request("textDocument/hover", asked) is None


NAMING = """
    import dspy


    # dspy-lens: examples=data/qa.jsonl,other.csv metric=app.metrics:score
    class Naming(dspy.Signature):
        \"\"\"Name it.\"\"\"

        question: str = dspy.InputField()
        answer: str = dspy.OutputField()
    """
SETTINGS = """
    [target."app.qa:QA"]
    examples = ["data/qa.jsonl"]
    metric = "app.metrics:score"
    """


@pytest.mark.parametrize(
    ("path", "text", "into", "leads"),
    [
        ("naming.py", "data/qa.jsonl", 6, ("data/qa.jsonl", 1)),
        ("naming.py", "other.csv", 2, ("other.csv", 1)),
        ("naming.py", "app.metrics:score", 13, ("app/metrics.py", 1)),
        ("dspy-lens.toml", "data/qa.jsonl", 3, ("data/qa.jsonl", 1)),
        ("dspy-lens.toml", "app.metrics:score", 3, ("app/metrics.py", 1)),
        ("train.py", "data/qa.jsonl", 3, ("data/qa.jsonl", 1)),
        ("train.py", "optimized/qa.json", 3, ("optimized/qa.json", 1)),
    ],
)
async def test_what_is_named_leads_to_the_file_or_metric(
    home: Home, window: Window, path: str, text: str, into: int, leads: tuple[str, int]
) -> None:
    home.write("naming.py", NAMING)
    home.write("other.csv", "question,answer\nWho?,Ada\n")
    home.write("dspy-lens.toml", SETTINGS)
    editor = await window()
    editor.open(path)
    found = await editor.places("definition", editor.at(path, text, into=into))
    assert [(it[0], it[1]) for it in found] == [leads]


async def test_a_string_that_names_no_file_of_ours_leads_nowhere(home: Home, window: Window) -> None:
    home.write("naming.py", 'import json\nprint(open("notes.json"), "data/none.jsonl")  # data/qa.jsonl\n')
    home.write("notes.json", "{}")
    editor = await window()
    editor.open("naming.py")
    for text in ("notes.json", "data/none.jsonl", "data/qa.jsonl"):
        assert await editor.places("definition", editor.at("naming.py", text, into=2)) == []


async def test_references_of_a_metric_are_what_it_judges_and_where_it_is_named(
    home: Home, window: Window
) -> None:
    home.write("naming.py", NAMING)
    home.write("dspy-lens.toml", SETTINGS)
    editor = await window()
    editor.open("app/metrics.py")
    found = await editor.places("references", editor.at("app/metrics.py", "score", into=2))
    assert {(it[0], it[1]) for it in found} == {
        ("app/metrics.py", 1),
        ("naming.py", 5),  # the comment
        ("naming.py", 6),
        ("dspy-lens.toml", 4),
        ("app/qa.py", 5),
        ("train.py", 9),  # compile(metric=score)
        ("app/qa.py", 12),
    }


async def test_a_saved_program_leads_to_what_it_is_of_and_its_calls(window: Window) -> None:
    editor = await window()
    editor.open("optimized/qa.json")
    asked = editor.at("optimized/qa.json", "{", into=0)
    assert [(it[0], it[1]) for it in await editor.places("definition", asked)] == [("app/qa.py", 12)]
    found = await editor.places("references", asked)
    assert {("train.py", 10), ("train.py", 9)} <= {(it[0], it[1]) for it in found}


async def test_references_of_a_program_are_all_that_belongs_to_it(window: Window) -> None:
    editor = await window()
    editor.open("app/qa.py")
    found = await editor.places("references", editor.at("app/qa.py", "class Answering", into=8))
    assert {(it[0], it[1]) for it in found} == {
        ("app/qa.py", 12),  # itself
        ("train.py", 8),  # an object of it
        ("data/qa.jsonl", 1),  # its examples
        ("app/metrics.py", 1),  # its metric
        ("train.py", 9),  # compiled
        ("train.py", 10),  # saved
        ("optimized/qa.json", 1),  # as this file
    }


async def test_references_of_a_signature_are_its_predictors_examples_and_settings(window: Window) -> None:
    editor = await window()
    editor.open("app/qa.py")
    found = await editor.places("references", editor.at("app/qa.py", "class QA", into=7))
    assert {(it[0], it[1]) for it in found} >= {
        ("app/qa.py", 5),
        ("app/qa.py", 14),
        ("train.py", 11),
        ("data/qa.jsonl", 1),
        ("dspy-lens.toml", 3),
    }


async def test_references_of_a_field_are_where_it_is_named(window: Window) -> None:
    editor = await window()
    editor.open("app/qa.py")
    found = await editor.places("references", editor.at("app/qa.py", "question: str", into=2))
    assert [(it[0], it[1], it[2]) for it in found] == [
        ("app/qa.py", 8, "question"),
        ("app/qa.py", 17, "question"),
        ("train.py", 12, "question"),
    ]


async def test_hovering_a_predictor_shows_the_signature_behind_it(window: Window) -> None:
    editor = await window()
    editor.open("train.py")
    found = await editor.request("textDocument/hover", editor.at("train.py", "single(question", into=2))
    assert "QA: question: str -> answer: str" in found.contents.value
    assert "Answer in one word." in found.contents.value
    assert "what is asked" in found.contents.value
    editor.open("app/qa.py")
    found = await editor.request("textDocument/hover", editor.at("app/qa.py", "self.answering(", into=7))
    assert "QA: question: str -> answer: str" in found.contents.value
