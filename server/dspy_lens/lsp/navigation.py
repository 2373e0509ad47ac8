"""Ways between a signature, its predictors, examples, metric, calls and saved programs."""

import asyncio
from collections.abc import Sequence

from lsprotocol import types

from dspy_lens.lsp.cursor import Cursor, cursor
from dspy_lens.lsp.renaming import field_there
from dspy_lens.lsp.session import Session
from dspy_lens.lsp.symbols import texts_of
from dspy_lens.source.python.occurrences import Occurrences
from dspy_lens.values.definition import Definition, Span
from dspy_lens.values.target import Target
from dspy_lens.workspace import Snapshot
from dspy_lens.workspace.marks import is_example_file
from dspy_lens.workspace.pointing import example_files, may_point, pointed_at, saved_files, uses_of_metric
from dspy_lens.workspace.relations import related, target_named_in


async def definition(session: Session, uri: str, position: types.Position) -> list[types.Location]:
    """Where the field at a place is declared, else the signature or program that stands behind it."""
    snapshot = await session.snapshot()
    at = await cursor(session, uri, position)
    if at is None:
        return []
    found = await field_there(session, snapshot, at)
    if found is not None and found.places:
        return await locations(session, found.places[:1])
    if (named := await named_there(snapshot, at)) is not None:
        return await locations(session, [named])
    target = await target_at(snapshot, at)
    return await locations(session, [target.definition.span] if target is not None else [])


async def named_there(snapshot: Snapshot, at: Cursor) -> Span | None:
    """The file or function that a comment, the settings or a string names at a place."""
    if is_example_file(at.path) or snapshot.find(target_named_in(at.text, at.column) or ""):
        return None
    if not may_point(at.path, at.text, at.column):
        return None
    targets = await snapshot.all_targets()
    return await asyncio.to_thread(pointed_at, snapshot, targets, at.path, at.text, at.column)


async def references(session: Session, uri: str, position: types.Position) -> list[types.Location]:
    """Every place that names the field, or all that belongs to the signature or program."""
    snapshot = await session.snapshot()
    at = await cursor(session, uri, position)
    if at is None:
        return []
    found = await field_there(session, snapshot, at)
    if found is not None:
        return await locations(session, found.places)
    flat = snapshot.project.flat(Span(at.path, at.line, at.line, at.column, at.column, at.cell))
    every = await snapshot.all_targets()
    if judging := await asyncio.to_thread(uses_of_metric, snapshot, every, at.path, flat.line):
        return await locations(session, judging)
    target = await target_at(snapshot, at)
    if target is None:
        return []
    places = await asyncio.to_thread(related, snapshot, target, Occurrences(snapshot.project))
    return await locations(session, [it.span for it in places])


async def target_at(snapshot: Snapshot, at: Cursor) -> Target | None:
    """The target that a place of the source, of a settings file or of an example file speaks of."""
    if at.path.endswith(".toml"):
        name = target_named_in(at.text, at.column)
        found = snapshot.find(name) if name else None
        return await snapshot.target(found.name) if isinstance(found, Definition) else None
    if is_example_file(at.path):
        every = await snapshot.all_targets()
        served = (it for it in every if at.path in example_files([it]))
        kept = (it for it in every if at.path in saved_files(snapshot, [it]))
        return next(served, None) or next(kept, None)
    own = [it for it in await snapshot.targets(at.path) if starts_at(it.definition.span, at.cell, at.line)]
    if own:
        return own[0]
    place = snapshot.project.flat(Span(at.path, at.line, at.line, at.column, at.column, at.cell))
    look = Occurrences(snapshot.project).definition_at
    named = await asyncio.to_thread(look, at.path, place.line, at.column)
    return await snapshot.target(named) if named else None


def starts_at(span: Span, cell: int | None, line: int) -> bool:
    return (span.cell, span.line) == (cell, line)


async def locations(session: Session, spans: Sequence[Span]) -> list[types.Location]:
    texts = await texts_of(session, spans)
    return [
        types.Location(session.uri(it.path, it.cell), text.range(it))
        for it, text in zip(spans, texts, strict=True)
    ]
