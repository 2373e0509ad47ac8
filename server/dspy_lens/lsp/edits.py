"""Our edits as LSP's, with document versions where the client keeps them apart."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from lsprotocol import types

from dspy_lens.lsp.convert import Text
from dspy_lens.lsp.session import Session
from dspy_lens.source.python.edits import TextEdit

PREVIEWED = "previewed"


async def workspace_edit(session: Session, edits: Mapping[str, Sequence[TextEdit]]) -> types.WorkspaceEdit:
    """One edit for all files, so that one undo takes it back."""
    made = {path: await edits_in(session, path, its) for path, its in edits.items()}
    if not versions_matter(session.capabilities):
        return types.WorkspaceEdit(changes={session.uri(path): its for path, its in made.items()})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(session.uri(path), version_of(session, path)),
                its,
            )
            for path, its in made.items()
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


async def edits_in(session: Session, path: str, edits: Sequence[TextEdit]) -> list[types.TextEdit]:
    text = session.text(path) if session.documents.at(path) else await on_disk(session, path)
    return [types.TextEdit(text.exact_range(it.span), it.text) for it in edits]


async def on_disk(session: Session, path: str) -> Text:
    content = await asyncio.to_thread(read, session.workspace.root / path)
    return Text(content, session.server.workspace.position_codec)


def read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def version_of(session: Session, path: str) -> int | None:
    document = session.documents.at(path)
    return document.version if document else None


def can_apply(capabilities: types.ClientCapabilities) -> bool:
    return bool(capabilities.workspace and capabilities.workspace.apply_edit)


def can_preview(capabilities: types.ClientCapabilities) -> bool:
    """Whether the user can be shown a change before it is made."""
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    return bool(edit and edit.change_annotation_support)


def versions_matter(capabilities: types.ClientCapabilities) -> bool:
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    return bool(edit and edit.document_changes)
