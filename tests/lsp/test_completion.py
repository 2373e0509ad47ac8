"""Completion in an example file that a target is served by."""

from collections.abc import Awaitable, Callable

from lsprotocol import types

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]


async def labels(editor: Editor, path: str, line: int, column: int) -> list[str]:
    params = types.CompletionParams(
        types.TextDocumentIdentifier(editor.uri(path)), types.Position(line, column)
    )
    found = await editor.client.text_document_completion_async(params)
    return [it.label for it in found] if isinstance(found, list) else []


async def test_an_example_file_completes_fields_and_labels(home: Home, window: Window) -> None:
    rows = (home.root / "qa.jsonl").read_text("utf-8")
    editor = await window()
    editor.open("qa.jsonl", rows + '{"\U0001f600": 1, "que\n{"answer": ')
    assert await labels(editor, "qa.jsonl", 40, len('{"xx": 1, "que')) == ["question"]
    assert await labels(editor, "qa.jsonl", 41, len('{"answer": ')) == ["True", "False"]
    editor.open("app.py")
    assert await labels(editor, "app.py", 2, 0) == []
