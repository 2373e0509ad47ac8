"""The one place where our spans become LSP's: lines from 0, columns in the units that client and server agreed on."""

import re
from collections.abc import Sequence
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from dspy_lens.values.definition import Problem, Severity, Span

SOURCE = "dspy-lens"
# LSP's own line ends; str.splitlines knows more, which would count lines that editors do not see.
LINE_END = re.compile(r"\r\n|\r|\n")
SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFORMATION: types.DiagnosticSeverity.Information,
}


class Text:
    """A document's lines, with the client's way to count columns."""

    def __init__(self, text: str, codec: PositionCodec) -> None:
        self.lines: Sequence[str] = LINE_END.split(text)
        self._codec = codec

    def position(self, line: int, column: int) -> types.Position:
        """The position of a line that counts from 1 and a column that counts code points from 0."""
        if line > len(self.lines):
            return types.Position(line=max(0, len(self.lines) - 1), character=self._units(self.lines[-1]))
        return types.Position(line=max(0, line - 1), character=self._units(self.lines[line - 1][:column]))

    def range(self, span: Span) -> types.Range:
        """The span's range; one without columns covers its lines."""
        end_column = span.end_column
        if (span.end_line, end_column) <= (span.line, span.column) or not end_column:
            end_column = len(self.lines[span.end_line - 1]) if span.end_line <= len(self.lines) else 0
        return types.Range(self.position(span.line, span.column), self.position(span.end_line, end_column))

    def lens_range(self, span: Span) -> types.Range:
        """The line that a lens stands on."""
        return self.range(Span(span.path, span.line, span.line, span.column, 0))

    def _units(self, text: str) -> int:
        return int(self._codec.client_num_units(text))


def diagnostic(problem: Problem, text: Text) -> types.Diagnostic:
    return types.Diagnostic(
        range=text.range(problem.span),
        message=problem.message,
        severity=SEVERITIES[problem.severity],
        code=problem.code,
        source=SOURCE,
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


def uri_of(path: str | Path, root: Path) -> str:
    return (root / path).as_uri()
