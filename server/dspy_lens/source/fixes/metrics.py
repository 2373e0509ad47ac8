"""Fixes of metrics: parameters that callers give and the metric lacks, and the first two in their order."""

import ast
from collections.abc import Callable, Iterator, Mapping

from dspy_lens.source.fixes.fix import Fix, within
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.source.python.text import Lines, clean, parse
from dspy_lens.values.definition import Problem

_AFTER = ("trace", "pred_name", "pred_trace")
"""What DSPy gives a metric after the example and the prediction."""


def taking_all(problem: Problem, text: str) -> Iterator[Fix]:
    """The metric with what its caller gives it: its own parameters stay, those after the second get a default."""
    node = _function(problem, text)
    count = 5 if "pred_name" in problem.message else 3
    if node is None or node.args.vararg or node.args.kwonlyargs or node.args.kwarg:
        return
    own = [*node.args.posonlyargs, *node.args.args]
    if not 2 <= len(own) <= count or (len(own) - len(node.args.defaults)) < 2:
        return
    bare = own[2 : len(own) - len(node.args.defaults)]
    more = _AFTER[len(own) - 2 : count - 2]
    if {it.arg for it in own} & set(more):
        return
    edits = [_behind(problem, text, it, "=None" if it.annotation is None else " = None") for it in bare]
    added = "".join(f", {it}=None" for it in more)
    edits += [_at(problem, text, *_end(node, own[-1]), added)] if added else []
    yield Fix("Take what it is given", tuple(_merged(edits)))


def swapped(problem: Problem, text: str) -> Iterator[Fix]:
    """The metric with its first two parameters the other way round."""
    node = _function(problem, text)
    if node is None or node.args.defaults[2:] or len(node.args.args) < 2:
        return
    first, second = node.args.args[:2]
    if (
        first.annotation is None
        and second.annotation is None
        and len(node.args.args) - len(node.args.defaults) >= 2
    ):
        edits = tuple(_instead(problem, text, it, new.arg) for it, new in ((first, second), (second, first)))
        yield Fix("Swap the two", edits, preferred=False)


def _function(problem: Problem, text: str) -> ast.FunctionDef | None:
    """The function whose name stands at the problem."""
    tree = parse(clean(text))
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef) and node.lineno == problem.span.line:
            return node if f"`{node.name}`" in problem.message or "example first" in problem.message else None
    return None


def _end(node: ast.FunctionDef, last: ast.arg) -> tuple[int, int]:
    """The end of the last parameter with its default."""
    default = node.args.defaults[-1] if node.args.defaults else None
    it = default or last
    return it.end_lineno or it.lineno, it.end_col_offset or 0


def _behind(problem: Problem, text: str, it: ast.arg, new: str) -> TextEdit:
    return _at(problem, text, it.end_lineno or it.lineno, it.end_col_offset or 0, new)


def _at(problem: Problem, text: str, line: int, offset: int, new: str) -> TextEdit:
    column = Lines(clean(text)).column(line, offset)
    return TextEdit(within(problem.span, line, column, line, column), new)


def _instead(problem: Problem, text: str, it: ast.arg, new: str) -> TextEdit:
    start = _at(problem, text, it.lineno, it.col_offset, "").span
    return TextEdit(within(problem.span, it.lineno, start.column, it.lineno, start.column + len(it.arg)), new)


def _merged(edits: list[TextEdit]) -> Iterator[TextEdit]:
    """Insertions at one place as one, in their order."""
    for span in dict.fromkeys(it.span for it in edits):
        yield TextEdit(span, "".join(it.text for it in edits if it.span == span))


METRIC_FIXES: Mapping[str, Callable[[Problem, str], Iterator[Fix]]] = {
    "metric-arguments": taking_all,
    "metric-swapped": swapped,
}
