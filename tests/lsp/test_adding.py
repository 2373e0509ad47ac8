"""*Add example from this call*: what a literal call becomes in the example file of its target."""

import json
from collections.abc import Awaitable, Callable

from lsprotocol import types

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]
CALLING = """
    import dspy

    from app import QA

    answer = dspy.Predict(QA)


    class Tool(dspy.Module):
        def __init__(self):
            self.step = dspy.Predict("text -> summary")

        def forward(self, text):
            return self.step(text=text)


    print(answer(question="Is 41 prime?"))
    print(Tool()(text="Long."))
    print(answer(question=input()))
    print(answer(other="x"))
    """

SUM = '''
    import dspy


    class Sum(dspy.Signature):
        """Sum up."""

        text: str = dspy.InputField()
        summary: str = dspy.OutputField()
    '''


async def using(home: Home, window: Window, text: str) -> Editor:
    """A window in which this text is open as `use.py`."""
    home.write("use.py", text)
    editor = await window()
    editor.open("use.py")
    return editor


async def offered(editor: Editor, line: int, wanted: str = "example") -> list[types.CodeAction]:
    place = types.Position(line - 1, 8)
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(editor.uri("use.py")),
        types.Range(place, place),
        types.CodeActionContext([]),
    )
    found = await editor.client.text_document_code_action_async(params)
    return [it for it in found or () if isinstance(it, types.CodeAction) and wanted in it.title]


def added(action: types.CodeAction) -> str:
    """The text that an action puts into a file."""
    changes = action.edit.document_changes if action.edit else None
    (change,) = [it for it in changes or () if isinstance(it, types.TextDocumentEdit)]
    (edit,) = change.edits
    assert isinstance(edit, types.TextEdit)
    return edit.new_text


async def test_a_literal_call_becomes_a_record_behind_the_others(home: Home, window: Window) -> None:
    editor = await using(home, window, CALLING)
    (action,) = await offered(editor, 17)
    assert action.title == "Add example from this call to qa.jsonl"
    assert json.loads(added(action)) == {"question": "Is 41 prime?", "answer": None}


async def test_the_first_example_of_a_program_makes_its_file(home: Home, window: Window) -> None:
    editor = await using(home, window, CALLING)
    (action,) = await offered(editor, 18)
    assert action.title == "Add example from this call to evals/tool.jsonl"
    assert json.loads(added(action)) == {"text": "Long.", "summary": None}
    assert action.edit is not None
    assert isinstance((action.edit.document_changes or ())[0], types.CreateFile)


async def test_other_calls_are_no_examples(home: Home, window: Window) -> None:
    editor = await using(home, window, CALLING)
    assert await offered(editor, 19) == []
    assert await offered(editor, 20) == []
    assert await offered(editor, 6) == []


async def test_a_target_without_a_metric_is_offered_those_that_fit(home: Home, window: Window) -> None:
    editor = await using(home, window, SUM)
    found = await offered(editor, 5, "metric")
    assert [it.title for it in found] == [
        "Use the metric f1:summary",
        "Use the metric normalized:summary",
        "Use the metric judge:summary",
    ]
    assert added(found[0]) == "# dspy-lens: metric=f1:summary\n"
