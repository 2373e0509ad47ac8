"""Turns the syntax tree of one block into its bindings and calls."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from dspy_lens.source.python.assigned import pairs_of, targets_of
from dspy_lens.source.python.calls import calls_in, changed, concerns, derives, grows, handed
from dspy_lens.source.python.expressions import Call, Expr, Not, Place, Ref, Sum, Unknown
from dspy_lens.source.python.facts import (
    CELL,
    Assign,
    Binding,
    Class,
    Doc,
    Function,
    Import,
    Local,
    Parameter,
    Scope,
    Site,
    Star,
)
from dspy_lens.source.python.reader import Reader, dotted
from dspy_lens.source.python.self_steps import self_steps
from dspy_lens.source.python.text import Lines

_Definition = ast.FunctionDef | ast.AsyncFunctionDef
_LOOPS = ast.For | ast.AsyncFor | ast.While


def extract(tree: ast.Module, text: str) -> Scope:
    """What the block binds and calls."""
    return _Walk(Reader(Lines(text))).scope("module", "", "", tree.body)


@dataclass
class _Found:
    """A scope while it is being read."""

    kind: str
    qualname: str
    prefix: str  # what names inside begin with
    owner: str = ""  # the qualname of the class around a method
    me: str = ""  # the name of a method's first parameter
    bindings: list[Binding | Local] = field(default_factory=list)
    stars: list[Star] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    docs: list[tuple[str, Expr, int]] = field(default_factory=list)
    guards: tuple[Expr, ...] = ()  # the conditions around what is being read
    loops: int = 0
    grown: set[str] = field(default_factory=set)


class _Walk:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def scope(
        self, kind: str, qualname: str, prefix: str, body: Iterable[ast.stmt], owner: str = "", me: str = ""
    ) -> Scope:
        found = _Found(kind, qualname, prefix, owner, me)
        self.statements(body, found)
        bindings = tuple(it for it in found.bindings if not isinstance(it, Local))
        hidden = tuple(it.name for it in found.bindings if isinstance(it, Local))
        return Scope(
            kind,
            qualname,
            bindings,
            tuple(found.stars),
            tuple(found.sites),
            tuple(found.docs),
            hidden,
            grown=frozenset(found.grown),
        )

    def statements(self, body: Iterable[ast.stmt], found: _Found) -> None:
        for statement in body:
            self.statement(statement, found)

    def statement(self, node: ast.stmt, found: _Found) -> None:
        match node:
            case ast.ClassDef():
                self.calls(
                    [*node.decorator_list, *node.bases, *(it.value for it in node.keywords)], node, found
                )
                found.bindings.append(self.class_(node, found))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.calls([*node.decorator_list, *node.args.defaults], node, found)
                found.bindings.append(self.function(node, found))
            case ast.Import() | ast.ImportFrom():
                self.import_(node, found)
            case ast.Assign() | ast.AnnAssign():
                self.assign(node, found)
            case ast.AugAssign():
                self.augment(node, found)
            case ast.If():
                self.branches(node, found)
            case _:
                self.other(node, found)

    def class_(self, node: ast.ClassDef, found: _Found) -> Class:
        qualname = found.prefix + node.name
        scope = self.scope("class", qualname, qualname + ".", node.body)
        found.grown |= _unbound(scope)
        return Class(
            node.name,
            qualname,
            self.reader.place(node),
            _start(node),
            tuple(self.reader.expression(_unsubscripted(it)) for it in node.bases),
            self.doc(node),
            scope,
        )

    def doc(self, node: ast.ClassDef) -> Doc | None:
        """The last that the body itself says: `__doc__ = …`, else the docstring."""
        for statement in reversed(node.body):
            match statement:
                case ast.Assign(targets=[ast.Name("__doc__")], value=value):
                    return Doc(self.reader.expression(value), self.reader.place(value))
        match node.body[:1]:
            case [ast.Expr(value=ast.Constant(value=str()) as value)]:
                return Doc(self.reader.expression(value), self.reader.place(value))
        return None

    def function(self, node: _Definition, found: _Found) -> Function:
        qualname = found.prefix + node.name
        parameters = tuple(self.parameters(node.args))
        me = parameters[0].name if found.kind == "class" and parameters else ""
        owner = found.qualname if found.kind == "class" else ""
        kind = (
            CELL if found.kind == "module" and any(_is_cell(it) for it in node.decorator_list) else "function"
        )
        scope = self.scope(kind, qualname, f"{qualname}.<locals>.", node.body, owner, me)
        hidden = (*scope.hidden, *(it.name for it in parameters))
        scope = replace(scope, hidden=hidden, me=me)
        found.grown |= _unbound(scope)
        steps = tuple(self_steps(self.reader, node.body, me)) if me else ()
        return Function(node.name, qualname, self.reader.place(node), _start(node), parameters, scope, steps)

    def parameters(self, args: ast.arguments) -> Iterator[Parameter]:
        plain = [*args.posonlyargs, *args.args]
        defaults = [*[None] * (len(plain) - len(args.defaults)), *args.defaults]
        for arg, default in zip([*plain, *args.kwonlyargs], [*defaults, *args.kw_defaults], strict=True):
            yield self.parameter(arg, default)

    def parameter(self, arg: ast.arg, default: ast.expr | None) -> Parameter:
        annotation = self.reader.text(arg.annotation) if arg.annotation else None
        end_line = arg.end_lineno or arg.lineno
        start = self.reader.lines.column(arg.lineno, arg.col_offset)
        end = self.reader.lines.column(end_line, arg.end_col_offset or arg.col_offset)
        value = self.reader.expression(default) if default else None
        return Parameter(arg.arg, annotation, value, Place(arg.lineno, end_line, start, end))

    def import_(self, node: ast.Import | ast.ImportFrom, found: _Found) -> None:
        for alias in node.names:
            if isinstance(node, ast.Import):
                module = alias.name if alias.asname else alias.name.partition(".")[0]
                found.bindings.append(Import(alias.asname or module, module, None, 0, node.lineno))
            elif alias.name == "*":
                found.stars.append(Star(node.module or "", node.level, node.lineno))
            else:
                name = alias.asname or alias.name
                found.bindings.append(Import(name, node.module or "", alias.name, node.level, node.lineno))

    def assign(self, node: ast.Assign | ast.AnnAssign, found: _Found) -> None:
        targets = targets_of(node)
        annotation = self.reader.text(node.annotation) if isinstance(node, ast.AnnAssign) else None
        value = self.reader.expression(node.value) if node.value else None
        for target, made in pairs_of(targets, node.value):
            self.bind(target, self.reader.expression(made) if made else value, annotation, node, found)
            found.grown |= changed(target)
        if node.value is not None:
            self.calls([node.value], node, found, targets)

    def augment(self, node: ast.AugAssign, found: _Found) -> None:
        """`TEXT += "more"`; how often it happens in a loop, only running tells."""
        self.calls([node.value], node, found)
        found.grown |= changed(node.target)
        if isinstance(node.target, ast.Name):
            place, target = self.reader.place(node), self.reader.place(node.target)
            parts = (Ref(node.target.id, target), self.reader.expression(node.value))
            adds = isinstance(node.op, ast.Add) and not found.loops
            value = Sum(parts, place) if adds else Unknown(place)
            found.bindings.append(Assign(node.target.id, value, None, place, target, guards=found.guards))

    def branches(self, node: ast.If, found: _Found) -> None:
        """An `if`; what stands in its branches counts as if it stood there, under its condition."""
        self.calls([node.test], node, found)
        test, around = self.reader.expression(node.test), found.guards
        found.guards = (*around, test)
        self.statements(node.body, found)
        found.guards = (*around, Not(test, test.place))
        self.statements(node.orelse, found)
        found.guards = around

    def bind(
        self, target: ast.expr, value: Expr | None, annotation: str | None, node: ast.stmt, found: _Found
    ) -> None:
        match target:
            case ast.Name(id=name):
                place, own = self.reader.place(node), self.reader.place(target)
                marker = self.marker(node)
                found.bindings.append(Assign(name, value, annotation, place, own, marker, found.guards))
            case ast.Attribute(value=ast.Name(id=name), attr="__doc__" | "instructions") if value is not None:
                found.docs.append((name, value, node.lineno))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                found.bindings += [Local(it.id, node.lineno) for it in elements if isinstance(it, ast.Name)]

    def marker(self, node: ast.stmt) -> Expr | None:
        """`InputField(…)` of `name: Annotated[str, InputField(…)]`."""
        match node:
            case ast.AnnAssign(annotation=ast.Subscript(value=value, slice=ast.Tuple(elts=[_, *rest]))):
                made = [it for it in rest if isinstance(it, ast.Call)]
                annotated = (dotted(value) or "").rpartition(".")[2] == "Annotated"
                return self.reader.expression(made[-1]) if made and annotated else None
        return None

    def other(self, node: ast.stmt, found: _Found) -> None:
        """A statement that binds nothing of its own; what it holds counts as if it stood there."""
        bodies = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
        found.grown |= handed(node)
        if isinstance(node, ast.Delete):
            found.grown |= {name for it in node.targets for name in changed(it)}
        for child in bodies:
            if isinstance(child, ast.ExceptHandler | ast.match_case):
                self.statements(child.body, found)
            elif isinstance(child, ast.withitem):
                found.bindings += _names(child.optional_vars, node.lineno)
                self.calls([child.context_expr], node, found)
            elif isinstance(child, ast.expr):
                self.calls([child], node, found)
        if isinstance(node, ast.For | ast.AsyncFor):
            found.bindings += _names(node.target, node.lineno)
        found.loops += isinstance(node, _LOOPS)
        self.statements([it for it in ast.iter_child_nodes(node) if isinstance(it, ast.stmt)], found)
        found.loops -= isinstance(node, _LOOPS)

    def calls(
        self,
        nodes: Iterable[ast.expr],
        statement: ast.stmt,
        found: _Found,
        targets: list[ast.expr] | None = None,
    ) -> None:
        """Notes the calls in some expressions that may concern DSPy."""
        place = self.reader.place(statement)
        for node in nodes:
            holder = self.holder(targets or [], found)
            for call, held in calls_in(node, holder is not None):
                if (grown := grows(call)) is not None:
                    found.grown.add(grown)
                if concerns(call) or (call is node and held and derives(call)):
                    own, written = holder if held and holder else (None, None)
                    plain = call is node and targets is not None and len(targets) == 1 and own is not None
                    made = self.reader.expression(call)
                    assert isinstance(made, Call)
                    found.sites.append(Site(made, own, place, plain, written))

    def holder(self, targets: list[ast.expr], found: _Found) -> tuple[str, str] | None:
        """The qualname of what a value is assigned to, and how the source writes it."""
        match targets[:1]:
            case [ast.Name(id=name)]:
                return found.prefix + name, name
            case [ast.Attribute(value=ast.Name(id=me), attr=name)] if found.me and me == found.me:
                return f"{found.owner}.{name}", f"{me}.{name}"
        return None


def _unsubscripted(base: ast.expr) -> ast.expr:
    """`Base` of `Base[int]`."""
    return base.value if isinstance(base, ast.Subscript) else base


def _unbound(scope: Scope) -> set[str]:
    """The names that a scope changes the values of, and that are bound around it."""
    own = {it.name for it in scope.bindings} | set(scope.hidden)
    return {it for it in scope.grown if it not in own}


def _start(node: ast.ClassDef | _Definition) -> int:
    return min([node.lineno, *(it.lineno for it in node.decorator_list)])


def _names(target: ast.expr | None, line: int) -> list[Local]:
    return [Local(it.id, line) for it in ast.walk(target) if isinstance(it, ast.Name)] if target else []


def _is_cell(decorator: ast.expr) -> bool:
    """`@app.cell`, with arguments or without."""
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(func, ast.Attribute) and func.attr == "cell" and isinstance(func.value, ast.Name)
