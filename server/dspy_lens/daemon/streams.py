"""LSP's framing on an asyncio stream, whose own limit bounds header lines."""

import asyncio

from dspy_lens.daemon.frames import LARGEST, BadFrame, length_of


async def read_body(reader: asyncio.StreamReader, largest: int = LARGEST) -> bytes | None:
    """The next message's body; None at the end of the stream."""
    length: int | None = None
    while line := await _line(reader):
        if line.strip():
            length = length_of(line) if length is None else length
            continue
        if length is None:
            raise BadFrame("a header without Content-Length")
        if length > largest:
            raise BadFrame("a message that is too long")
        try:
            return await reader.readexactly(length)
        except asyncio.IncompleteReadError:
            return None
    return None


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        raise BadFrame("a header line without end") from None
