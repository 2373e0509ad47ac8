"""An expression with the place that its names are looked up from, and what it comes from.

What comes before is followed as far as assignments and `self.name = …` in the same class show it.
"""

from dataclasses import dataclass

from dspy_lens.source.python.expressions import Binary, Call, Expr, Member, Ref
from dspy_lens.source.python.facts import Function, SelfAssign
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.names import Names, Where
from dspy_lens.source.python.text import Lines
from dspy_lens.values.definition import Span

DEEP = 12  # how many steps an expression is followed back, and how deep paths and copies may be nested


@dataclass(frozen=True, slots=True)
class Given:
    """An expression, and the place that its names are looked up from."""

    expr: Expr
    where: Where
    line: int

    @property
    def span(self) -> Span:
        return span_of(self.where, self.expr.place)

    def other(self, expr: Expr) -> "Given":
        """Another expression of the same place."""
        return Given(expr, self.where, self.line)


def settled(names: Names, given: Given) -> Given:
    """What an expression comes from, through variables and through `self.name = …` of the class around."""
    for _ in range(DEEP):
        found, where, line = names.value(given.expr, given.where, given.line)
        if found is None:
            break
        given = Given(found, where, line)
        attribute = _attribute(given)
        if attribute is None or attribute.expr is given.expr:
            break
        given = attribute
    return given


def written(names: Names, given: Given) -> str:
    """An expression as its file has it."""
    place, offset = given.expr.place, given.where.offset
    lines = names.files[given.where.path].lines
    text = Lines("\n".join(lines[offset + place.line - 1 : offset + place.end_line]))
    return text.between(1, place.column, place.end_line - place.line + 1, place.end_column)


def file_named(names: Names, given: Given) -> tuple[str, bool] | None:
    """The path that an expression names, and whether it counts from the folder of its own file.

    None where only running could tell. `Path(__file__).parent / "qa.json"` gives ("qa.json", True).
    """
    return _path(names, given, 0)


def _attribute(given: Given) -> Given | None:
    """The last `self.name = value` of the class around, for `self.name` in one of its methods."""
    scopes = given.where.scopes
    if not isinstance(given.expr, Ref) or len(scopes) < 2 or scopes[-2].kind != "class":
        return None
    me, _, name = given.expr.dotted.partition(".")
    if me not in scopes[-1].hidden:
        return None
    for function in reversed(scopes[-2].bindings):
        if not isinstance(function, Function):
            continue
        for step in reversed(function.steps):
            if isinstance(step, SelfAssign) and step.name == name:
                around = Where(given.where.path, given.where.offset, scopes[:-1])
                return Given(step.value, around.inside(function.scope), around.offset + step.place.line)
    return None


def _path(names: Names, given: Given, depth: int) -> tuple[str, bool] | None:
    value = settled(names, given)
    text = names.text(value.expr, value.where, value.line)
    if text is not None:
        return text, False
    if depth > DEEP:
        return None
    match value.expr:
        case Ref("__file__"):
            return value.where.path.rpartition("/")[2], True
        case Binary("/", left, right):
            return _joined([_path(names, value.other(it), depth + 1) for it in (left, right)])
        case Ref(dotted, place) if dotted.endswith(".parent"):
            return _above(_path(names, value.other(Ref(dotted.removesuffix(".parent"), place)), depth + 1))
        case Member(inner, "parent"):
            return _above(_path(names, value.other(inner), depth + 1))
        case Call(func=Member(inner, "resolve" | "absolute" | "as_posix")):
            return _path(names, value.other(inner), depth + 1)
        case Call(func=Ref(dotted), args=args) if args:
            parts = [_path(names, value.other(it), depth + 1) for it in args]
            return _of_call(dotted.rpartition(".")[2], parts)
    return None


def _of_call(name: str, parts: list[tuple[str, bool] | None]) -> tuple[str, bool] | None:
    """The path that a function of `os.path` or `pathlib` makes of others."""
    match name:
        case "Path" | "PurePath" | "join" | "joinpath":
            return _joined(parts)
        case "str" | "abspath" | "realpath" | "fspath":
            return parts[0]
        case "dirname":
            return _above(parts[0])
    return None


def _joined(parts: list[tuple[str, bool] | None]) -> tuple[str, bool] | None:
    known_parts = [it for it in parts if it is not None]
    if len(known_parts) < len(parts):
        return None
    return "/".join(
        it.strip("/") if at else it.rstrip("/") for at, (it, _) in enumerate(known_parts) if it
    ), (known_parts[0][1])


def _above(path: tuple[str, bool] | None) -> tuple[str, bool] | None:
    """The folder of a path; above the file's own folder it goes on with `..`."""
    if path is None:
        return None
    text, beside = path
    if beside and (not text or text.endswith("..")):
        return f"{text}/..".lstrip("/"), True
    return text.rpartition("/")[0], beside
