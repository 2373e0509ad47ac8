"""Where a window's cursor stands."""

from dataclasses import dataclass

from lsprotocol import types

from dspy_lens.lsp.edits import on_disk
from dspy_lens.lsp.session import Session


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in our own terms: lines from 1, columns in code points."""

    path: str
    cell: int | None
    line: int
    column: int
    text: str  # of the line


async def cursor(session: Session, uri: str, position: types.Position) -> Cursor | None:
    """A position as the client counts, in our terms; None outside of the root."""
    place = session.place(uri)
    if place is None:
        return None
    path, cell = place
    known = session.documents.at(path) is not None
    text = session.text(path, cell) if known else await on_disk(session, path)
    line = text.line(position.line + 1)
    return Cursor(path, cell, position.line + 1, text.column(position), line)
