"""Finds the calls in an expression that may make a predictor, a signature or an example."""

import ast
import builtins
from collections.abc import Iterator

from dspy_lens.source.python import known
from dspy_lens.source.python.reader import dotted

# Calls whose result is, or keeps, what they are given or called on.
_KEEPING = frozenset(
    {"with_inputs", "deepcopy", "reset_copy", "compile", "streamify", "asyncify", "syncify"} | known.DERIVING
)

# Methods that change the list, dict or set that they are called on.
_CHANGING = frozenset({"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"})
_CHANGING |= {"update", "setdefault", "add", "discard", "popitem"}

_HARMLESS = frozenset({*dir(builtins), "display"})

_DOING = frozenset({"compile", "save", "load"})


def calls_in(node: ast.AST, held: bool) -> Iterator[tuple[ast.Call, bool]]:
    """The calls in an expression, outer ones first, each with whether a variable holds what it makes.

    `x = Predict("a -> b")(a=1)` holds a prediction, not the predictor.
    """
    stack: list[tuple[ast.AST, bool]] = [(node, held)]
    while stack:
        current, kept = stack.pop()
        if isinstance(current, ast.Call):
            yield current, kept
        inside = [(it, kept and _passes(current, it)) for it in ast.iter_child_nodes(current)]
        stack += reversed(inside)


def _passes(parent: ast.AST, child: ast.AST) -> bool:
    """Whether what holds the parent holds the child too."""
    match parent:
        case ast.Call(func=func) if child is func:
            return isinstance(child, ast.Attribute)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name[:1].isupper() or name in _KEEPING
        case ast.Attribute(attr=name):
            return name in _KEEPING
    return not isinstance(parent, ast.Lambda | ast.Await | ast.Subscript | ast.Compare)


def concerns(call: ast.Call) -> bool:
    """Whether a call may make a predictor, signature or example, or do something with a program.

    Its name tells, by its capital letter or by what methods of programs are called, else its string.
    """
    func = call.func
    if isinstance(func, ast.Attribute) and func.attr == "with_inputs":
        return isinstance(func.value, ast.Call)
    if isinstance(func, ast.Attribute) and func.attr in _DOING:
        return True
    if isinstance(func, ast.Call):
        return (dotted(func.func) or "").endswith("Evaluate")
    name = dotted(func)
    if name is None:
        return False
    tail = name.rpartition(".")[2]
    if tail[:1].isupper() or "eval" in tail or tail in known.MAKERS:
        return True
    return any("->" in text for text in _strings(call))


def derives(call: ast.Call) -> bool:
    """Whether a call may make a signature of another one."""
    return isinstance(call.func, ast.Attribute) and call.func.attr in known.DERIVING


def grows(call: ast.Call) -> str | None:
    """The name whose list or dict a call changes: `NAME` of `NAME.append(…)` and of `random.shuffle(NAME)`."""
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in _CHANGING:
            return name
        case ast.Call(func=ast.Name("shuffle") | ast.Attribute(attr="shuffle"), args=[ast.Name(id=name)]):
            return name
    return None


def handed(statement: ast.stmt) -> set[str]:
    """The names that a statement does nothing with but give them to a function of the user's: it may change them."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Name(id=function), args=args)) if function not in _HARMLESS:
            return {it.id for it in args if isinstance(it, ast.Name)}
    return set()


def changed(target: ast.expr) -> set[str]:
    """The names whose lists or dicts an assignment changes: `NAME` of `NAME["key"] = …`."""
    match target:
        case ast.Subscript(value=ast.Name(id=name)):
            return {name}
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return {name for it in elements for name in changed(it)}
    return set()


def _strings(call: ast.Call) -> Iterator[str]:
    for it in [*call.args[:1], *(key.value for key in call.keywords if key.arg == "signature")]:
        match it:
            case ast.Constant(value=str(text)):
                yield text
