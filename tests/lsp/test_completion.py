"""Completion in an example file that a target is served by."""

from collections.abc import Awaitable, Callable

import pytest
from lsprotocol import types

from support.lens_client import Editor, Home

Window = Callable[..., Awaitable[Editor]]


async def labels(editor: Editor, path: str, line: int, column: int) -> list[str]:
    params = types.CompletionParams(
        types.TextDocumentIdentifier(editor.uri(path)), types.Position(line, column)
    )
    found = await editor.client.text_document_completion_async(params)
    return [it.label for it in found] if isinstance(found, list) else []


@pytest.mark.parametrize(
    ("path", "text", "place", "offered"),
    [
        ("one.csv", "question,answer\nIs it?,t", (1, 8), ["true"]),
        ("one.csv", "question,", (0, 9), ["answer"]),
        ("one.jsonl", "{", (0, 1), ["question", "answer"]),
        ("one.json", '[\n  {\n    "', (2, 5), ["question", "answer"]),
        ("one.yaml", "- question: a\n  an", (1, 4), ["answer"]),
    ],
)
async def test_tables_and_files_without_a_record_are_completed_too(
    home: Home, window: Window, path: str, text: str, place: tuple[int, int], offered: list[str]
) -> None:
    home.write(path, "")
    source = (home.root / "app.py").read_text("utf-8")
    home.write("app.py", source.replace("class QA", f"# dspy-lens: examples={path}\nclass QA"))
    editor = await window()
    editor.open(path, text)
    assert await labels(editor, path, *place) == offered


async def test_an_example_file_completes_fields_and_labels(home: Home, window: Window) -> None:
    rows = (home.root / "qa.jsonl").read_text("utf-8")
    editor = await window()
    editor.open("qa.jsonl", rows + '{"\U0001f600": 1, "que\n{"answer": ')
    assert await labels(editor, "qa.jsonl", 40, len('{"xx": 1, "que')) == ["question"]
    assert await labels(editor, "qa.jsonl", 41, len('{"answer": ')) == ["true", "false"]
    editor.open("app.py")
    assert await labels(editor, "app.py", 2, 0) == []
