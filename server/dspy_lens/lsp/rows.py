"""Example files in an editor: marks at records, answers on hover, lenses at the top."""

import asyncio
from bisect import bisect_right

from lsprotocol import types

from dspy_lens.lsp.documents import Document
from dspy_lens.lsp.row_texts import behind, hover, lenses_of, sign
from dspy_lens.lsp.session import Session
from dspy_lens.source.examples import parse_examples
from dspy_lens.values.definition import Span
from dspy_lens.values.examples import Row
from dspy_lens.workspace.marks import Marks, Served
from dspy_lens_worker.messages import HeldOut

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
        """Marks and answers of the records that were held out, within the lines that are wanted."""
        served = [it for it in await self._served(path) if it.best]
        lines = range(wanted.start.line + 1, wanted.end.line + 2)
        return [
            hint
            for row in (await self._rows(path) if served else ())
            if row.line in lines
            for one in served
            if (answer := one.mark(row)) is not None
            for hint in self._hints(path, row, one, answer, len(served) > 1)
        ][:MOST_HINTS]

    def _hints(
        self, path: str, row: Row, served: Served, answer: HeldOut, several: bool
    ) -> tuple[types.InlayHint, types.InlayHint]:
        """The mark before a record, where it is seen however long the line is, and the answer behind it."""
        text, tip = self._session.text(path), markdown(hover([(served, answer, served.unoptimized(row))]))
        said = behind(answer, served.target if several else None)
        return (
            types.InlayHint(text.position(row.line, 0), sign(answer.score), tooltip=tip, padding_right=True),
            types.InlayHint(text.position(row.line, END), said, tooltip=tip, padding_left=True),
        )

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
