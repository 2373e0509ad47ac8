"""LSP's framing over plain bytes, for the pump and the terminal: standard library only."""

import json
from collections.abc import Callable
from typing import Any

LARGEST = 256 * 1024 * 1024
LONGEST_LINE = 8 * 1024


class BadFrame(Exception):
    """What came is not LSP; where the next message starts cannot be known."""


def length_of(line: bytes) -> int | None:
    """The content length that a header line gives; None when it is another header."""
    name, colon, value = line.partition(b":")
    if not colon or len(line) > LONGEST_LINE:
        raise BadFrame("a header line is not of the form `Name: value`")
    if name.strip().lower() != b"content-length":
        return None
    if not value.strip().isdigit() or not 0 <= (length := int(value)) <= LARGEST:
        raise BadFrame("Content-Length is not a usable number")
    return length


def read_header(readline: Callable[[int], bytes]) -> tuple[bytes, int] | None:
    """The bytes of one header and the length it announces; None at the end of the stream."""
    raw, length = b"", None
    while line := readline(LONGEST_LINE + 1):
        raw += line
        if not line.strip():
            if length is None:
                raise BadFrame("a header without Content-Length")
            return raw, length
        length = length_of(line) if length is None else length
    if raw:
        raise BadFrame("the stream ended inside a header")
    return None


def frame(message: dict[str, Any]) -> bytes:
    """The message as bytes, with its header."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return b"Content-Length: %d\r\n\r\n" % len(body) + body
