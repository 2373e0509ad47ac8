"""Quick fixes in an editor, and the page that a diagnostic leads to."""

from collections.abc import Awaitable, Callable

from lsprotocol import types

from support.lens_client import Editor, Home
from support.pythons import make_python

Window = Callable[..., Awaitable[Editor]]
WRONG = """
    import dspy

    judge = dspy.Predict("answer -> ok: bool", "Be strict.")
    """


async def actions(editor: Editor, path: str, line: int) -> list[types.CodeAction]:
    """The fixes that the light bulb of a line offers."""
    place = types.Position(line - 1, 0)
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(editor.uri(path)),
        types.Range(place, place),
        types.CodeActionContext([], only=[types.CodeActionKind.QuickFix]),
    )
    found = await editor.client.text_document_code_action_async(params)
    return [it for it in found or () if isinstance(it, types.CodeAction)]


async def test_a_line_with_a_problem_offers_its_fix(home: Home, window: Window) -> None:
    home.write("judge.py", WRONG)
    editor = await window()
    editor.open("judge.py")
    (action,) = await actions(editor, "judge.py", 4)
    assert action.kind == types.CodeActionKind.QuickFix
    assert action.edit is not None
    (change,) = action.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    texts = [it.new_text for it in change.edits if isinstance(it, types.TextEdit)]
    assert texts == ['dspy.Signature("answer -> ok: bool", "Be strict.")', ""]
    assert await actions(editor, "judge.py", 2) == []


async def test_a_diagnostic_leads_to_its_page_and_can_be_switched_off(home: Home, window: Window) -> None:
    home.write("judge.py", WRONG)
    editor = await window()
    editor.open("judge.py")
    (told,) = await editor.until(lambda: editor.client.diagnostics.get(editor.uri("judge.py")))
    assert told.code == "predict-instructions"
    assert told.code_description.href.endswith("/predict-instructions.md")
    home.write("dspy-lens.toml", 'model = "offline"\nproblems = { predict-instructions = false }\n')
    await editor.until(lambda: not editor.client.diagnostics.get(editor.uri("judge.py")))
    assert await actions(editor, "judge.py", 4) == []


async def test_a_package_that_is_missing_is_offered_as_a_command_to_type(home: Home, window: Window) -> None:
    make_python(home.root / ".venv", dspy="3.4.1", pydantic="2.11")
    home.write("dspy-lens.toml", 'optimizer = "miprov2"\n')
    editor = await window(trusted=True)
    editor.open("dspy-lens.toml")
    await editor.until(lambda: editor.client.diagnostics.get(editor.uri("dspy-lens.toml")))
    (action,) = await actions(editor, "dspy-lens.toml", 1)
    assert action.edit is None
    assert action.command is not None
    assert action.command.command == "dspyLens.install"
