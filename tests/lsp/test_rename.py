"""Renaming a field over the wire: everywhere it is certain, and refused where it would break something."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]

QA = '''
    import dspy


    # dspy-lens: examples=qa.jsonl metric=app:score map=gold:confidence
    class QA(dspy.Signature):
        """Answer in one word."""

        question: str = dspy.InputField()
        answer: str = dspy.OutputField()
        confidence: float = dspy.OutputField()


    class Answering(dspy.Module):
        def __init__(self):
            self.ask = dspy.ChainOfThought(QA)

        def forward(self, question):
            answer = self.ask(question=question)
            return answer


    def score(example, prediction, trace=None):
        question = example.question
        return example["answer"] == prediction.answer and getattr(example, "answer") != question


    def main():
        program = Answering()
        found = program(question="Who?")
        print(found.answer, found["answer"], program.answer)
        "😀"; print(dspy.Predict(QA)(question="a", answer="b").answer)
        print(QA.with_updated_fields("answer", desc="x"))
    '''
ROWS = '{"question": "answer", "answer": "answer", "gold": 1, "more": {"answer": 2}}\n' * 2


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.make(tmp_path, {"app.py": QA, "qa.jsonl": ROWS, "dspy-lens.toml": 'model = "offline"\n'})


async def opened(window: Window, path: str) -> Editor:
    editor = await window()
    editor.open(path)
    return editor


async def test_an_output_is_renamed_in_source_examples_and_metric(window: Window) -> None:
    editor = await opened(window, "app.py")
    changed = await editor.renamed(editor.at("app.py", "answer: str", into=2), "reply")
    assert set(changed) == {"app.py", "qa.jsonl"}
    text = changed["app.py"]
    for wanted in (
        "    reply: str = dspy.OutputField()",
        'example["reply"] == prediction.reply and getattr(example, "reply")',
        'print(found.reply, found["reply"], program.answer)',
        '"😀"; print(dspy.Predict(QA)(question="a", reply="b").reply)',
        'QA.with_updated_fields("reply", desc="x")',
        "answer = self.ask(question=question)\n        return answer",
    ):
        assert wanted in text, wanted
    assert changed["qa.jsonl"] == ROWS.replace('"answer": "answer"', '"reply": "answer"')


async def test_a_saved_program_stays_as_it_is_and_is_named(home: Home, window: Window) -> None:
    home.write("optimized.json", "{}")
    home.write("app.py", QA + '    program.load("optimized.json")\n')
    editor = await opened(window, "app.py")
    changed = await editor.renamed(editor.at("app.py", "question: str", into=2), "query")
    assert "optimized.json" not in changed
    (said,) = [it.message for it in editor.client.messages]
    assert said.startswith("optimized.json keeps `question`: a saved program says what was optimized")


async def test_an_input_is_renamed_and_a_programs_own_parameter_is_not(window: Window) -> None:
    editor = await opened(window, "app.py")
    changed = await editor.renamed(editor.at("app.py", "question: str", into=2), "query")
    assert "self.ask(query=question)" in changed["app.py"]
    assert "def forward(self, question)" in changed["app.py"]
    assert 'program(question="Who?")' in changed["app.py"]
    assert '(query="a", answer="b")' in changed["app.py"]
    assert "question = example.query" in changed["app.py"]


async def test_a_mapped_field_is_renamed_in_its_map_and_its_column_stays(window: Window) -> None:
    editor = await opened(window, "app.py")
    changed = await editor.renamed(editor.at("app.py", "confidence: float", into=2), "sureness")
    assert set(changed) == {"app.py"}
    assert "map=gold:sureness" in changed["app.py"]


async def test_a_rename_may_begin_at_a_column_of_an_example_file(home: Home, window: Window) -> None:
    editor = await opened(window, "qa.jsonl")
    asked = editor.at("qa.jsonl", '"answer": ', into=3)
    found = await editor.request("textDocument/prepareRename", asked)
    assert (found.start.character, found.end.character) == (
        len('{"question": "answer", "'),
        len('{"question": "answer", "answer'),
    )
    changed = await editor.renamed(asked, "reply")
    assert "    reply: str = dspy.OutputField()" in changed["app.py"]


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("x.csv", "question,answer\na,answer\n", "question,reply\na,answer\n"),
        ("x.tsv", "question\tanswer\na\tb\n", "question\treply\na\tb\n"),
        ("x.yaml", "- question: a\n  answer: answer\n", "- question: a\n  reply: answer\n"),
        ("x.json", '[\n  {"question": "a", "answer": "b"}\n]\n', '[\n  {"question": "a", "reply": "b"}\n]\n'),
        (
            "x.json",
            '{"examples": [{"question": "a", "answer": {"answer": 1}}]}',
            '{"examples": [{"question": "a", "reply": {"answer": 1}}]}',
        ),
    ],
)
async def test_columns_are_renamed_in_every_format(
    home: Home, window: Window, name: str, before: str, after: str
) -> None:
    home.write(name, before)
    home.write("app.py", QA.replace("qa.jsonl", name).replace(" map=gold:confidence", ""))
    editor = await opened(window, "app.py")
    changed = await editor.renamed(editor.at("app.py", "answer: str", into=2), "reply")
    assert changed[name] == after


async def test_literals_strings_and_settings_are_renamed(home: Home, window: Window) -> None:
    home.write(
        "tell.py",
        """
        import dspy

        tell = dspy.Predict("tale: dict[str, moral], hint -> moral: str")
        EXAMPLES = [
            dspy.Example(tale="a", hint="b", moral="c").with_inputs("tale", "hint"),
            dspy.Example(**{"tale": "a", "hint": "b", "moral": "d"}).with_inputs("tale", "hint"),
        ]
        print(tell(tale="x", hint="moral").moral)
        """,
    )
    home.write(
        "dspy-lens.toml",
        '[target."tell:tell"]\nmetric = "exact:moral"\nmap = { hint = "hint" }\n'
        '[target."app:QA"]\nmetric = "f1:moral"\n',
    )
    editor = await opened(window, "tell.py")
    changed = await editor.renamed(editor.at("tell.py", ").moral", into=3), "lesson")
    assert '"tale: dict[str, moral], hint -> lesson: str"' in changed["tell.py"]
    assert 'dspy.Example(tale="a", hint="b", lesson="c")' in changed["tell.py"]
    assert '{"tale": "a", "hint": "b", "lesson": "d"}' in changed["tell.py"]
    assert 'print(tell(tale="x", hint="moral").lesson)' in changed["tell.py"]
    assert 'metric = "exact:lesson"' in changed["dspy-lens.toml"]
    assert 'metric = "f1:moral"' in changed["dspy-lens.toml"]
    changed = await editor.renamed(editor.at("tell.py", "tale: dict", into=1), "story")
    assert '.with_inputs("story", "hint")' in changed["tell.py"]
    changed = await editor.renamed(editor.at("tell.py", "hint ->", into=1), "clue")
    assert 'map = { clue = "hint" }' in changed["dspy-lens.toml"]
    assert 'hint="b"' in changed["tell.py"]


async def test_inherited_fields_are_renamed_with_those_who_inherit(home: Home, window: Window) -> None:
    home.write(
        "more.py",
        """
        import dspy
        from app import QA

        class Longer(QA):
            reason: str = dspy.OutputField()

        longer = dspy.Predict(Longer)
        print(longer(question="a").answer)
        """,
    )
    editor = await opened(window, "app.py")
    changed = await editor.renamed(editor.at("app.py", "answer: str", into=2), "reply")
    assert 'longer(question="a").reply' in changed["more.py"]


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("question", "QA has a field `question` already"),
        ("class", "can be no field's name"),
        ("two words", "can be no field's name"),
        ("_hidden", "can be no field's name"),
    ],
)
async def test_a_name_that_will_not_do_is_refused(window: Window, new: str, says: str) -> None:
    editor = await opened(window, "app.py")
    with pytest.raises(JsonRpcException, match=says):
        await editor.renamed(editor.at("app.py", "answer: str", into=2), new)


async def test_what_serves_another_signature_too_is_not_touched(home: Home, window: Window) -> None:
    home.write(
        "other.py",
        """
        import dspy

        # dspy-lens: examples=qa.jsonl
        class Other(dspy.Signature):
            question: str = dspy.InputField()
            answer: str = dspy.OutputField()
        """,
    )
    editor = await opened(window, "app.py")
    with pytest.raises(JsonRpcException, match=r"qa\.jsonl also serves other:Other"):
        await editor.renamed(editor.at("app.py", "answer: str", into=2), "reply")


@pytest.mark.parametrize(("text", "into"), [("program.answer", 10), ("answer = self", 2), ("import dspy", 8)])
async def test_what_is_no_field_for_certain_is_left_to_others(window: Window, text: str, into: int) -> None:
    editor = await opened(window, "app.py")
    asked = editor.at("app.py", text, into=into)
    assert await editor.request("textDocument/prepareRename", asked) is None
    with pytest.raises(JsonRpcException, match="no field of a signature here"):
        await editor.renamed(asked, "reply")


async def test_saved_programs_stay_and_are_told_to_fit_no_more(home: Home, window: Window) -> None:
    fields = [
        {"prefix": f"{it}:", "description": f"${{{it}}}"} for it in ("question", "answer", "confidence")
    ]
    state = {"demos": [{"question": "Who?", "answer": "Ada"}], "signature": {"fields": fields}}
    home.write("saved.json", json.dumps(state))
    home.write(
        "use.py", 'import dspy\nfrom app import QA\n\nasking = dspy.Predict(QA)\nasking.load("saved.json")\n'
    )
    editor = await window()
    changed = await editor.renamed(editor.at("app.py", "answer: str"), "reply")
    assert "saved.json" not in changed
    editor.open("app.py", changed["app.py"])
    editor.open("use.py")
    told = await editor.until(lambda: editor.client.diagnostics.get(editor.uri("use.py")))
    assert "load-mismatch" in [it.code for it in told]
