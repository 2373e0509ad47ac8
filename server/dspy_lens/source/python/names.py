"""Finds what a name stands for, across the files of a root."""

from collections.abc import Mapping

from dspy_lens.source.python import known
from dspy_lens.source.python.expressions import Call, Choice, Const, Expr, Ref
from dspy_lens.source.python.facts import (
    CELL,
    Assign,
    Class,
    Function,
    Import,
    Placed,
    SelfAssign,
    Star,
)
from dspy_lens.source.python.folding import text_of, truth
from dspy_lens.source.python.meanings import (
    External,
    Found,
    Meaning,
    ModuleFound,
    Where,
    bound_in,
    chosen,
)
from dspy_lens.source.python.modules import Modules
from dspy_lens.source.python.read import FileFacts

__all__ = ["External", "Found", "Meaning", "ModuleFound", "Names", "Where", "holds_at", "looked_up"]
GROWN = " grown"
_DEEP = 40  # hops of imports and aliases after which a name counts as unknown


class Names:
    """Looks names up in one state of the files; `rests_on` gathers what was looked up and what was there."""

    def __init__(self, files: Mapping[str, FileFacts], modules: Modules) -> None:
        self.files = files
        self.modules = modules
        self.rests_on: dict[tuple[str, str], Placed] = {}
        self.words: set[str] = set()  # what all files were searched for
        self.nested = 0  # how many values are being worked out, each for the one before
        self.folding: set[int] = set()  # expressions whose values are being worked out
        self.judged: set[int] = set()  # assignments whose conditions are being looked at

    def lookup(self, path: str, name: str) -> Placed:
        """The bindings of a name of a module; `*` its star imports, `QA.__doc__` a docstring put in later.

        `cell QA` are the marimo cells that bind it, `QA grown` the blocks that put something into what it holds.
        """
        found = looked_up(self.files[path], name)
        self.rests_on[path, name] = found
        return found

    def meaning(self, dotted: str, where: Where, line: int, hops: int = 0) -> Meaning:
        """What a dotted name stands for at a line of a file."""
        first, _, rest = dotted.partition(".")
        if rest and where.scopes and where.scopes[-1].me == first:
            return self._of_class(rest, where, line, hops)
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
        match expr:
            case Ref(dotted):
                return self.meaning(dotted, where, line)
            case Choice(test, body, other):
                first, second = (other, body) if truth(self, test, where, line) is False else (body, other)
                return self.expression(first, where, line) or self.expression(second, where, line)
        return None

    def value(self, expr: Expr | None, where: Where, line: int) -> tuple[Expr | None, Where, int]:
        """An expression with names of variables replaced by what they were given, and where that stands."""
        for _ in range(_DEEP):
            match expr:
                case Ref(dotted):
                    found = self.meaning(dotted, where, line)
                    held = self._certain(found) if isinstance(found, Found) else None
                    if held is None or held.value is None or held.value is expr:
                        break
                    assert isinstance(found, Found)
                    expr, where = held.value, found.where
                    line = where.offset + held.line
                case Choice(test, body, other):
                    holds = truth(self, test, where, line)
                    if holds is None:
                        break
                    expr = body if holds else other
                case _:
                    break
        return expr, where, line

    def grows(self, expr: Expr | None, where: Where, line: int) -> bool:
        """Whether something is put into, or taken out of, the list or dict that a name holds."""
        for _ in range(_DEEP):
            found = self.meaning(expr.dotted, where, line) if isinstance(expr, Ref) else None
            if not isinstance(found, Found) or not isinstance(found.binding, Assign):
                return False
            name, around = found.binding.name, found.where
            if name in around.scopes[-1].grown if around.scopes else self.lookup(around.path, name + GROWN):
                return True
            if found.binding.value is None:
                return False
            expr, where, line = found.binding.value, around, found.line
        return False

    def _certain(self, found: Found) -> Assign | None:
        """The assignment that a name holds, when the conditions around those that there are can be told."""
        binding = found.binding
        if not isinstance(binding, Assign) or not binding.guards:
            return binding if isinstance(binding, Assign) else None
        where, name = found.where, binding.name
        bound = (
            bound_in(where.scopes[-1], where.offset, name) if where.scopes else self.lookup(where.path, name)
        )
        if len(bound) == 1:
            return binding
        for offset, it in reversed(bound):
            if not isinstance(it, Assign) or offset != where.offset:
                return None
            if offset + it.line > found.line:
                continue
            holds = holds_at(self, it, where)
            if holds is not False:
                return it if holds else None
        return None

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
            bound = bound_in(scope, where.offset, name)
            if bound:
                late = any(it.runs for it in own[depth:])
                return chosen(bound, around, None if late else line)
            if name in scope.hidden:
                # Functions that are handed the library call it by its name.
                handed = External(name if name == "dspy" else "")
                return self._of_cells(name, where) if scope.kind == CELL else handed
        found = self.lookup(where.path, name)
        late = any(it.runs for it in own)
        return chosen(found, Where(where.path), None if late else line) if found else None

    def _of_class(self, dotted: str, where: Where, line: int, hops: int) -> Meaning:
        """What `self.name` stands for in a method, where the class itself says so and no method says otherwise."""
        if len(where.scopes) < 2 or hops > _DEEP:
            return None
        own, around = where.scopes[-2], Where(where.path, where.offset, where.scopes[:-1])
        name, _, rest = dotted.partition(".")
        bound = tuple(it for it in bound_in(own, where.offset, name) if isinstance(it[1], Class | Assign))
        steps = (step for it in own.bindings if isinstance(it, Function) for step in it.steps)
        if not bound or any(isinstance(it, SelfAssign) and it.name == name for it in steps):
            return None
        return self._follow(chosen(bound, around, None), rest, line, hops + 1)

    def _of_cells(self, name: str, where: Where) -> Found | External:
        """What a parameter of a marimo cell stands for: what another cell binds under its name."""
        for offset, cell in reversed(self.lookup(where.path, f"{CELL} {name}")):
            if isinstance(cell, Function) and cell.scope not in where.scopes:
                around = Where(where.path, offset, (cell.scope,))
                return chosen(bound_in(cell.scope, offset, name), around, None)
        found = self.lookup(where.path, name)
        if found:
            return chosen(found, Where(where.path), None)
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
            case Assign(value=Call() as call) as it if it.name == "dspy" or _imports_dspy(call):
                # `dspy = Lazy("dspy")`: who calls something so means DSPy.
                return self._member_of(External("dspy"), rest, hops)
        return self._member_of(found, rest, hops)

    def _imported(self, it: Import, where: Where, hops: int) -> Meaning:
        if it.level == 0 and it.attribute is None:
            return self._module(it.module, where)
        owner = self._module(it.module, where) if it.level == 0 else None
        if isinstance(owner, ModuleFound) and owner.path == where.path:
            below = self.modules.below(owner.path, it.attribute or "")
            return ModuleFound(below) if below else None
        if it.level == 0:
            return self._member_of(self._module(it.module, where), it.attribute or "", hops + 1)
        return self._relative(it, where, hops)

    def _relative(self, it: Import, where: Where, hops: int) -> Meaning:
        name = it.attribute or ""
        path = self.modules.relative(it.module, it.level, where.path)
        # What a package takes from itself is a module below it.
        if path is not None and path != where.path:
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
        return External(f"?{dotted}") if own else External(dotted, where.path)

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
                    return self._outside(owner, f"{name}.{rest}".strip("."), hops) if dotted else None
                case ModuleFound(path):
                    owner = self._member(path, name, hops + 1)
                case Found(where, Class(scope=scope)):
                    bound = bound_in(scope, where.offset, name)
                    owner = chosen(bound, where.inside(scope), None) if bound else None
                case _:
                    return None
        return owner

    def _outside(self, owner: External, rest: str, hops: int) -> Meaning:
        """An attribute of a module outside the root, or of a folder of the root without an `__init__.py`."""
        parts, whole = rest.split("."), f"{owner.dotted}.{rest}"
        for count in range(len(parts) if known.dspy_name(whole) is None else 0, 0, -1):
            module = ".".join([owner.dotted, *parts[:count]])
            path = self.modules.by_name.get(module) or self.modules.absolute(module, owner.importer)
            if path is not None:
                return self._member_of(ModuleFound(path), ".".join(parts[count:]), hops + 1)
        return External(whole, owner.importer)

    def _member(self, path: str, name: str, hops: int) -> Meaning:
        """A name at the top level of a module of the root."""
        if hops > _DEEP:
            return None
        bound = self.lookup(path, name)
        if bound:
            return self._follow(chosen(bound, Where(path), None), "", 0, hops + 1)
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


def _imports_dspy(call: Call) -> bool:
    """Whether a call is `importlib.import_module("dspy")`, or of its like."""
    match call:
        case Call(Ref(dotted), (Const("dspy"), *_)):
            return dotted.rpartition(".")[2] in ("import_module", "importorskip", "__import__")
    return False


def holds_at(names: Names, binding: Assign, where: Where) -> bool | None:
    """Whether the conditions that an assignment stands under hold; None where only running could tell."""
    if not binding.guards:
        return True
    # `if not isinstance(text, str): text = str(text)` asks for itself.
    if id(binding) in names.judged:
        return None
    names.judged.add(id(binding))
    line = where.offset + binding.line
    found = [truth(names, it, where, line) for it in binding.guards]
    names.judged.discard(id(binding))
    return False if False in found else None if None in found else True


def looked_up(facts: FileFacts | None, name: str) -> Placed:
    """What a file has under a name, as `Names.lookup` says it."""
    if facts is None:
        return ()
    if name == "*":
        return facts.stars
    if name.startswith(f"{CELL} "):
        return facts.marimo.get(name.removeprefix(f"{CELL} "), ())
    if name.endswith(GROWN):
        return facts.grown.get(name.removesuffix(GROWN), ())
    if name.endswith(".__doc__"):
        return facts.docs.get(name.removesuffix(".__doc__"), ())
    return facts.names.get(name, ())
