"""A block's reading taken over into a later state of the files, when all it rests on is still the same."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import replace

from dspy_lens.source.python.names import looked_up
from dspy_lens.source.python.read import FileFacts
from dspy_lens.source.python.reading import BlockReading, Declared
from dspy_lens.source.python.shape import Origin
from dspy_lens.values.definition import Definition, Field, Span

Moves = dict[str, dict[int, int]]
"""Of each file: the lines before a block as they were, and as they are."""


def still_holds(
    reading: BlockReading, path: str, offset: int, files: Mapping[str, FileFacts]
) -> BlockReading | None:
    """The reading for the same block at its new place; None when it must be read again."""
    moves: Moves = {path: {reading.offset: offset}}
    moved = reading.offset != offset
    for (other, name), before in reading.rests_on:
        after = looked_up(files.get(other), name)
        if after is before:
            continue
        if len(after) != len(before) or other not in files:
            return None
        for (old, was), (new, is_) in zip(before, after, strict=True):
            if was != is_ or (other == path and (old < reading.offset) != (new < offset)):
                return None
            if moves.setdefault(other, {}).setdefault(old, new) != new:
                return None
            moved = moved or old != new
    return _moved(reading, offset, moves) if moved else reading


def _moved(reading: BlockReading, offset: int, moves: Moves) -> BlockReading:
    shift = _Shift(moves)
    rests_on = tuple(
        (key, tuple((moves.get(key[0], {}).get(old, old), it) for old, it in placed))
        for key, placed in reading.rests_on
    )
    return replace(
        reading,
        offset=offset,
        declared=tuple(shift.declared(it) for it in reading.declared),
        wrapped=tuple((shift.origin(at), factory) for at, factory in reading.wrapped),
        problems=tuple(replace(it, span=shift.span(it.span)) for it in reading.problems),
        examples=tuple(replace(it, span=shift.span(it.span)) for it in reading.examples),
        rests_on=rests_on,
    )


class _Shift:
    """The line that something stands on after blocks have moved."""

    def __init__(self, moves: Moves) -> None:
        self.starts = {path: sorted(it) for path, it in moves.items()}
        self.moves = moves

    def line(self, path: str, line: int) -> int:
        starts = self.starts.get(path, [])
        at = bisect_left(starts, line) - 1
        return line if at < 0 else line - starts[at] + self.moves[path][starts[at]]

    def span(self, span: Span) -> Span:
        by = self.line(span.path, span.line) - span.line
        return replace(span, line=span.line + by, end_line=span.end_line + by) if by else span

    def origin(self, origin: Origin) -> Origin:
        path, line, column = origin
        return path, self.line(path, line), column

    def declared(self, it: Declared) -> Declared:
        path = it.definition.span.path
        return Declared(
            moved(it.definition, self.span),
            self.origin(it.origin),
            tuple(self.line(path, line) for line in it.starts),
            tuple(self.origin(at) if at else None for at in it.origins),
        )


def moved(it: Definition, to: Callable[[Span], Span]) -> Definition:
    """A definition with every place in it moved."""
    return replace(
        it,
        span=to(it.span),
        inputs=_fields(it.inputs, to),
        outputs=_fields(it.outputs, to),
        docstring=to(it.docstring) if it.docstring else None,
        comment=replace(it.comment, span=to(it.comment.span)) if it.comment else None,
        predictors=tuple(
            replace(one, inputs=_fields(one.inputs, to), outputs=_fields(one.outputs, to))
            for one in it.predictors
        ),
    )


def _fields(fields: tuple[Field, ...], to: Callable[[Span], Span]) -> tuple[Field, ...]:
    return tuple(replace(it, span=to(it.span)) if it.span else it for it in fields)
