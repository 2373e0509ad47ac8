"""What one file says, as far as it can be said without looking at any other file.

A file is a sequence of blocks (its top-level statements). A block knows nothing of where it stands, so
that an edit elsewhere leaves it as it is; places in it count from its own first line. Values that may be
large compare by identity.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dspy_lens.source.python.expressions import Call, Expr, Place

CELL = "cell"
"""The kind of a function that marimo runs as a cell: what it binds, other cells take as parameters."""


@dataclass(frozen=True, slots=True)
class Import:
    """`import a.b as c` (attribute None) or `from ..a import b as c`."""

    name: str
    module: str
    attribute: str | None
    level: int
    line: int


@dataclass(frozen=True, slots=True)
class Star:
    """`from a import *`."""

    module: str
    level: int
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Assign:
    """`name = value`, `name: type = value`, or a type alias; `value` is None for a bare annotation."""

    name: str
    value: Expr | None
    annotation: str | None
    place: Place  # of the whole statement
    target: Place
    marker: Expr | None = None  # the last call inside `Annotated[…]`
    guards: tuple[Expr, ...] = ()  # the conditions that it stands under

    @property
    def line(self) -> int:
        return self.place.line


@dataclass(frozen=True, slots=True)
class Local:
    """A name that only running gives a value: a parameter, a loop variable, a `with … as`."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Doc:
    """A class's `__doc__` where the class itself sets it, by its docstring or by `__doc__ = …`."""

    value: Expr
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class SelfAssign:
    """`self.name = value` in a method."""

    name: str
    value: Expr
    place: Place  # of the whole statement
    plain: bool = True  # the only target, straight in the method's body


@dataclass(frozen=True, slots=True, eq=False)
class SelfCall:
    """`self.method(…)` or `super().method(…)`, as a statement of a method."""

    method: str
    parent: bool
    call: Call


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    annotation: str | None
    default: Expr | None
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    name: str
    qualname: str
    place: Place  # from the `def` to the end
    start: int  # the first line, decorators included
    parameters: tuple[Parameter, ...]
    scope: "Scope"
    steps: tuple[SelfAssign | SelfCall, ...] = ()

    @property
    def line(self) -> int:
        return self.place.line


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    name: str
    qualname: str
    place: Place  # from the `class` to the end
    start: int
    bases: tuple[Expr, ...]
    doc: Doc | None
    scope: "Scope"

    @property
    def line(self) -> int:
        return self.place.line


Binding = Import | Assign | Local | Function | Class


@dataclass(frozen=True, slots=True)
class Site:
    """A call that may make a predictor, a signature or an example, and the name that holds its value."""

    call: Call
    holder: str | None  # the qualname of the variable or attribute
    statement: Place
    plain: bool  # the statement is nothing but `holder = call`
    attribute: str | None = None  # `self.name`, as the source writes the holder


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """What a module, class or function binds and calls, in the order of the source."""

    kind: str  # module | class | function | cell
    qualname: str
    bindings: tuple[Binding, ...] = ()
    stars: tuple[Star, ...] = ()
    sites: tuple[Site, ...] = ()
    docs: tuple[tuple[str, Expr, int], ...] = ()  # `QA.__doc__ = …`: name, value, line
    hidden: tuple[str, ...] = ()  # names that only running gives a value: parameters, loop variables
    me: str = ""  # of a method: its first parameter
    grown: frozenset[str] = frozenset()  # names whose lists and dicts it changes after they are made

    @property
    def runs(self) -> bool:
        """Whether it is a function's."""
        return self.kind in ("function", CELL)

    def scopes(self) -> Iterator["Scope"]:
        """The scopes right inside."""
        for binding in self.bindings:
            if isinstance(binding, Class | Function):
                yield binding.scope


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One top-level statement, or what could be saved of it when it does not parse."""

    text: str
    scope: Scope
    broken: bool = False
    too_deep: bool = False  # it parses, and is nested beyond what can be followed


@dataclass(frozen=True, slots=True)
class Later:
    """`QA.__doc__ = value`, after the class was made."""

    value: Expr
    line: int


Placed = tuple[tuple[int, object], ...]
"""Things of a file, each with the number of lines before its block."""
