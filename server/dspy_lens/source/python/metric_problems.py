"""Mistakes in metrics: arguments that the caller does not give, swapped ones, answers without what GEPA asks for."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dspy_lens.source.python.expressions import Unknown
from dspy_lens.source.python.facts import Function
from dspy_lens.source.python.given import Given, settled, written
from dspy_lens.source.python.model_calls import in_loop, model_calls
from dspy_lens.source.python.names import Found, Names
from dspy_lens.source.python.pieces import pieces_of
from dspy_lens.source.python.text import parse, parse_indented
from dspy_lens.values.definition import Piece, Problem, Severity, Span
from dspy_lens.values.estimate import Range

_TWO = frozenset({"Evaluate", "SIMBA", "COPRO"})
_THREE = frozenset(
    {"BootstrapFewShot", "BootstrapFewShotWithRandomSearch", "BootstrapRS", "BootstrapFewShotWithOptuna"}
    | {"MIPROv2", "InferRules"}
)
_GEPA = "GEPA"
_GIVEN = {2: "the example and the prediction", 3: "example, prediction and trace"}
_SHAPES = dict.fromkeys((2, 3), "example, prediction, trace=None")
_SHAPES[5] = "gold, pred, trace=None, pred_name=None, pred_trace=None"
_GIVEN[5] = "gold, pred, trace, pred_name and pred_trace"
ASKING = "metric-model-calls"
ANSWERS = frozenset({"pred", "prediction", "predicted", "output", "response"})
EXAMPLES = frozenset({"example", "ex", "gold", "golden", "expected", "reference", "ground_truth", "truth"})


def metric_problems(given: Given, caller: str, names: Names) -> Iterator[Problem]:
    """What is wrong with a metric that `caller` (`Evaluate`, or an optimizer's class) is given."""
    value = settled(names, given)
    if isinstance(value.expr, Unknown):
        yield from _lambda_arguments(value, caller, names)
    found = names.expression(value.expr, value.where, value.line)
    if isinstance(found, Found) and isinstance(found.binding, Function) and not found.where.scopes:
        read = read_metric(found, names)
        if read is not None:
            yield from _arguments(read, caller)
            yield from _of_any(read, pieces_of(names, found), words=caller == _GEPA)


def function_problems(found: Found, names: Names, words: bool) -> Iterator[Problem]:
    """What is wrong with a metric that a target takes, however it was named; `words` are wanted by GEPA.

    A run gives it two, three or five arguments, as many as it takes.
    """
    if isinstance(found.binding, Function) and not found.where.scopes:
        read = read_metric(found, names)
        if read is not None:
            if not any(read.takes(it) for it in _GIVEN):
                message = (
                    f"`{read.node.name}` takes neither two, three nor five arguments, so it is no metric. "
                    f"Write `def {read.node.name}(example, prediction, trace=None)`."
                )
                yield Problem(read.span, "metric-arguments", message, Severity.ERROR)
            yield from _of_any(read, pieces_of(names, found), words)


def _of_any(read: "ReadMetric", pieces: Sequence[Piece], words: bool) -> Iterator[Problem]:
    yield from _swapped(read)
    yield from _asking(read, pieces)
    if words:
        yield from _feedback(read)


@dataclass(frozen=True, slots=True)
class ReadMetric:
    """A metric's definition as it stands; `span` is that of its name."""

    span: Span
    node: ast.FunctionDef

    @property
    def names(self) -> list[str]:
        """Its positional parameters."""
        return [it.arg for it in (*self.node.args.posonlyargs, *self.node.args.args)]

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many positional arguments."""
        return _takes(self.node.args, count)


def _takes(args: ast.arguments, count: int) -> bool:
    """Whether parameters can be given so many positional arguments, and nothing else."""
    positional = len(args.posonlyargs) + len(args.args)
    free = all(it is not None for it in args.kw_defaults)
    return (
        free and positional - len(args.defaults) <= count and (args.vararg is not None or count <= positional)
    )


def read_metric(found: Found, names: Names) -> ReadMetric | None:
    """The definition of a plain function; None for one that is decorated, asynchronous or generates."""
    assert isinstance(found.binding, Function)
    own = found.binding
    lines = names.files[found.where.path].lines
    first, last = found.where.offset + own.start, found.where.offset + own.place.end_line
    tree = parse_indented("\n".join(lines[first - 1 : last]))
    node = next(iter(tree.body), None) if tree else None
    if isinstance(node, ast.If):
        node = next(iter(node.body), None)
    if not isinstance(node, ast.FunctionDef) or node.decorator_list:
        return None
    column = lines[found.line - 1].find(own.name)
    span = Span(found.where.path, found.line, found.line, max(column, 0), max(column, 0) + len(own.name))
    return ReadMetric(span, node)


def _lambda_arguments(given: Given, caller: str, names: Names) -> Iterator[Problem]:
    """What a metric that is written in place takes, against what `caller` gives it."""
    text = written(names, given)
    tree = parse(f"({text})") if text.startswith("lambda") else None
    match tree:
        case ast.Module(body=[ast.Expr(value=ast.Lambda(args=args))]):
            count = _count(caller)
            if count and not _takes(args, count):
                message = (
                    f"{caller} calls this metric with {_GIVEN[count]}, which it does not take. "
                    f"Write `lambda {_SHAPES[count]}: …`."
                )
                yield Problem(given.span, "metric-arguments", message, Severity.ERROR)


def _count(caller: str) -> int:
    """How many arguments a metric is called with; 0 where that is not known."""
    return 2 if caller in _TWO else 3 if caller in _THREE else 5 if caller == _GEPA else 0


def _arguments(it: ReadMetric, caller: str) -> Iterator[Problem]:
    count = _count(caller)
    if count and not it.takes(count):
        message = (
            f"{caller} calls `{it.node.name}` with {_GIVEN[count]}, which it does not take. "
            f"Write `def {it.node.name}({_SHAPES[count]})`."
        )
        yield Problem(it.span, "metric-arguments", message, Severity.ERROR)


def _swapped(it: ReadMetric) -> Iterator[Problem]:
    match it.names[:2]:
        case [first, second] if first in ANSWERS and second in EXAMPLES:
            message = (
                f"DSPy gives a metric the example first, so `{first}` is the example here and `{second}` the "
                f"prediction. Swap the two."
            )
            yield Problem(it.span, "metric-swapped", message)


def _asking(it: ReadMetric, pieces: Sequence[Piece]) -> Iterator[Problem]:
    calls = model_calls(pieces)
    if calls.high:
        often = "as often as its loop goes round," if in_loop(pieces) else _often(calls)
        message = (
            f"This metric asks a model {often} for each answer that it judges, which estimates count as "
            "`judge`. Compare without a model where that will do."
        )
        yield Problem(it.span, ASKING, message, Severity.INFORMATION)


def _often(calls: Range) -> str:
    low, high = round(calls.low), round(calls.high)
    if low == high:
        return "once" if low == 1 else f"{low} times"
    return f"up to {high} times" if high > 1 else "at most once"


def _feedback(it: ReadMetric) -> Iterator[Problem]:
    """A metric whose every answer is a bare number, where GEPA learns from words."""
    returns = [node.value for node in ast.walk(it.node) if isinstance(node, ast.Return)]
    if returns and all(value is not None and _is_number(value) for value in returns):
        message = (
            f"`{it.node.name}` gives GEPA a number and no words to learn from. "
            "Return `dspy.Prediction(score=…, feedback=…)` that says what was wrong."
        )
        yield Problem(it.span, "metric-feedback", message, Severity.INFORMATION)


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=bool() | int() | float()) | ast.Compare():
            return True
        case ast.UnaryOp(operand=operand):
            return isinstance(node.op, ast.Not) or _is_number(operand)
        case ast.BoolOp(values=values):
            return all(_is_number(it) for it in values)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_number(body) and _is_number(orelse)
        case ast.Call(func=ast.Name("float" | "int" | "bool" | "round" | "min" | "max" | "len")):
            return True
    return False
