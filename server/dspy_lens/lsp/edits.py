"""Our edits as LSP's, with document versions where the client keeps them apart."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from lsprotocol import types

from dspy_lens.lsp.convert import Text
from dspy_lens.lsp.notebooks import Notebook
from dspy_lens.lsp.session import Session
from dspy_lens.source.python import NOTEBOOK, decoded
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.source.python.notebooks import with_edits
from dspy_lens.values.definition import Span

PREVIEWED = "previewed"
Edited = tuple[str, int | None, list[types.TextEdit]]
"""A document's URI, the version that an editor has of it, and its edits."""


async def workspace_edit(session: Session, edits: Mapping[str, Sequence[TextEdit]]) -> types.WorkspaceEdit:
    """One edit for all files, so that one undo takes it back."""
    made = [it for path, its in edits.items() for it in await edits_in(session, path, its)]
    if not versions_matter(session.capabilities):
        return types.WorkspaceEdit(changes={uri: its for uri, _, its in made})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri, version), its)
            for uri, version, its in made
        ]
    )


async def previewed_edit(
    session: Session, edits: Mapping[str, Sequence[TextEdit]], label: str
) -> types.WorkspaceEdit:
    """The same, shown to the user before it is made where the client can do that."""
    change = await workspace_edit(session, edits)
    if change.document_changes is None or not can_preview(session.capabilities):
        return change
    for it in change.document_changes:
        if isinstance(it, types.TextDocumentEdit):
            it.edits = [annotated(edit) for edit in it.edits if isinstance(edit, types.TextEdit)]
    change.change_annotations = {PREVIEWED: types.ChangeAnnotation(label, True)}
    return change


def annotated(edit: types.TextEdit) -> types.AnnotatedTextEdit:
    return types.AnnotatedTextEdit(annotation_id=PREVIEWED, range=edit.range, new_text=edit.new_text)


async def edits_in(session: Session, path: str, edits: Sequence[TextEdit]) -> list[Edited]:
    """The edits of one file: those of an open notebook by cell, those of a closed one as edits of its JSON."""
    if not path.endswith(NOTEBOOK):
        text = session.text(path) if session.documents.at(path) else await on_disk(session, path)
        document = session.documents.at(path)
        return [_edited(session.uri(path), document.version if document else None, text, edits)]
    if isinstance(session.documents.at(path), Notebook):
        by_cell: dict[int | None, list[TextEdit]] = {}
        for it in edits:
            by_cell.setdefault(it.span.cell, []).append(it)
        return [_in_cell(session, path, cell, its) for cell, its in by_cell.items()]
    content = await asyncio.to_thread(read, session.workspace.root / path) or ""
    whole = with_edits(content, [(it.span, it.text) for it in edits])
    lines = content.count("\n") + 1
    everything = Span(path, 1, lines, 0, len(content.rpartition("\n")[2]))
    text = Text(content, session.server.workspace.position_codec)
    return [_edited(session.uri(path), None, text, [TextEdit(everything, whole)])]


def _in_cell(session: Session, path: str, cell: int | None, edits: Sequence[TextEdit]) -> Edited:
    inside = session.cell(path, cell)
    version = inside.version if inside else None
    return _edited(session.uri(path, cell), version, session.text(path, cell), edits)


def _edited(uri: str, version: int | None, text: Text, edits: Sequence[TextEdit]) -> Edited:
    return uri, version, [types.TextEdit(text.exact_range(it.span), it.text) for it in edits]


async def on_disk(session: Session, path: str) -> Text:
    content = await asyncio.to_thread(read, session.workspace.root / path)
    return Text(content, session.server.workspace.position_codec)


def read(path: Path) -> str | None:
    try:
        return decoded(path.read_bytes())
    except OSError:
        return None


def can_apply(capabilities: types.ClientCapabilities) -> bool:
    return bool(capabilities.workspace and capabilities.workspace.apply_edit)


def can_preview(capabilities: types.ClientCapabilities) -> bool:
    """Whether the user can be shown a change before it is made."""
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    return bool(edit and edit.change_annotation_support)


def versions_matter(capabilities: types.ClientCapabilities) -> bool:
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    return bool(edit and edit.document_changes)
