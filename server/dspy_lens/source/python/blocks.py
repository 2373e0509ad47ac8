"""Splits a file into top-level blocks that parse on their own."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import TypeVar

from dspy_lens.source.python.text import Flaw, flaw, parse

# What can open a top-level statement; `else` and the like go on with the block before them.
_OPENING = re.compile(r"^(?!(?:else|elif|except|finally)\b)(?:[^\W\d]|@)", re.MULTILINE)
_DEFINITION = re.compile(r"@|(?:class|def|async|if|try|with|for|while)\b")
_TRIPLE = re.compile(r'"""|\'\'\'')
# How many more openings are tried when a block is left open at its end. Editing leaves brackets open
# all the time, so they are not followed far.
_REACH = {Flaw.BRACKET: (1, 2, 3, 5, 8), Flaw.END: (1, 2, 3)}
_STRINGS = 8  # how many strings that hold openings are followed in one block
_SMALL = 200_000  # characters up to which the whole file is tried when a block does not parse
_ROW = 400  # characters of plain statements that make one block

T = TypeVar("T")


def split(text: str, read: Callable[[str], T | None]) -> Iterator[tuple[int, str, T | None]]:
    """The file's blocks: the lines before each, its text, and what `read` made of it.

    `read` gives None for text that does not parse. What parses from one top-level statement on ends
    before another one, so blocks that all parse are exactly the file.
    """
    blocks = list(_blocks(text, read))
    if any(it is None for _, _, it in blocks) and len(text) <= _SMALL and parse(text) is not None:
        # What is nested too deeply is not read though it parses; then the other blocks stand as they are.
        whole = read(text)
        return iter(blocks if whole is None else [(0, text, whole)])
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
    """Where blocks may start: at definitions with their decorators, and at rows of plain statements."""
    found: list[int] = [0]
    row, decorated = True, False
    for match in _OPENING.finditer(text):
        start = match.start()
        defines = _DEFINITION.match(text, start) is not None
        if start and not decorated and (defines or not row or start - found[-1] > _ROW):
            found.append(start)
        row, decorated = not defines, match.group() == "@"
    return found


def _block(text: str, starts: list[int], index: int, read: Callable[[str], T | None]) -> tuple[int, T | None]:
    """How many openings the block takes that starts here, and what was read of it."""
    part = text[starts[index] : starts[index + 1]]
    made = read(part)
    if made is not None:
        return 1, made
    kind, line = flaw(part)
    if kind is Flaw.STRING:
        return _with_strings(text, starts, index, line, read)
    for reach in _REACH.get(kind, ()):
        if index + 1 + reach >= len(starts):
            break
        made = read(text[starts[index] : starts[index + 1 + reach]])
        if made is not None:
            return 1 + reach, made
    return 1, None


def _with_strings(
    text: str, starts: list[int], index: int, line: int, read: Callable[[str], T | None]
) -> tuple[int, T | None]:
    """The same for a block with a triple-quoted string in which openings stand: it goes on behind the string."""
    start = starts[index]
    for _ in range(_STRINGS):
        closed = _closed(text, start, line)
        end = bisect_left(starts, closed) if closed else len(starts)
        if end >= len(starts):
            break
        made = read(text[start : starts[end]])
        if made is not None:
            return end - index, made
        kind, line = flaw(text[start : starts[end]])
        if kind is not Flaw.STRING:
            break
    return 1, None


def _closed(text: str, start: int, line: int) -> int | None:
    """Where the triple-quoted string ends that opens on a line, counted from `start`."""
    at = start
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    end = text.find("\n", at)
    while opening := _TRIPLE.search(text, at, end if end >= 0 else len(text)):
        found = text.find(opening.group(), opening.end())
        if found < 0:
            return None
        if found > end >= 0:
            return found + 3
        at = found + 3  # it closes on its line, on which another one opens
    return None
