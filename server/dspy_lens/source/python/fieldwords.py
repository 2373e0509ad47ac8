"""Where literals of examples and metrics name a field: keywords, keys of dicts, attributes, `with_inputs`."""

import ast
from collections.abc import Iterator

from dspy_lens.source.python.following import Following
from dspy_lens.source.python.names import External, Found, Where
from dspy_lens.source.python.occurrences import end_of, inside, keyword_span
from dspy_lens.source.python.project import Project
from dspy_lens.source.python.syntax import Spot, expressions, tree_of
from dspy_lens.values.definition import Span


def example_words(project: Project, path: str, field: str) -> Iterator[Span]:
    """The places of a file whose `dspy.Example(…)` name a field, in its flat text."""
    following = Following(project.names())
    for offset, block in project.files[path].blocks:
        tree = tree_of(block.text) if field in block.text else None
        for node, scopes in expressions(tree.body, block.scope) if tree else ():
            spot = Spot(node, Where(path, offset, scopes), block)
            if isinstance(node, ast.Call):
                yield from _in_example(following, spot, node, field)


def _in_example(following: Following, spot: Spot, node: ast.Call, field: str) -> Iterator[Span]:
    if _is_example(following, spot):
        yield from (keyword_span(spot, it) for it in node.keywords if it.arg == field)
        spread = [*node.args, *(it.value for it in node.keywords if it.arg is None)]
        for key in (key for it in spread if isinstance(it, ast.Dict) for key in it.keys):
            if isinstance(key, ast.Constant) and key.value == field:
                yield inside(spot.other(key), field)
    match node.func:
        case ast.Attribute(value=value, attr="with_inputs") if _is_example(following, spot.other(value)):
            for it in node.args:
                if isinstance(it, ast.Constant) and it.value == field:
                    yield inside(spot.other(it), field)


def _is_example(following: Following, spot: Spot) -> bool:
    called = spot.call()
    made = following.meaning(spot, called[0]) if called and called[0] else None
    return isinstance(made, External) and made.dspy == "Example"


def metric_words(project: Project, name: str, field: str) -> Iterator[Span]:
    """The places where a metric reads a field of its example or its prediction, in the flat text of its file."""
    found = project.found(name)
    if not isinstance(found, Found):
        return
    parameters = [it.name for it in getattr(found.binding, "parameters", ())][:2]
    place = getattr(found.binding, "place", None)
    block = next((it for at, it in project.files[found.where.path].blocks if at == found.where.offset), None)
    tree = tree_of(block.text) if block else None
    if tree is None or block is None or place is None:
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or not place.line <= node.lineno <= place.end_line:
            continue
        spot = Spot(node, found.within, block)
        if isinstance(node, ast.Attribute) and node.attr == field and _name(node.value) in parameters:
            yield end_of(spot, len(field))
        key = _key(node, parameters)
        if key is not None and key.value == field:
            yield inside(spot.other(key), field)


def _key(node: ast.expr, owners: list[str]) -> ast.Constant | None:
    """The key of `example["answer"]`, `example.get("answer")` or `getattr(example, "answer")`."""
    match node:
        case ast.Subscript(value=owner, slice=ast.Constant() as key) if _name(owner) in owners:
            return key
        case ast.Call(func=ast.Name("getattr"), args=[owner, ast.Constant() as key, *_]) if (
            _name(owner) in owners
        ):
            return key
        case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant() as key, *_]):
            return key if _name(owner) in owners else None
    return None


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None
