"""Notebooks: their cells as Python, whether they come from an `.ipynb` file or from an editor."""

import json
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from dspy_lens.source.python.text import flaw, parse
from dspy_lens.values.definition import Span

SUFFIX = ".ipynb"

# Cell magics after which the cell is no Python of this notebook: other languages, other processes, files.
_FOREIGN = frozenset(
    {"bash", "sh", "zsh", "cmd", "script", "system", "sx", "!", "html", "HTML", "javascript", "js", "latex"}
    | {"markdown", "md", "svg", "SVG", "perl", "ruby", "R", "julia", "sql", "bigquery", "mermaid", "cython"}
    | {"python", "python2", "python3", "pypy", "writefile", "file", "writetemplate", "ai", "css", "spark"}
)
_CELL_MAGIC = re.compile(r"%%(!|\w+)")
_MAGIC = re.compile(r"(\s*)(?:[%!?]|\w[\w., ()]*=\s*[%!])|.*\?\s*$")
# Line magics that run the rest of their line; what they say is as long as `if 1:` at least.
_RUNS = re.compile(r"(\s*)(%(?:time|timeit|prun|memit|lprun)\b)(?!\s*-)(?=\s*\S)")
# `%run helpers.py`: what the other file binds is there afterwards.
_BRINGS = re.compile(
    r"(\s*)%run\s+(?:-[in]\s+)*[\"']?(?:\./)?((?:\w+/)*\w+)(?:\.py|\.ipynb)?[\"']?\s*(?:#.*)?$"
)
_TRIES = 40  # magics that are looked for one by one, before whatever looks like one is taken for one


@dataclass(frozen=True, slots=True)
class Cells:
    """Where cells lie in the flat text that they are read as; each is followed by an empty line."""

    starts: tuple[int, ...]  # the number of lines before each

    def placed(self, span: Span) -> Span:
        """A span of the flat text as one of its cell."""
        cell = max(0, bisect_right(self.starts, span.line - 1) - 1)
        before = self.starts[cell] if self.starts else 0
        return replace(span, line=span.line - before, end_line=span.end_line - before, cell=cell)

    def flat(self, span: Span) -> Span:
        """The way back."""
        if span.cell is None or span.cell >= len(self.starts):
            return span
        before = self.starts[span.cell]
        return replace(span, line=span.line + before, end_line=span.end_line + before, cell=None)


def joined(cells: Sequence[str]) -> tuple[str, Cells]:
    """Cells as one text, with where each begins."""
    counts = [it.count("\n") + 2 for it in cells]
    starts = tuple(accumulate(counts[:-1], initial=0)) if cells else ()
    return "".join(f"{it}\n\n" for it in cells), Cells(starts)


def python_cells(text: str) -> tuple[str, ...]:
    """The cells of an `.ipynb` file as Python, empty where they hold none; none for what is no notebook."""
    return tuple(as_python(it) for it in raw_cells(text))


def raw_cells(text: str) -> tuple[str, ...]:
    """The cells of an `.ipynb` file as they stand; those that hold no code are empty."""
    try:
        notebook = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return ()
    if not isinstance(notebook, dict) or not _speaks_python(notebook):
        return ()
    return tuple(_source(it) for it in cells_in(notebook))


def cells_in(notebook: Mapping[str, Any]) -> list[Any]:
    """The cells of a parsed notebook; before format 4 they stand in worksheets."""
    cells = notebook.get("cells")
    if cells is None:
        sheets = notebook.get("worksheets")
        named = [it.get("cells") for it in sheets if isinstance(it, dict)] if isinstance(sheets, list) else []
        cells = [cell for its in named if isinstance(its, list) for cell in its]
    return cells if isinstance(cells, list) else []


def with_edits(text: str, edits: Sequence[tuple[Span, str]]) -> str:
    """The text of an `.ipynb` file with edits of its cells, laid out as Jupyter writes it."""
    notebook = json.loads(text.removeprefix("\ufeff"))
    cells = cells_in(notebook)
    for span, new in sorted(edits, key=lambda it: it[0], reverse=True):
        cell = cells[span.cell or 0]
        key = "source" if "source" in cell else "input"
        lines = _source(cell).split("\n")
        before = "\n".join([*lines[: span.line - 1], lines[span.line - 1][: span.column]])
        after = "\n".join([lines[span.end_line - 1][span.end_column :], *lines[span.end_line :]])
        cell[key] = re.findall(r"[^\n]*\n|[^\n]+", f"{before}{new}{after}")
    indent = re.match(r"\{\n( +|\t+)", text)
    made = json.dumps(notebook, ensure_ascii=False, indent=indent.group(1) if indent else 1)
    return made + "\n" * text.endswith("\n")


def as_python(cell: str) -> str:
    """The text of a code cell without its magics, every line and column where it was."""
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    lines = cell.split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if magic := _CELL_MAGIC.match(lines[first]):
        if magic.group(1) in _FOREIGN:
            return "\n" * (len(lines) - 1)
        lines[first] = ""
    return _without_magics(lines)


def _without_magics(lines: list[str]) -> str:
    """Magics are found where the parser stumbles, so that a string that holds a `%` stays as it is."""
    if not any(_MAGIC.match(it) for it in lines):
        return "\n".join(lines)
    for _ in range(_TRIES):
        text = "\n".join(lines)
        if parse(text) is not None:
            return text
        at = flaw(text)[1] - 1
        if at >= len(lines) or not _MAGIC.match(lines[at]):
            break
        _harmless(lines, at)
    for at in range(len(lines)):
        if _MAGIC.match(lines[at]):
            _harmless(lines, at)
    return "\n".join(lines)


def _harmless(lines: list[str], at: int) -> None:
    """Makes a magic a statement that does nothing, or that does what the magic runs."""
    line = lines[at]
    if runs := _RUNS.match(line):
        indent, magic = runs.groups()
        lines[at] = f"{indent}if 1{' ' * (len(magic) - 5)}:{line[runs.end() :]}"
        return
    if brings := _BRINGS.match(line):
        lines[at] = f"{brings[1]}from .{brings[2].replace('/', '.')} import *"
        return
    indent = line[: len(line) - len(line.lstrip())]
    while line.rstrip().endswith("\\") and at + 1 < len(lines):
        lines[at] = ""
        at += 1
        line = lines[at]
    lines[at] = f"{indent}pass" if indent else ""


def _source(cell: Any) -> str:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return ""
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        return "".join(it for it in source if isinstance(it, str))
    return source if isinstance(source, str) else ""


def _speaks_python(notebook: Mapping[str, Any]) -> bool:
    metadata = notebook.get("metadata")
    if not isinstance(metadata, dict):
        return True
    for part, key in (("kernelspec", "language"), ("language_info", "name")):
        said = metadata.get(part)
        if isinstance(said, dict) and isinstance(said.get(key), str):
            return "python" in str(said[key]).lower()
    return True
