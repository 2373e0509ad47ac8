"""Completion in JSON and JSONL example files: names of fields, and the labels that their types allow."""

from lsprotocol import types

from dspy_lens.lsp.convert import LINE_END
from dspy_lens.lsp.session import Session
from dspy_lens.source.completing import offers
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.definition import Span
from dspy_lens.values.target import Target

JSON = (".jsonl", ".ndjson", ".json")
TRIGGERS = ['"', ":", "{", ","]


async def completions(session: Session, path: str, position: types.Position) -> list[types.CompletionItem]:
    """What fits where the cursor is, for each target that the file serves."""
    text = session.content(path)
    if text is None or not path.endswith(JSON):
        return []
    lines = LINE_END.split(text)
    line = lines[position.line] if position.line < len(lines) else ""
    column = session.server.workspace.position_codec.position_from_client_units(lines, position).character
    found: dict[str, types.CompletionItem] = {}
    for target in await served(session, path):
        inputs, outputs = example_fields(target.definition)
        for it in offers(line[:column], line[column:], (*inputs, *outputs), target.settings.map):
            span = Span(path, position.line + 1, position.line + 1, column - it.replaces, column)
            edit = types.TextEdit(session.text(path).exact_range(span), it.text)
            made = types.CompletionItem(
                it.label, kind=types.CompletionItemKind.Field, detail=it.detail, text_edit=edit
            )
            found.setdefault(it.label, made)
    return list(found.values())


async def served(session: Session, path: str) -> list[Target]:
    snapshot = await session.snapshot()
    return [it for it in await snapshot.all_targets() if it.examples and path in it.examples.files]
