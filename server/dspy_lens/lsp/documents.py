"""A window's open documents: their texts, and what they declare once somebody asks."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from dspy_lens.source.python import NOTEBOOK, PYTHON, FileFacts, decoded, raw_cells, read_python
from dspy_lens.workspace import Overlay

INLINE = 20_000  # characters that are read at once; more is read in a thread, or the loop would block


class Document:
    """One open document. Readings are coalesced: however many edits came, only the newest text is read."""

    def __init__(self, uri: str, path: str, text: str, version: int | None) -> None:
        self.uri = uri
        self.path = path
        self.text = text
        self.version = version
        self.facts: FileFacts | None = None
        self._edits = 1
        self._read = 0
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_python(self) -> bool:
        return self.path.endswith(PYTHON)

    def edit(self, text: str, version: int | None) -> None:
        self.text = text
        self.version = version
        self._edits += 1

    async def current(self) -> None:
        """Makes `facts` at least as new as the text is at this moment."""
        wanted = self._edits
        while self._read < wanted:
            if self._reading is None:
                self._reading = asyncio.create_task(self._read_once())
            # Shielded: others wait for the same reading when this request is cancelled.
            await asyncio.shield(self._reading)

    async def _read_once(self) -> None:
        edits, text = self._edits, self.text
        try:
            if len(text) > INLINE:
                self.facts = await asyncio.to_thread(read_python, self.path, text)
            else:
                self.facts = read_python(self.path, text)
            self._read = edits
        finally:
            self._reading = None


class Documents:
    """All open documents of one session, by path relative to the root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.revision = 0  # counts what changes the overlay
        self._by_path: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._by_path.values()))

    def at(self, path: str) -> Document | None:
        return self._by_path.get(path)

    def open(self, document: Document) -> None:
        self._by_path[document.path] = document
        self.revision += 1

    def close(self, path: str) -> None:
        if self._by_path.pop(path, None) is not None:
            self.revision += 1

    def edit(self, path: str, text: str, version: int | None) -> None:
        if (document := self._by_path.get(path)) is not None:
            document.edit(text, version)
            self.revision += 1

    def touch(self) -> None:
        """A document that was opened here has changed."""
        self.revision += 1

    async def overlay(self) -> Overlay:
        """What the open Python files declare, as new as they are now."""
        python = [it for it in self if it.is_python]
        for document in python:
            await document.current()
        return {it.path: it.facts for it in python if it.facts is not None}

    async def unsaved(self, paths: frozenset[str]) -> tuple[str, ...]:
        """Those of `paths` whose open text is not what the disk holds."""
        open_ones = [it for path in sorted(paths) if (it := self.at(path)) is not None]
        return await asyncio.to_thread(
            lambda: tuple(it.path for it in open_ones if differs(self.root / it.path, it.text))
        )


def differs(path: Path, text: str) -> bool:
    """Whether a file holds another text; byte order mark and line ends do not count, of notebooks only code."""
    try:
        on_disk = decoded(path.read_bytes())
    except OSError:
        return True
    if path.suffix == NOTEBOOK:
        return raw_cells(on_disk) != raw_cells(text)
    return lines(on_disk) != lines(text.removeprefix("\ufeff"))


def lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
