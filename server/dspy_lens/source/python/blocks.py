"""Splits a file into top-level blocks that parse on their own."""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from dspy_lens.source.python.text import Flaw, flaw, parse

# What can open a top-level statement; `else` and the like go on with the block before them.
_OPENING = re.compile(r"^(?!(?:else|elif|except|finally)\b)(?:[^\W\d]|@)", re.MULTILINE)
_DEFINITION = re.compile(r"@|(?:class|def|async|if|try|with|for|while)\b")
# How many more openings are tried when a block is left open at its end. Editing leaves brackets and
# quotes open all the time, so only strings, which may hold prose, are followed far.
_REACH = {
    Flaw.STRING: (1, 2, 3, 5, 8, 16, 32, 64, 128),
    Flaw.BRACKET: (1, 2, 3, 5, 8),
    Flaw.END: (1, 2, 3),
}
_SMALL = 60_000  # characters up to which the whole file is tried when a block does not parse
_ROW = 400  # characters of plain statements that make one block

T = TypeVar("T")


def split(text: str, read: Callable[[str], T | None]) -> Iterator[tuple[int, str, T | None]]:
    """The file's blocks: the lines before each, its text, and what `read` made of it.

    `read` gives None for text that does not parse. What parses from one top-level statement on ends
    before another one, so blocks that all parse are exactly the file.
    """
    blocks = list(_blocks(text, read))
    if any(it is None for _, _, it in blocks) and len(text) <= _SMALL and parse(text) is not None:
        return iter([(0, text, read(text))])
    return iter(blocks)


def _blocks(text: str, read: Callable[[str], T | None]) -> Iterator[tuple[int, str, T | None]]:
    starts = [*_starts(text), len(text)]
    index = line = 0
    while index < len(starts) - 1:
        count, made = _block(text, starts, index, read)
        part = text[starts[index] : starts[index + count]]
        yield line, part, made
        line += part.count("\n")
        index += count


def _starts(text: str) -> list[int]:
    """Where blocks may start: at definitions, and at rows of plain statements."""
    found: list[int] = [0]
    row = True
    for match in _OPENING.finditer(text):
        start = match.start()
        defines = _DEFINITION.match(text, start) is not None
        if start and (defines or not row or start - found[-1] > _ROW):
            found.append(start)
        row = not defines
    return found


def _block(text: str, starts: list[int], index: int, read: Callable[[str], T | None]) -> tuple[int, T | None]:
    """How many openings the block takes that starts here, and what was read of it."""
    part = text[starts[index] : starts[index + 1]]
    made = read(part)
    if made is not None:
        return 1, made
    for reach in _REACH.get(flaw(part), ()):
        if index + 1 + reach >= len(starts):
            break
        made = read(text[starts[index] : starts[index + 1 + reach]])
        if made is not None:
            return 1 + reach, made
    return 1, None
