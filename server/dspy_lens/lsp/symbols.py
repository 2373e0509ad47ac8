"""Signatures and programs as symbols: of a document with their fields and predictors, and of the whole root."""

from collections.abc import Iterator, Sequence
from itertools import islice

from lsprotocol import types

from dspy_lens.lsp.convert import Text
from dspy_lens.lsp.edits import on_disk
from dspy_lens.lsp.session import Session
from dspy_lens.values.definition import Definition, Field, Kind, Span

KINDS = {
    Kind.CLASS: types.SymbolKind.Class,
    Kind.STRING: types.SymbolKind.String,
    Kind.PROGRAM: types.SymbolKind.Module,
}
MOST = 200


async def document_symbols(session: Session, uri: str) -> list[types.DocumentSymbol]:
    """The definitions of a document or cell, in the order of the source."""
    place = session.place(uri)
    if place is None:
        return []
    path, cell = place
    snapshot = await session.snapshot()
    text = session.text(path, cell)
    return [symbol(it, text) for it in snapshot.definitions(path) if it.span.cell == cell]


def symbol(definition: Definition, text: Text) -> types.DocumentSymbol:
    span = definition.span
    return types.DocumentSymbol(
        name=definition.qualname,
        detail=f"DSPy {definition.noun}",
        kind=KINDS[definition.kind],
        range=text.range(span),
        selection_range=text.lens_range(span) if definition.kind is not Kind.STRING else text.range(span),
        children=list(children(definition, text)),
    )


def children(definition: Definition, text: Text) -> Iterator[types.DocumentSymbol]:
    """Fields that stand in the definition itself; inherited ones stand elsewhere."""
    sides = ((definition.inputs, "input"), (definition.outputs, "output"))
    for fields, side in sides:
        for it in fields:
            where = it.span if it.span and within(it.span, definition.span) else None
            if where is not None:
                place = text.range(where)
                kind = types.SymbolKind.Field
                yield types.DocumentSymbol(it.name, kind, place, place, detail=f"{side}: {it.type}")
    place = text.lens_range(definition.span)
    for predictor in definition.predictors:
        told = f"{predictor.factory}: {shape(predictor.inputs, predictor.outputs)}"
        yield types.DocumentSymbol(predictor.name, types.SymbolKind.Method, place, place, detail=told)


def shape(inputs: tuple[Field, ...], outputs: tuple[Field, ...]) -> str:
    return f"{', '.join(it.name for it in inputs)} -> {', '.join(it.name for it in outputs)}"


def within(inner: Span, outer: Span) -> bool:
    return inner.path == outer.path and outer.line <= inner.line and inner.end_line <= outer.end_line


async def workspace_symbols(session: Session, query: str) -> list[types.WorkspaceSymbol]:
    """The definitions of the root whose name holds the letters of the query in their order."""
    snapshot = await session.snapshot()
    every, wanted = snapshot.project.all(), query.lower()
    fits = list(islice((it for it in every if holds_letters(it.name.lower(), wanted)), MOST))
    texts = await texts_of(session, [it.span for it in fits])
    return [
        types.WorkspaceSymbol(
            types.Location(session.uri(it.span.path, it.span.cell), text.lens_range(it.span)),
            it.qualname,
            KINDS[it.kind],
            container_name=it.module,
        )
        for it, text in zip(fits, texts, strict=True)
    ]


def holds_letters(name: str, query: str) -> bool:
    letters = iter(name)
    return all(it in letters for it in query if not it.isspace())


async def texts_of(session: Session, spans: Sequence[Span]) -> list[Text]:
    """The text that each span counts in; each file is read once."""
    places = dict.fromkeys((it.path, it.cell) for it in spans)
    texts = {it: await _text_of(session, *it) for it in places}
    return [texts[it.path, it.cell] for it in spans]


async def _text_of(session: Session, path: str, cell: int | None) -> Text:
    if session.documents.at(path) or cell is not None:
        return session.text(path, cell)
    return await on_disk(session, path)
