"""Where the docstring of a class stands, or where one would go."""

import ast
import io
import tokenize
from dataclasses import dataclass

from dspy_lens.source.python.expressions import Place
from dspy_lens.source.python.facts import Block, Class
from dspy_lens.source.python.reader import Reader
from dspy_lens.source.python.repair import repair
from dspy_lens.source.python.text import Lines, parse


@dataclass(frozen=True, slots=True)
class DocPlace:
    """What a docstring replaces (an empty place where there is none), and what belongs around it."""

    place: Place
    before: str
    after: str
    indent: str
    quote: str = '"""'
    opened: bool = False  # the text starts on the line after the quotes


def doc_place(block: Block, binding: Class) -> DocPlace | None:
    """Where the docstring of a class goes, in the lines of its block."""
    text = block.text if parse(block.text) else repair(block.text)
    tree = parse(text)
    nodes = [it for it in ast.walk(tree) if isinstance(it, ast.ClassDef)] if tree else []
    node = next((it for it in nodes if it.lineno == binding.place.line and it.name == binding.name), None)
    if node is None:
        return None
    lines = Lines(text)
    indent = _indent(node, lines)
    if binding.doc is not None:
        return _present(binding.doc.place, lines, indent)
    return _absent(node, lines, indent)


def style(literal: str) -> tuple[str, bool]:
    """The quotes of a literal, and whether its text starts on the line after them."""
    bare = literal.lstrip("rRuUbBfF")
    quote = next((it for it in ('"""', "'''", '"', "'") if bare.startswith(it)), '"""')
    return quote, bare[len(quote) :].lstrip(" \t").startswith("\n")


def _indent(node: ast.ClassDef, lines: Lines) -> str:
    first = node.body[0]
    start = min([first.lineno, *(it.lineno for it in getattr(first, "decorator_list", []))])
    line = lines.lines[start - 1]
    indent = line[: len(line) - len(line.lstrip())]
    header = lines.lines[node.lineno - 1]
    return indent if start > node.lineno else header[: len(header) - len(header.lstrip())] + "    "


def _present(place: Place, lines: Lines, indent: str) -> DocPlace:
    literal = lines.between(place.line, place.column, place.end_line, place.end_column)
    quote, opened = style(literal)
    return DocPlace(place, "", "", indent, quote, opened)


def _absent(node: ast.ClassDef, lines: Lines, indent: str) -> DocPlace:
    first = Reader(lines).place(node.body[0])
    if lines.lines[first.line - 1][: first.column].strip():
        # The body stands on the line of the header.
        return DocPlace(Place(first.line, first.line, first.column, first.column), "", "; ", indent)
    end = _header_end(node, lines)
    column = len(lines.lines[end - 1])
    return DocPlace(Place(end, end, column, column), f"\n{indent}", "", indent)


def _header_end(node: ast.ClassDef, lines: Lines) -> int:
    """The line of the colon that ends the header."""
    source = "\n".join(lines.lines[node.lineno - 1 :])
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NEWLINE:
                return node.lineno + token.start[0] - 1
    except (tokenize.TokenError, SyntaxError):
        pass
    return node.lineno
