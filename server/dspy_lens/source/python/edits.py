"""Edits that bring a result into the source: instructions, and the loading of an exported program."""

import ast
import re
from dataclasses import dataclass, replace

from dspy_lens.source.python.docplace import DocPlace, doc_place
from dspy_lens.source.python.expressions import Call, Expr, Ref
from dspy_lens.source.python.facts import Class, FileFacts
from dspy_lens.source.python.modules import Modules
from dspy_lens.source.python.names import External, Found, Names, Where
from dspy_lens.source.python.quoting import docstring
from dspy_lens.source.python.read import read_python
from dspy_lens.source.python.reading import classes
from dspy_lens.source.python.shapes import Shapes, span_of
from dspy_lens.source.python.uses import Made, Use, Uses, sites
from dspy_lens.values.definition import Definition, Kind, Span


@dataclass(frozen=True, slots=True)
class TextEdit:
    """The text that takes the place of a span; the span may be empty."""

    span: Span
    text: str


class NotThere(Exception):
    """The text no longer holds the definition; read the file again."""


def instructions_edit(text: str, definition: Definition, instructions: str) -> TextEdit:
    """What makes `instructions` the instructions of a signature.

    DSPy reads the edited text back as exactly these. Raises NotThere when the text has moved on.
    """
    file = _File(definition.span.path, text)
    edit = _in_class(file, definition, instructions)
    if definition.kind is Kind.STRING:
        edit = _in_call(file, definition, instructions)
    return _in_newlines(edit, text)


def load_edit(text: str, definition: Definition, artifact: str) -> TextEdit | None:
    """The line that loads an exported program right after it is made; None where that place is not certain."""
    file = _File(definition.span.path, text)
    if f"load({_quoted(artifact)})" in text:
        return None
    found = file.makings(definition)
    if len(found) != 1:
        return None
    site, where = found[0]
    if not site.plain or site.attribute is None:
        return None
    lines = file.facts.lines
    span = span_of(where, site.statement)
    before, after = lines[span.line - 1][: span.column], lines[span.end_line - 1][span.end_column :]
    if before.strip() or (after.strip() and not after.strip().startswith("#")):
        return None
    end = len(lines[span.end_line - 1])
    at = Span(span.path, span.end_line, span.end_line, end, end)
    return _in_newlines(TextEdit(at, f"\n{before}{site.attribute}.load({_quoted(artifact)})"), text)
