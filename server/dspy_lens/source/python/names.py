"""Finds what a name stands for, across the files of a root."""

from collections.abc import Mapping
from dataclasses import dataclass

from dspy_lens.source.python import known
from dspy_lens.source.python.expressions import Choice, Const, Expr, Ref
from dspy_lens.source.python.facts import (
    CELL,
    Assign,
    Binding,
    Class,
    Function,
    Import,
    Placed,
    Scope,
    Star,
)
from dspy_lens.source.python.folding import text_of, truth
from dspy_lens.source.python.modules import Modules
from dspy_lens.source.python.read import FileFacts

_DEEP = 40  # hops of imports and aliases after which a name counts as unknown


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
    """Something outside the root, by its dotted name."""

    dotted: str

    @property
    def dspy(self) -> str | None:
        return known.dspy_name(self.dotted)


Meaning = Found | ModuleFound | External | None


class Names:
    """Looks names up in one state of the files; `rests_on` gathers what was looked up and what was there."""

    def __init__(self, files: Mapping[str, FileFacts], modules: Modules) -> None:
        self.files = files
        self.modules = modules
        self.rests_on: dict[tuple[str, str], Placed] = {}

    def lookup(self, path: str, name: str) -> Placed:
        """The bindings of a name of a module; `*` its star imports, `QA.__doc__` a docstring put in later.

        `cell QA` are the marimo cells that bind it.
        """
        found = looked_up(self.files[path], name)
        self.rests_on[path, name] = found
        return found

    def meaning(self, dotted: str, where: Where, line: int, hops: int = 0) -> Meaning:
        """What a dotted name stands for at a line of a file."""
        first, _, rest = dotted.partition(".")
        found = self._binding(first, where, line)
        if isinstance(found, Found):
            return self._follow(found, rest, line, hops)
        return (
            self._member_of(found, rest, hops)
            if found is not None
            else self._starred(first, rest, where, hops)
        )

    def binds(self, name: str, where: Where, line: int) -> bool:
        """Whether anything in sight of a line binds a name, whatever it stands for."""
        return self._binding(name, where, line) is not None

    def expression(self, expr: Expr | None, where: Where, line: int) -> Meaning:
        return self.meaning(expr.dotted, where, line) if isinstance(expr, Ref) else None

    def value(self, expr: Expr | None, where: Where, line: int) -> tuple[Expr | None, Where, int]:
        """An expression with names of variables replaced by what they were given, and where that stands."""
        for _ in range(_DEEP):
            match expr:
                case Ref(dotted):
                    found = self.meaning(dotted, where, line)
                    if not isinstance(found, Found) or not isinstance(found.binding, Assign):
                        break
                    value = found.binding.value
                    if value is None or value is expr or self._is_doubtful(found):
                        break
                    expr, where, line = value, found.where, found.line
                case Choice(test, body, other):
                    holds = truth(self, test, where, line)
                    if holds is None:
                        break
                    expr = body if holds else other
                case _:
                    break
        return expr, where, line

    def _is_doubtful(self, found: Found) -> bool:
        """Whether a name may hold another value, since it was given this one under a condition."""
        assert isinstance(found.binding, Assign)
        if not found.binding.guards:
            return False
        scopes = found.where.scopes
        bound = (
            _bound(scopes[-1], found.where.offset, found.binding.name)
            if scopes
            else self.lookup(found.where.path, found.binding.name)
        )
        return len(bound) > 1 and holds_at(self, found.binding, found.where) is None

    def text(self, expr: Expr | None, where: Where, line: int) -> str | None:
        """The string an expression is known to give."""
        return text_of(self, expr, where, line)

    def _binding(self, name: str, where: Where, line: int) -> Found | External | None:
        """The nearest binding of a name; External("") for a name that only running gives a value."""
        own = where.scopes
        for depth in range(len(own), 0, -1):
            scope = own[depth - 1]
            if scope.kind == "class" and depth < len(own):
                continue
            around = Where(where.path, where.offset, own[:depth])
            bound = _bound(scope, where.offset, name)
            if bound:
                late = any(it.runs for it in own[depth:])
                return _chosen(bound, around, None if late else line)
            if name in scope.hidden:
                return self._of_cells(name, where) if scope.kind == CELL else External("")
        found = self.lookup(where.path, name)
        late = any(it.runs for it in own)
        return _chosen(found, Where(where.path), None if late else line) if found else None

    def _of_cells(self, name: str, where: Where) -> Found | External:
        """What a parameter of a marimo cell stands for: what another cell binds under its name."""
        for offset, cell in reversed(self.lookup(where.path, f"{CELL} {name}")):
            if isinstance(cell, Function) and cell.scope not in where.scopes:
                around = Where(where.path, offset, (cell.scope,))
                return _chosen(_bound(cell.scope, offset, name), around, None)
        found = self.lookup(where.path, name)
        if found:
            return _chosen(found, Where(where.path), None)
        return External(name if name == "dspy" else "")

    def _follow(self, found: Found, rest: str, line: int, hops: int) -> Meaning:
        """What is meant by the rest of a dotted name after its first part was found."""
        if hops > _DEEP:
            return None
        match found.binding:
            case Import() as it:
                return self._member_of(self._imported(it, found.where, hops), rest, hops)
            case Assign(value=Ref(dotted)) as it if dotted != it.name:
                return self._member_of(self.meaning(dotted, found.where, found.line, hops + 1), rest, hops)
        return self._member_of(found, rest, hops)

    def _imported(self, it: Import, where: Where, hops: int) -> Meaning:
        if it.level == 0 and it.attribute is None:
            return self._module(it.module, where)
        if it.level == 0:
            return self._member_of(self._module(it.module, where), it.attribute or "", hops + 1)
        return self._relative(it, where, hops)

    def _relative(self, it: Import, where: Where, hops: int) -> Meaning:
        name = it.attribute or ""
        if path := self.modules.relative(it.module, it.level, where.path):
            return self._member(path, name, hops + 1)
        inner = f"{it.module}.{name}" if it.module else name
        path = self.modules.relative(inner, it.level, where.path)
        return ModuleFound(path) if path else self._beyond(it, where)

    def _beyond(self, it: Import, where: Where) -> Meaning:
        """A relative import of a file that is not there; inside DSPy's own repository it may still be DSPy's."""
        package = self.modules.name(where.path).rpartition(".")[0]
        return External(f"{package or '?'}.{it.module}.{it.attribute}".replace("..", "."))

    def _module(self, dotted: str, where: Where) -> Meaning:
        own = dotted.partition(".")[0] == "dspy" and self.modules.shadows_dspy
        if own and self._passes_dspy_on():
            return External(dotted)
        path = self.modules.absolute(dotted, where.path)
        if path is not None:
            return ModuleFound(path)
        return External(f"?{dotted}") if own else External(dotted)

    def _passes_dspy_on(self) -> bool:
        """Whether the root's own `dspy` looks for the installed one and puts it in its own place."""
        facts = self.files.get(self.modules.by_name.get("dspy", ""))
        return facts is not None and "find_spec" in facts.text and "sys.modules" in facts.text

    def _member_of(self, owner: Meaning, rest: str, hops: int) -> Meaning:
        """A dotted attribute of what was found."""
        while rest and owner is not None:
            name, _, rest = rest.partition(".")
            match owner:
                case External(dotted):
                    return self._outside(dotted, f"{name}.{rest}".strip("."), hops) if dotted else None
                case ModuleFound(path):
                    owner = self._member(path, name, hops + 1)
                case Found(where, Class(scope=scope)):
                    bound = _bound(scope, where.offset, name)
                    owner = _chosen(bound, where.inside(scope), None) if bound else None
                case _:
                    return None
        return owner

    def _outside(self, dotted: str, rest: str, hops: int) -> Meaning:
        """An attribute of a module outside the root, or of a folder of the root without an `__init__.py`."""
        parts = rest.split(".")
        for count in range(len(parts), 0, -1):
            path = self.modules.by_name.get(".".join([dotted, *parts[:count]]))
            if path is not None and known.dspy_name(f"{dotted}.{rest}") is None:
                return self._member_of(ModuleFound(path), ".".join(parts[count:]), hops + 1)
        return External(f"{dotted}.{rest}")

    def _member(self, path: str, name: str, hops: int) -> Meaning:
        """A name at the top level of a module of the root."""
        if hops > _DEEP:
            return None
        bound = self.lookup(path, name)
        if bound:
            return self._follow(_chosen(bound, Where(path), None), "", 0, hops + 1)
        below = self.modules.below(path, name)
        if below is not None:
            return ModuleFound(below)
        return None if name.startswith("_") else self._starred(name, "", Where(path), hops + 1)

    def _starred(self, name: str, rest: str, where: Where, hops: int) -> Meaning:
        """A name that a star import may bring."""
        if hops > _DEEP:
            return None
        for _, star in reversed(self.lookup(where.path, "*")):
            assert isinstance(star, Star)
            if star.level:
                path = self.modules.relative(star.module, star.level, where.path)
                owner: Meaning = ModuleFound(path) if path else None
            else:
                owner = self._module(star.module, where)
            if isinstance(owner, External):
                if known.dspy_name(f"{owner.dotted}.{name}") is None:
                    continue
                return self._member_of(owner, f"{name}.{rest}".strip("."), hops + 1)
            if isinstance(owner, ModuleFound) and owner.path != where.path:
                made = self._member(owner.path, name, hops + 1)
                if made is not None:
                    return self._member_of(made, rest, hops)
        return None


def holds_at(names: Names, binding: Assign, where: Where) -> bool | None:
    """Whether the conditions that an assignment stands under hold; None where only running could tell."""
    line = where.offset + binding.line
    found = [truth(names, it, where, line) for it in binding.guards]
    return False if False in found else None if None in found else True


def looked_up(facts: FileFacts | None, name: str) -> Placed:
    """What a file has under a name, as `Names.lookup` says it."""
    if facts is None:
        return ()
    if name == "*":
        return facts.stars
    if name.startswith(f"{CELL} "):
        return facts.marimo.get(name.removeprefix(f"{CELL} "), ())
    if name.endswith(".__doc__"):
        return facts.docs.get(name.removesuffix(".__doc__"), ())
    return facts.names.get(name, ())


def _bound(scope: Scope, offset: int, name: str) -> Placed:
    return tuple((offset, it) for it in scope.bindings if it.name == name)


def _chosen(bound: Placed, around: Where, line: int | None) -> Found:
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
    chosen = first or holder
    assert chosen is not None
    return _found(chosen, around)


def _found(chosen: tuple[int, Binding], around: Where) -> Found:
    offset, binding = chosen
    return Found(Where(around.path, offset, around.scopes), binding)


def _is_placeholder(binding: Binding) -> bool:
    """`dspy = None`, as it stands where an import failed, or a bare annotation."""
    if not isinstance(binding, Assign):
        return False
    return binding.value is None or (isinstance(binding.value, Const) and binding.value.value is None)
