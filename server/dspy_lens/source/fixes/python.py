"""Fixes of Python: found again in the syntax tree, so that nothing is edited that does not read as it did."""

import ast
import re
import typing
from collections.abc import Callable, Iterator, Mapping

from dspy_lens.source.fixes.fix import Fix, at, lines_of, within
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.source.python.removed import REPLACED
from dspy_lens.source.python.text import Lines, clean, parse
from dspy_lens.values.definition import Problem, Span

Fixing = Callable[[Problem, str], Iterator[Fix]]


def typed(problem: Problem, text: str) -> Iterator[Fix]:
    """`name = InputField()` becomes `name: str = InputField()`, which is what DSPy takes it for."""
    name = at(text, problem.span)
    if name.isidentifier():
        end = problem.span.end_column
        line = problem.span.line
        yield Fix("Write the type `str`", (TextEdit(within(problem.span, line, end, line, end), ": str"),))


def marked(problem: Problem, text: str) -> Iterator[Fix]:
    """A field that is neither becomes an input or an output."""
    source = lines_of(text)
    line = problem.span.line
    if not re.search(rf"^\s*{re.escape(at(text, problem.span))}\s*:[^=#]+$", source[line - 1]):
        return
    end = len(source[line - 1].rstrip())
    prefix = _prefix(text)
    for side in ("InputField", "OutputField"):
        edit = TextEdit(within(problem.span, line, end, line, end), f" = {prefix}{side}()")
        yield Fix(f"Make it an {side.removesuffix('Field').lower()} field", (edit,), preferred=False)


def _prefix(text: str) -> str:
    """How the file writes what is DSPy's, as its other fields show."""
    found = re.search(r"([\w.]*)\b(?:Input|Output)Field\(", text)
    return found[1] if found else "dspy."


def renamed(problem: Problem, text: str) -> Iterator[Fix]:
    """A name that another one took the place of."""
    found = re.search(r"no `(\w+)`", problem.message)
    new = REPLACED.get(found[1]) if found else None
    said = at(text, problem.span)
    # An import may rename what follows, so only the whole of `dspy.NAME` is certain.
    if found and new and said.endswith(f".{found[1]}"):
        start = problem.span.end_column - len(found[1])
        place = within(problem.span, problem.span.line, start, problem.span.line, problem.span.end_column)
        yield Fix(f"Use `{new}`", (TextEdit(place, new),))


def imported(problem: Problem, text: str) -> Iterator[Fix]:
    """A name of `typing` that nothing imports, such as `Optional`."""
    found = re.search(r"is called `(\w+)`", problem.message)
    line = _first_import(text)
    if found and found[1] in typing.__all__ and line is not None:
        edit = TextEdit(within(problem.span, line, 0, line, 0), f"from typing import {found[1]}\n")
        yield Fix(f"Import `{found[1]}` from typing", (edit,))


def _first_import(text: str) -> int | None:
    """The line of the first import that others may stand before; None where a file has none at its margin."""
    tree = parse(clean(text))
    for node in tree.body if tree else ():
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "__future__"):
            return node.lineno
    return None


def without_argument(problem: Problem, text: str) -> Iterator[Fix]:
    """A call without one of its keywords."""
    for call in _calls(text):
        keywords = [it for it in call.keywords if _is_at(it.value, problem.span, text)]
        if keywords and isinstance(call.func, ast.Name | ast.Attribute):
            edit = _removal(call, keywords[0], problem.span, text)
            if edit:
                yield Fix(f"Take `{keywords[0].arg}` out", (edit,))
            return


def as_signature(problem: Problem, text: str) -> Iterator[Fix]:
    """`Predict("a -> b", "text")` becomes `Predict(dspy.Signature("a -> b", "text"))`."""
    for call in _calls(text):
        told = [*call.args[1:2], *(it.value for it in call.keywords if it.arg == "instructions")]
        if not told or not _is_at(told[0], problem.span, text):
            continue
        match call.args[:1]:
            case [ast.Constant(value=str()) as first]:
                name = ast.unparse(call.func).rpartition(".")[0]
                signature = f"{name}.Signature" if name else "Signature"
                if not name and not re.search(r"import[^\n]*\bSignature\b", text):
                    return
                yield from _wrapped(call, first, told[0], signature, problem.span, text)
        return


def _wrapped(
    call: ast.Call, first: ast.expr, told: ast.expr, signature: str, span: Span, text: str
) -> Iterator[Fix]:
    lines = Lines(clean(text))
    before, keyword = _place(first, span, text), next((it for it in call.keywords if it.value is told), None)
    gone = _removal(call, keyword or told, span, text)
    if gone is None or not isinstance(told, ast.Constant | ast.JoinedStr | ast.Name | ast.BinOp):
        return
    text_of = lines.between(
        told.lineno,
        lines.column(told.lineno, told.col_offset),
        told.end_lineno or told.lineno,
        lines.column(told.end_lineno or told.lineno, told.end_col_offset or 0),
    )
    literal = lines.between(before.line, before.column, before.end_line, before.end_column)
    edit = TextEdit(before, f"{signature}({literal}, {text_of})")
    yield Fix("Make a signature with these instructions", (edit, gone))


def _removal(call: ast.Call, gone: ast.keyword | ast.expr, span: Span, text: str) -> TextEdit | None:
    """The edit that takes an argument with its comma out of a call; None where a comment stands between."""
    arguments: list[ast.keyword | ast.expr] = sorted(
        [*call.args, *call.keywords], key=lambda it: (it.lineno, it.col_offset)
    )
    index = arguments.index(gone)
    own = _place(gone, span, text)
    if index:
        before = _place(arguments[index - 1], span, text)
        place = within(span, before.end_line, before.end_column, own.end_line, own.end_column)
    elif len(arguments) > 1:
        after = _place(arguments[1], span, text)
        place = within(span, own.line, own.column, after.line, after.column)
    else:
        place = own
    between = Lines(clean(text)).between(place.line, place.column, place.end_line, place.end_column)
    return None if "#" in between.replace(ast.unparse(gone), "") and "\n" in between else TextEdit(place, "")


def _calls(text: str) -> Iterator[ast.Call]:
    tree = parse(clean(text))
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Call):
            yield node


def _place(node: ast.expr | ast.keyword, span: Span, text: str) -> Span:
    lines = Lines(clean(text))
    end = node.end_lineno or node.lineno
    start = lines.column(node.lineno, node.col_offset)
    return within(span, node.lineno, start, end, lines.column(end, node.end_col_offset or 0))


def _is_at(node: ast.expr, span: Span, text: str) -> bool:
    if node.lineno != span.line:
        return False
    return _place(node, span, text) == span


PYTHON_FIXES: Mapping[str, Fixing] = {
    "field-untyped": typed,
    "field-marker": marked,
    "field-prefix": without_argument,
    "dspy-removed": renamed,
    "unknown-type": imported,
    "predict-instructions": as_signature,
}
