"""Renaming a field, from wherever it is named: the source, a metric, a column of an example file."""

import asyncio
from collections.abc import Sequence

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dspy_lens.lsp.cursor import Cursor, cursor
from dspy_lens.lsp.edits import read, workspace_edit
from dspy_lens.lsp.session import Session
from dspy_lens.source.examples.columns import column_places
from dspy_lens.source.python import PYTHON
from dspy_lens.source.python.occurrences import Occurrences
from dspy_lens.source.renaming import NotRenamed, Renamed, field_at, fields, holds, rename
from dspy_lens.values.definition import Kind, Span
from dspy_lens.values.target import Target
from dspy_lens.workspace import Snapshot
from dspy_lens.workspace.marks import is_example_file
from dspy_lens.workspace.pointing import saved_files

REQUEST_FAILED = -32803
NOTHING = "There is no field of a signature here that is known for certain. Rename it where it is declared."

KEPT = (
    "{} keeps `{}`: a saved program says what was optimized, and its score holds for that only. "
    "Optimize and save it again."
)


async def prepare(session: Session, uri: str, position: types.Position) -> types.Range | None:
    """The name that would be renamed; None where there is no field."""
    at = await cursor(session, uri, position)
    found = await field_there(session, await session.snapshot(), at) if at else None
    if at is None or found is None:
        return None
    place = found.at(at.line, at.column, at.path, at.cell) or await column_at(session, at, found.name)
    text = session.text(at.path, at.cell)
    return text.exact_range(place) if place else None


async def renamed(session: Session, uri: str, position: types.Position, new: str) -> types.WorkspaceEdit:
    """The edits; an answer with a sentence where the field is not renamed."""
    snapshot = await session.snapshot()
    at = await cursor(session, uri, position)
    found = await field_there(session, snapshot, at) if at else None
    if found is None:
        raise JsonRpcException(NOTHING, REQUEST_FAILED)
    targets = await snapshot.all_targets()
    settings = sorted({span.path for _, span in snapshot.settings_targets})
    texts = Texts(session)
    try:
        edits = await asyncio.to_thread(rename, snapshot.project, targets, found, new, texts, settings)
    except NotRenamed as refused:
        raise JsonRpcException(str(refused), REQUEST_FAILED) from None
    if kept := await asyncio.to_thread(saved_before, snapshot, targets, found):
        session.say(KEPT.format(" and ".join(kept), found.name))
    return await workspace_edit(session, edits)


def saved_before(snapshot: Snapshot, targets: Sequence[Target], found: Renamed) -> tuple[str, ...]:
    """The saved programs that hold a field under the name that it had."""
    family = Occurrences(snapshot.project).family(found.definition, found.name)
    names = {it.name for it in family} | {
        it.name for one in family for it in snapshot.project.programs_of(one.name)
    }
    return tuple(dict.fromkeys(saved_files(snapshot, [it for it in targets if it.name in names])))


class Texts:
    """The texts of files as a window has them, else as the disk has them."""

    def __init__(self, session: Session) -> None:
        self._root = session.workspace.root
        self._open = {it.path: it.text for it in session.documents}

    def __call__(self, path: str) -> str | None:
        return self._open[path] if path in self._open else read(self._root / path)


async def field_there(session: Session, snapshot: Snapshot, at: Cursor) -> Renamed | None:
    """The field that is named at a place, in the source or as a column of an example file."""
    if at.path.endswith(PYTHON):
        return await asyncio.to_thread(field_at, snapshot.project, at.path, at.cell, at.line, at.column)
    return await column_field(session, snapshot, at) if is_example_file(at.path) else None


async def column_field(session: Session, snapshot: Snapshot, at: Cursor) -> Renamed | None:
    """The field that a column gives, when the column has its name."""
    for target in await snapshot.all_targets():
        if target.examples is None or at.path not in target.examples.files:
            continue
        if target.definition.kind is Kind.PROGRAM:
            continue
        for name, _ in fields(target.definition):
            if name not in target.settings.map and await column_at(session, at, name) is not None:
                looked = Occurrences(snapshot.project)
                places = await asyncio.to_thread(looked.of_field, target.definition, name)
                return Renamed(target.definition, name, places)
    return None


async def column_at(session: Session, at: Cursor, name: str) -> Span | None:
    if name not in at.text or not is_example_file(at.path):
        return None
    text = Texts(session)(at.path) or ""
    places = await asyncio.to_thread(column_places, at.path, text, name)
    return next((it for it in places if holds(it, at.line, at.column, at.path, at.cell)), None)
