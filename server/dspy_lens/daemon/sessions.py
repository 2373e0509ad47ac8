"""Speaks LSP on one connection until either side ends it."""

import asyncio
import logging

from dspy_lens.daemon.frames import BadFrame
from dspy_lens.daemon.streams import read_body
from dspy_lens.lsp.server import LensServer

log = logging.getLogger(__name__)
MOST_UNSENT = 64 * 1024 * 1024  # bytes that may wait for a client that does not read


async def speak(server: LensServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Handles messages one by one; ends with the connection, an `exit`, or bytes that are not LSP."""
    server.protocol.set_writer(Outgoing(writer))
    try:
        while not server.exited and (body := await read_body(reader)) is not None:
            server.protocol.receive(body)
        await server.answered()
    except (BadFrame, OSError) as error:
        log.warning("A session ended: %s", error)
    finally:
        await server.close()


class Outgoing:
    """The writing side as pygls wants it; a client that does not read for long is let go."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > MOST_UNSENT:
            log.warning("A client does not read what it asked for, and is let go.")
            transport.abort()
            return
        self._writer.write(data)

    def close(self) -> None:
        self._writer.close()
