"""A fix, and the text that problems stand in."""

from dataclasses import dataclass, replace

from dspy_lens.source.python.edits import TextEdit
from dspy_lens.source.python.text import clean
from dspy_lens.values.definition import Span


@dataclass(frozen=True, slots=True)
class Fix:
    """`preferred` fixes are what most would want; without, there are several to choose from."""

    title: str
    edits: tuple[TextEdit, ...]
    preferred: bool = True


def lines_of(text: str) -> list[str]:
    return clean(text).split("\n")


def within(span: Span, line: int, start: int, end_line: int, end: int) -> Span:
    """Another place of the same file or cell."""
    return replace(span, line=line, end_line=end_line, column=start, end_column=end)


def at(text: str, span: Span) -> str:
    """What stands in a span of one line; nothing where the text is shorter by now."""
    lines = lines_of(text)
    if span.line != span.end_line or span.line > len(lines):
        return ""
    return lines[span.line - 1][span.column : span.end_column]
