"""How often a metric's source asks a model for one answer, as far as its text shows. Reads, never runs."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dspy_lens.source.python.known import AROUND, PREDICTORS
from dspy_lens.source.python.text import parse, parse_indented
from dspy_lens.values.definition import Piece
from dspy_lens.values.estimate import ZERO, Range

ONCE = Range.exactly(1)
JUDGES: Mapping[str, Range] = {"SemanticF1": ONCE, "CompleteAndGrounded": Range.exactly(2)}
"""DSPy's own metrics that ask a model, with their calls for one answer."""

ASKING = frozenset({*PREDICTORS, *AROUND, *JUDGES, "LM"})
LOOP = Range(0, 2, 5)  # how often what stands in a loop may run
BRANCH = (ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.Match)
LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def model_calls(pieces: Sequence[Piece]) -> Range:
    """Calls of a model for one answer; the first piece is the metric. 0 where the text shows none.

    What stands in a branch may be left out, what stands in a loop may come several times.
    """
    if not pieces:
        return ZERO
    trees = {it.name: tree for it in pieces if (tree := parse_indented(it.text) or parse(it.text.strip()))}
    if pieces[0].name not in trees:
        return ZERO
    return Reading(trees, predictors_in(list(trees.values()))).calls(pieces[0].name, frozenset())


def in_loop(pieces: Sequence[Piece]) -> bool:
    """Whether some of these calls are made as often as a loop goes round, which no text tells."""
    trees = {it.name: tree for it in pieces if (tree := parse_indented(it.text) or parse(it.text.strip()))}
    if not pieces or pieces[0].name not in trees:
        return False
    return Reading(trees, predictors_in(list(trees.values()))).loops(pieces[0].name, frozenset())


def own_model(pieces: Sequence[Piece]) -> str | None:
    """The model that a metric names itself, as in `dspy.LM("openai/gpt-4o")`; None where it takes what is set."""
    trees = [tree for it in pieces if (tree := parse_indented(it.text) or parse(it.text.strip()))]
    for node in (it for tree in trees for it in ast.walk(tree)):
        match node:
            case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]) if last_name(func) == "LM":
                return name
    return None


def predictors_in(trees: Sequence[ast.Module]) -> dict[str, Range]:
    """Names that hold what asks a model, `judge` and `self.judge` alike, each with its calls."""
    found: dict[str, Range] = {}
    for node in (it for tree in trees for it in ast.walk(tree)):
        match node:
            case ast.Assign(targets=targets, value=value) if calls := made(value):
                found.update({name: calls for it in targets if (name := last_name(it))})
            case ast.AnnAssign(target=target, value=ast.Call() as value) if calls := made(value):
                found.update({name: calls for it in (target,) if (name := last_name(it))})
    return found


def made(value: ast.expr) -> Range | None:
    """The calls of what an expression makes; None where it makes nothing that asks."""
    if not isinstance(value, ast.Call):
        return None
    name = last_name(value.func)
    return JUDGES.get(name, ONCE) if name in ASKING else None


def last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
    return ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The pieces of a metric: trees by name, and which names ask a model."""

    trees: Mapping[str, ast.Module]
    predictors: Mapping[str, Range]

    def calls(self, name: str, above: frozenset[str]) -> Range:
        """What one call of this piece asks; what calls itself is counted once."""
        if name in above or name not in self.trees:
            return ZERO
        total = ZERO
        for call, often in called(self.trees[name], ONCE):
            each = self.asked(call, above | {name})
            total += Range(each.low * often.low, each.expected * often.expected, each.high * often.high)
        return total

    def loops(self, name: str, above: frozenset[str]) -> bool:
        """Whether this piece, or one that it calls, asks in a loop."""
        if name in above or name not in self.trees:
            return False
        inside = above | {name}
        return any(
            (often.high > 1 and self.asked(call, inside).high > 0) or self.loops(last_name(call.func), inside)
            for call, often in called(self.trees[name], ONCE)
        )

    def asked(self, call: ast.Call, above: frozenset[str]) -> Range:
        # The predictor is made and asked in one: dspy.Predict("a -> b")(a=…)
        if (calls := made(call.func)) is not None:
            return calls
        name = last_name(call.func)
        if name in self.predictors:
            return self.predictors[name]
        if ast.unparse(call.func).endswith("settings.lm"):
            return ONCE
        return self.calls(name, above)


def called(node: ast.AST, often: Range) -> Iterator[tuple[ast.Call, Range]]:
    """All calls below, each with how often it is made when the whole is."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, often
        yield from called(child, times(often, child))


def times(often: Range, node: ast.AST) -> Range:
    if isinstance(node, BRANCH):
        return Range(0, often.expected, often.high)
    if isinstance(node, LOOPS):
        return Range(0, often.expected * LOOP.expected, often.high * LOOP.high)
    return often
