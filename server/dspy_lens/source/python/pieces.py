"""The source text that a definition leans on, through all files of the root."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from dspy_lens.source.python.facts import Assign, Class, Function
from dspy_lens.source.python.names import Found, Names, Where
from dspy_lens.source.python.strings import StringSignature, read_string
from dspy_lens.source.python.text import parse, parse_indented
from dspy_lens.values.definition import Piece


def pieces_of(names: Names, own: Found) -> tuple[Piece, ...]:
    """A declaration and everything in the root that it leans on: itself first, then as the text names them."""
    return _closed(names, [own])


def pieces_of_text(names: Names, own: Piece, where: Where, line: int) -> tuple[Piece, ...]:
    """The same for a piece of text that is no declaration, such as a call."""
    return (own, *_closed(names, list(_leans_on(names, own.text, where, line))))


def piece(names: Names, found: Found) -> Piece:
    """The exact text of a declaration."""
    place = found.binding.place if isinstance(found.binding, Class | Function | Assign) else None
    assert place is not None
    start = found.binding.start if isinstance(found.binding, Class | Function) else place.line
    lines = names.files[found.where.path].lines
    offset = found.where.offset
    text = "\n".join(lines[offset + start - 1 : offset + place.end_line])
    return Piece(found.where.path, qualname(found), text)


def qualname(found: Found) -> str:
    """Python's qualified name of a declaration."""
    if isinstance(found.binding, Class | Function):
        return found.binding.qualname
    if not found.where.scopes:
        return found.binding.name
    scope = found.where.scopes[-1]
    return f"{scope.qualname}.{'<locals>.' if scope.runs else ''}{found.binding.name}"


def _closed(names: Names, waiting: list[Found]) -> tuple[Piece, ...]:
    seen: set[tuple[str, int, str]] = set()
    out: list[Piece] = []
    taken: dict[tuple[str, str], int] = {}
    while waiting:
        found = waiting.pop(0)
        if found.key in seen:
            continue
        seen.add(found.key)
        made = piece(names, found)
        number = taken[made.path, made.name] = taken.get((made.path, made.name), 0) + 1
        out.append(made if number == 1 else Piece(made.path, f"{made.name}#{number}", made.text))
        waiting += _leans_on(names, made.text, found.within, found.line)
    return tuple(out)


def _leans_on(names: Names, text: str, where: Where, line: int) -> Iterator[Found]:
    """The declarations of the root that some text names."""
    for dotted in references(text):
        found = names.meaning(dotted, where, line)
        while found is None and "." in dotted:
            dotted = dotted.rpartition(".")[0]
            found = names.meaning(dotted, where, line)
        if isinstance(found, Found) and isinstance(found.binding, Class | Function | Assign):
            yield _outermost(names, found)


def _outermost(names: Names, found: Found) -> Found:
    """The class that an attribute or nested class belongs to, since what it means may hang on all of it."""
    if not found.where.scopes or found.where.scopes[0].kind != "class":
        return found
    for bound in names.files[found.where.path].names.values():
        for offset, binding in bound:
            if (
                isinstance(binding, Class)
                and binding.scope is found.where.scopes[0]
                and offset == found.where.offset
            ):
                return Found(Where(found.where.path, offset), binding)
    return found


@lru_cache(maxsize=4096)
def references(text: str) -> tuple[str, ...]:
    """The dotted names that a piece of source reads, in order, without a function's own variables."""
    tree = parse_indented(text) or parse(text.strip())
    if tree is None:
        return ()
    nodes = list(ast.walk(tree))
    own = {it.arg for it in nodes if isinstance(it, ast.arg)}
    own |= {
        name for it in nodes if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef) for name in _stored(it)
    }
    found = [name for name in _names(tree) if name.partition(".")[0] not in own]
    return tuple(dict.fromkeys(found))


def _stored(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    free = {name for it in ast.walk(function) if isinstance(it, ast.Global) for name in it.names}
    for it in ast.walk(function):
        if isinstance(it, ast.Name) and isinstance(it.ctx, ast.Store) and it.id not in free:
            yield it.id


def _names(node: ast.AST) -> Iterator[str]:
    """Names in the order of the source; strings count where they are annotations or signatures."""
    match node:
        case ast.Attribute() | ast.Name(ctx=ast.Load()):
            parts: list[str] = []
            inner: ast.expr = node
            while isinstance(inner, ast.Attribute):
                parts.append(inner.attr)
                inner = inner.value
            if isinstance(inner, ast.Name):
                yield ".".join([inner.id, *reversed(parts)])
                return
        case ast.Constant(value=str(text)) if "->" in text:
            read = read_string(text)
            yield from read.names if isinstance(read, StringSignature) else ()
        case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=annotation) if annotation is not None:
            yield from _quoted(annotation)
        case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns) if returns is not None:
            yield from _quoted(returns)
    for child in ast.iter_child_nodes(node):
        yield from _names(child)


def _quoted(annotation: ast.expr) -> Iterator[str]:
    for it in ast.walk(annotation):
        if isinstance(it, ast.Constant) and isinstance(it.value, str):
            tree = parse(it.value.strip())
            if tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
                yield from _names(tree.body[0])
