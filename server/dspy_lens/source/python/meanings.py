"""What names may stand for, and which binding of a name holds at a line."""

from dataclasses import dataclass, field

from dspy_lens.source.python import known
from dspy_lens.source.python.expressions import Const
from dspy_lens.source.python.facts import Assign, Binding, Class, Function, Import, Placed, Scope


@dataclass(frozen=True, slots=True)
class Where:
    """A place that names are looked up from: a file, the lines before its block, and the scopes around."""

    path: str
    offset: int = 0
    scopes: tuple[Scope, ...] = ()

    def inside(self, scope: Scope) -> "Where":
        return Where(self.path, self.offset, (*self.scopes, scope))


@dataclass(frozen=True, slots=True)
class Found:
    """Something the root declares, and where it stands."""

    where: Where  # around the declaration
    binding: Binding

    @property
    def line(self) -> int:
        return self.where.offset + self.binding.line

    @property
    def key(self) -> tuple[str, int, str]:
        return self.where.path, self.line, self.binding.name

    @property
    def within(self) -> Where:
        """The place that names inside the declaration are looked up from."""
        scope = getattr(self.binding, "scope", None)
        return self.where.inside(scope) if isinstance(scope, Scope) else self.where


@dataclass(frozen=True, slots=True)
class ModuleFound:
    """A module of the root."""

    path: str


@dataclass(frozen=True, slots=True)
class External:
    """Something outside the root, by its dotted name; or a folder without an `__init__.py`, which only what is
    asked of it tells apart, as `importer` would find it."""

    dotted: str
    importer: str = field(default="", compare=False)

    @property
    def dspy(self) -> str | None:
        return known.dspy_name(self.dotted)


Meaning = Found | ModuleFound | External | None


def bound_in(scope: Scope, offset: int, name: str) -> Placed:
    return tuple((offset, it) for it in scope.bindings if it.name == name)


def chosen(bound: Placed, around: Where, line: int | None) -> Found:
    """The binding that holds at a line (None: when everything has run); placeholders only where there is no other."""
    first: tuple[int, Binding] | None = None
    holder: tuple[int, Binding] | None = None
    settled = False
    for offset, it in reversed(bound):
        if not isinstance(it, Import | Assign | Function | Class):
            continue
        if _is_placeholder(it):
            if not settled:
                holder, settled = (offset, it), line is None or offset + it.line < line
            continue
        first = (offset, it)
        if line is None or offset + it.line < line:
            return _found(first, around)
    found = first or holder
    assert found is not None
    return _found(found, around)


def _found(pair: tuple[int, Binding], around: Where) -> Found:
    offset, binding = pair
    return Found(Where(around.path, offset, around.scopes), binding)


def _is_placeholder(binding: Binding) -> bool:
    """`dspy = None`, as it stands where an import failed, or a bare annotation."""
    if not isinstance(binding, Assign):
        return False
    return binding.value is None or (isinstance(binding.value, Const) and binding.value.value is None)
