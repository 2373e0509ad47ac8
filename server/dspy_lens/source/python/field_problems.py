"""Mistakes in the fields of a class: no type or an unknown one, arguments without effect, nothing said at all."""

import ast
import builtins
import re
import typing
from collections.abc import Iterator
from functools import lru_cache

from dspy_lens.source.annotations import Annotation, annotation
from dspy_lens.source.python.expressions import Call
from dspy_lens.source.python.facts import Assign, Class, Star
from dspy_lens.source.python.fields import field_of, span_of
from dspy_lens.source.python.names import Found, Names, Where
from dspy_lens.source.python.shape import Shape, default_instructions
from dspy_lens.values.definition import Problem, Severity

_CONSTRAINTS = frozenset({"gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "allow_inf_nan"})
"""Arguments of a field that DSPy tells the model about."""

_GENERIC = frozenset(typing.__all__) | {"list", "dict", "set", "tuple", "frozenset", "type"}
_IDLE = ("prefix", "format", "parser")
"""Arguments of `InputField` and `OutputField` that DSPy takes and does nothing with."""

_GLOBAL = re.compile(r"\bglobal\s([^\n]*)")
_ANYTHING = re.compile(r"globals\(\)|exec\(|%run\b|__getattr__")  # these may bind any name
_LATER = re.compile(r"\b(\w+)\.(?:with_instructions|instructions|__doc__|with_updated_fields)\b")


def field_problems(found: Found, shape: Shape, names: Names) -> Iterator[Problem]:
    """What is wrong in the fields that a signature's class declares itself."""
    assert isinstance(found.binding, Class)
    for it in found.binding.scope.bindings:
        if isinstance(it, Assign):
            yield from _untyped(found, it, names)
            yield from _unknown(found, it, names)
            yield from _idle(found, it)
    yield from _bare(found, shape, names)


def _untyped(found: Found, it: Assign, names: Names) -> Iterator[Problem]:
    line = found.where.offset + it.line
    if it.annotation is not None or not isinstance(it.value, Call):
        return
    if field_of(names, it.name, None, it.value, found.within, line, it.target) is not None:
        message = (
            f"`{it.name}` has no type, so DSPy takes it as text. Write `{it.name}: str`, or its real type."
        )
        yield Problem(span_of(found.where, it.target), "field-untyped", message, Severity.INFORMATION)


def _unknown(found: Found, it: Assign, names: Names) -> Iterator[Problem]:
    """Names in the annotation of a field that nothing in sight declares."""
    line = found.where.offset + it.line
    value = it.value or it.marker
    if it.annotation is None or not isinstance(value, Call):
        return
    if field_of(names, it.name, it.annotation, value, found.within, line, it.target) is None:
        return
    for name in dict.fromkeys(_roots(it.annotation)):
        if not _is_known(name, found.within, line, names):
            message = (
                f"Nothing here is called `{name}`, so Python cannot make this field. Import or define it."
            )
            yield Problem(span_of(found.where, it.target), "unknown-type", message, Severity.ERROR)


def _roots(annotation: str) -> Iterator[str]:
    """The first parts of the names in a type, also in one written as a string; those inside Literal are values."""
    try:
        tree = ast.parse(annotation.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    stack: list[ast.AST] = [tree.body]
    while stack:
        node = stack.pop()
        match node:
            case ast.Subscript(value=value) if _last(value) in ("Literal", "Annotated"):
                stack.append(value)
                continue
            case ast.Subscript(value=value, slice=inside) if _last(value) not in _GENERIC:
                # The texts in `dspy.Code["python"]` and `mine.Choice["a", "b"]` are no types.
                parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
                stack += [value, *(it for it in parts if not isinstance(it, ast.Constant))]
                continue
            case ast.Constant(value=str(text)):
                yield from _roots(text)
            case ast.Name(id=name):
                yield name
            case ast.Lambda() | ast.ListComp() | ast.Call():
                continue
        stack += ast.iter_child_nodes(node)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_known(name: str, where: Where, line: int, names: Names) -> bool:
    if hasattr(builtins, name) or names.binds(name, where, line):
        return True
    facts = names.files[where.path]
    stars = [it for _, it in names.lookup(where.path, "*") if isinstance(it, Star)]
    hidden = any(name in block.scope.hidden for _, block in facts.blocks)
    return bool(stars or hidden or _bound_elsewhere(name, facts.text))


def _bound_elsewhere(name: str, text: str) -> bool:
    """Whether a name may be bound in a way that is not seen here: `global`, `exec`, `%run`."""
    named = _named_global(text)
    return named is None or name in named


@lru_cache(maxsize=256)
def _named_global(text: str) -> frozenset[str] | None:
    """The names that functions bind for the module; None where these may be any."""
    lines = None if _ANYTHING.search(text) else _GLOBAL.findall(text)
    return None if lines is None else frozenset(name for it in lines for name in re.findall(r"\w+", it))


@lru_cache(maxsize=256)
def _finished_later(text: str) -> frozenset[str]:
    """The names that a file gives instructions or descriptions to after they are made, or makes others of."""
    return frozenset(_LATER.findall(text))


def _idle(found: Found, it: Assign) -> Iterator[Problem]:
    value = it.value or it.marker
    if not isinstance(value, Call):
        return
    name = getattr(value.func, "dotted", "").rpartition(".")[2]
    if name not in ("InputField", "OutputField"):
        return
    for key, given in value.keywords:
        if key in _IDLE:
            message = f"DSPy does nothing with `{key}` any more. Say it in `desc`, or take it out."
            yield Problem(span_of(found.where, given.place), "field-prefix", message)


def _is_plain(kind: Annotation) -> bool:
    """Whether a type says nothing beyond its name, as a model with fields of its own may."""
    return kind.kind != "other" and (kind.item is None or _is_plain(kind.item))


def _bare(found: Found, shape: Shape, names: Names) -> Iterator[Problem]:
    """A signature that tells the model nothing but the names of its fields."""
    assert isinstance(found.binding, Class)
    own = found.binding
    bound = any(
        key in _CONSTRAINTS
        for it in own.scope.bindings
        if isinstance(it, Assign) and isinstance(it.value, Call)
        for key, _ in it.value.keywords
    )
    silent = not bound and all(
        it.desc == f"${{{it.name}}}" and _is_plain(annotation(it.type)) for it, _ in shape.fields
    )
    if not shape.inputs or not shape.outputs or not silent or shape.doc != default_instructions(shape):
        return
    if own.name in _finished_later(names.files[found.where.path].text):
        return
    message = (
        f"{own.name} tells the model nothing but the names and types of its fields. "
        "Write what is to be done as its docstring, or give fields a `desc`."
    )
    line = found.line
    place = names.files[found.where.path].lines[line - 1]
    column = max(0, place.find(own.name))
    span = span_of(found.where, own.place)
    yield Problem(
        type(span)(span.path, line, line, column, column + len(own.name)),
        "signature-bare",
        message,
        Severity.INFORMATION,
    )
