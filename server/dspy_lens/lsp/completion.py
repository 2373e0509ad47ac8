"""Completion in example files: names of fields, and the labels that their types allow."""

import asyncio

from lsprotocol import types

from dspy_lens.lsp.convert import LINE_END
from dspy_lens.lsp.session import Session
from dspy_lens.source.completing import SUFFIXES, offers
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.definition import Span
from dspy_lens.values.target import Target

TRIGGERS = ['"', ":", "{", ",", "\t", "-"]


async def completions(session: Session, path: str, position: types.Position) -> list[types.CompletionItem]:
    """What fits where the cursor is, for each target that the file serves."""
    text = session.content(path)
    if text is None or not path.endswith(SUFFIXES):
        return []
    lines = LINE_END.split(text)
    line = lines[position.line] if position.line < len(lines) else ""
    column = session.server.workspace.position_codec.position_from_client_units(lines, position).character
    before = "\n".join((*lines[: position.line], line[:column]))
    after = "\n".join((line[column:], *lines[position.line + 1 :]))
    found: dict[str, types.CompletionItem] = {}
    for target in await served(session, path):
        inputs, outputs = example_fields(target.definition)
        fields = (*inputs, *outputs)
        for it in await asyncio.to_thread(offers, path, before, after, fields, target.settings.map):
            span = Span(path, position.line + 1, position.line + 1, column - it.replaces, column)
            edit = types.TextEdit(session.text(path).exact_range(span), it.text)
            made = types.CompletionItem(
                it.label, kind=types.CompletionItemKind.Field, detail=it.detail, text_edit=edit
            )
            found.setdefault(it.label, made)
    return list(found.values())


async def served(session: Session, path: str) -> list[Target]:
    """The targets that take their examples from a file, also where it holds none yet."""
    snapshot = await session.snapshot()
    return [it for it in await snapshot.all_targets() if _serves(path, it)]


def _serves(path: str, target: Target) -> bool:
    if target.examples is not None:
        return path in target.examples.files
    return any(path == it.span.path for it in target.problems)
