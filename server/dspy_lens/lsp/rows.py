"""Example files in an editor: marks at records, answers on hover, lenses at the top."""

import asyncio
from bisect import bisect_right

from lsprotocol import types

from dspy_lens.lsp.documents import Document
from dspy_lens.lsp.row_texts import hover, lenses_of, mark
from dspy_lens.lsp.session import Session
from dspy_lens.source.examples import parse_examples
from dspy_lens.values.definition import Span
from dspy_lens.values.examples import Row
from dspy_lens.workspace.marks import Marks, Served

END = 1 << 30  # a column beyond every line's end
MOST_HINTS = 5000


class Rows:
    """What one window shows in its example files. A text is read once, and again when it changes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._marks = Marks(session.workspace)
        self._read: dict[str, tuple[str, tuple[Row, ...]]] = {}

    async def lenses(self, path: str) -> list[types.CodeLens]:
        served = await self._served(path)
        where = self._session.text(path).lens_range(Span(path, 1, 1))
        return [
            types.CodeLens(where, types.Command(it.title, it.command, arguments=[it.argument]))
            for one in served
            for it in lenses_of(one)
        ]

    async def hints(self, path: str, wanted: types.Range) -> list[types.InlayHint]:
        """A mark at the end of each record that was held out, within the lines that are wanted."""
        served = [it for it in await self._served(path) if it.best]
        if not served:
            return []
        text = self._session.text(path)
        lines = range(wanted.start.line + 1, wanted.end.line + 2)
        found = []
        for row in await self._rows(path):
            marks = [(it, answer) for it in served if row.line in lines and (answer := it.mark(row))]
            for one, answer in marks:
                title = mark(answer, one.target if len(served) > 1 else None)
                tip = hover([(one, answer, one.unoptimized(row))])
                found.append(
                    types.InlayHint(
                        text.position(row.line, END), title, tooltip=markdown(tip), padding_left=True
                    )
                )
        return found[:MOST_HINTS]

    async def hover(self, path: str, line: int) -> types.Hover | None:
        """The answers to the record at a line that counts from 1."""
        served = [it for it in await self._served(path) if it.best]
        rows = await self._rows(path) if served else ()
        at = bisect_right([it.line for it in rows], line) - 1
        if at < 0:
            return None
        known = [(it, answer, it.unoptimized(rows[at])) for it in served if (answer := it.mark(rows[at]))]
        return types.Hover(markdown(hover(known))) if known else None

    async def _served(self, path: str) -> tuple[Served, ...]:
        return await self._marks.of(await self._session.snapshot(), path)

    async def _rows(self, path: str) -> tuple[Row, ...]:
        """The records as the window shows them, saved or not."""
        document = self._session.documents.at(path)
        if document is None:
            return ()
        known = self._read.get(path)
        if known is None or known[0] is not document.text:
            known = (document.text, await asyncio.to_thread(rows_of, document))
            self._read[path] = known
        return known[1]


def rows_of(document: Document) -> tuple[Row, ...]:
    return parse_examples(document.path, document.text).rows


def markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)
