"""The one place where our spans become LSP's: lines from 0, columns in the units that client and server agreed on."""

import re
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from dspy_lens.lsp.problem_pages import page_uri
from dspy_lens.values.definition import Problem, Severity, Span

SOURCE = "dspy-lens"
# LSP's own line ends; str.splitlines knows more, which would count lines that editors do not see.
LINE_END = re.compile(r"\r\n|\r|\n")
SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
    Severity.HINT: types.DiagnosticSeverity.Hint,
}


class Text:
    """A document's lines, with the client's way to count columns. Of None, columns are left as they are."""

    def __init__(self, text: str | None, codec: PositionCodec) -> None:
        self._lines: Sequence[str] | None = None if text is None else LINE_END.split(text)
        self._codec = codec

    def position(self, line: int, column: int) -> types.Position:
        """The position of a line that counts from 1 and a column that counts code points from 0."""
        if self._lines is None:
            return types.Position(line=max(0, line - 1), character=column)
        if line > len(self._lines):
            line, column = len(self._lines), len(self._lines[-1])
        text = self._lines[max(0, line - 1)]
        # All clients count ASCII alike, and a line may be a megabyte long.
        units = min(column, len(text)) if text.isascii() else self._codec.client_num_units(text[:column])
        return types.Position(line=max(0, line - 1), character=int(units))

    def line(self, number: int) -> str:
        """A line that counts from 1; empty where there is none."""
        return self._lines[number - 1] if self._lines is not None and number <= len(self._lines) else ""

    def column(self, position: types.Position) -> int:
        """The column in code points of a position as the client counts."""
        line, units = self.line(position.line + 1), 0
        if line.isascii():
            return min(position.character, len(line))
        for column, char in enumerate(line):
            if units >= position.character:
                return column
            units += int(self._codec.client_num_units(char))
        return len(line)

    def range(self, span: Span) -> types.Range:
        """The span's range; one without an end column goes to the end of its line."""
        end_column = span.end_column
        if not end_column or (span.end_line, end_column) <= (span.line, span.column):
            end_column = self._length(span.end_line) or span.column
        return types.Range(self.position(span.line, span.column), self.position(span.end_line, end_column))

    def exact_range(self, span: Span) -> types.Range:
        """The span's range as it is, also where it is empty or ends at the start of a line."""
        return types.Range(
            self.position(span.line, span.column), self.position(span.end_line, span.end_column)
        )

    def lens_range(self, span: Span) -> types.Range:
        """The line that a lens stands on."""
        return self.range(Span(span.path, span.line, span.line, span.column, 0))

    def _length(self, line: int) -> int:
        return len(self._lines[line - 1]) if self._lines is not None and line <= len(self._lines) else 0


def diagnostic(problem: Problem, text: Text) -> types.Diagnostic:
    page = page_uri(problem.code)
    return types.Diagnostic(
        range=text.range(problem.span),
        message=problem.message,
        severity=SEVERITIES[problem.severity],
        code=problem.code,
        source=SOURCE,
        code_description=types.CodeDescription(page) if page else None,
    )


def path_of(uri: str, root: Path) -> str | None:
    """The path of a file URI relative to the root, with `/`; None when it lies elsewhere."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    if path is None:
        return None
    try:
        return Path(path).resolve().relative_to(root).as_posix()
    except (ValueError, OSError, RuntimeError):
        return None
