"""Where code speaks of a field of a signature, and where it makes and calls predictors: only what is certain."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from dspy_lens.source.python import known
from dspy_lens.source.python.facts import Class
from dspy_lens.source.python.following import DEEPEST, Following
from dspy_lens.source.python.names import External, Found, Where
from dspy_lens.source.python.programs_given import ProgramsGiven
from dspy_lens.source.python.project import Project
from dspy_lens.source.python.records import Lost
from dspy_lens.source.python.shape import Origin, origin_of
from dspy_lens.source.python.syntax import Spot, calls_by_tail, expressions, returned, tree_of
from dspy_lens.source.python.text import Lines
from dspy_lens.values.definition import Definition, Kind, Span

CALLED = frozenset({"acall", "forward", "aforward", "__call__"})
BY_NAME = frozenset({"with_updated_fields", "delete"})  # methods of signatures that take a field's name first


@dataclass(frozen=True, slots=True)
class Made:
    """A call that makes a predictor of a definition, or an object of a program."""

    span: Span
    name: str  # of the definition


class Occurrences:
    """Looks through the files of a project; made for one state of it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.following = Following(project.names())
        self._given = ProgramsGiven(self.following)

    def family(self, definition: Definition, field: str) -> tuple[Definition, ...]:
        """The signatures that have this very field: the one that declares it, and those that inherit it."""
        span = field_span(definition, field)
        return tuple(self._families.get((field, span), ())) if span else ()

    @cached_property
    def _families(self) -> dict[tuple[str, Span], list[Definition]]:
        """The signatures by each field that they have and by where it is declared."""
        found: dict[tuple[str, Span], list[Definition]] = {}
        for it in self.project.all():
            for name in dict.fromkeys(its.name for its in (*it.inputs, *it.outputs)):
                if (span := field_span(it, name)) is not None:
                    found.setdefault((name, span), []).append(it)
        return found

    def of_field(self, definition: Definition, field: str) -> tuple[Span, ...]:
        """Every place of the Python sources where this field is named, its declaration first."""
        family = self.family(definition, field)
        origins = {origin for it in family if (origin := self.project.origin(it.name)) is not None}
        found = [span for span in (self._declared(it, field) for it in family) if span is not None]
        for path in sorted(self.project.files):
            if re.search(rf"\b{re.escape(field)}\b", self.project.files[path].text):
                found += [self.project.placed(it) for it in self._in_file(path, field, origins)]
        return tuple(dict.fromkeys(found))

    @cached_property
    def made(self) -> tuple[Made, ...]:
        """Every call that makes a predictor or a program of the root."""
        found: list[Made] = []
        for path, facts in self.project.files.items():
            if facts.quiet:
                continue
            named = [(it, self._makes(it)) for it in self._calls(path)]
            found += [Made(self.project.placed(span_of(it)), name) for it, name in named if name]
        return tuple(found)

    def definition_at(self, path: str, line: int, column: int) -> str | None:
        """The definition that a name of the flat text of a file stands for: itself, or what makes predictors of it."""
        if path not in self.project.files:
            return None
        for spot in self._spots(path):
            if isinstance(spot.node, ast.Name | ast.Attribute) and _in_last_name(
                span_of(spot), spot, line, column
            ):
                found = self._stands_for(spot)
                if found is not None:
                    return found
        return None

    def _stands_for(self, spot: Spot) -> str | None:
        meaning = self.following.meaning(spot, spot.name) if spot.name else None
        declared = _origin(meaning) if isinstance(meaning, Found) else None
        if declared is not None:
            return self.project.named(declared)
        origin = self._given.origin(spot)
        return None if isinstance(origin, Lost) else self.project.named(origin)

    def signature_of_call(self, spot: Spot) -> Origin | None:
        """The signature of the predictor that a call asks, or of the one whose answer a program passes on."""
        node = spot.node.value if isinstance(spot.node, ast.Await) else spot.node
        if not isinstance(node, ast.Call):
            return None
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in CALLED:
            func = func.value
        origin = self._given.origin(spot.other(func))
        if isinstance(origin, Lost):
            return None
        name = self.project.named(origin)
        definition = next((it for it in self.project.all() if it.name == name), None)
        if definition is not None and definition.kind is Kind.PROGRAM:
            return self._passed_on(spot.other(func))
        return origin

    def _passed_on(self, program: Spot) -> Origin | None:
        """The signature behind a program whose `forward` returns the answer of one predictor as it is."""
        made = self.following.back_all(program)
        called = made.call()
        meaning = self.following.meaning(made, called[0]) if called and called[0] else None
        if not isinstance(meaning, Found) or not isinstance(meaning.binding, Class):
            return None
        scope = meaning.binding.scope
        forward = next((it for it in scope.bindings if it.name in ("forward", "aforward")), None)
        if forward is None:
            return None
        answer = returned(self.following.names, Found(meaning.where.inside(scope), forward))
        answer = self.following.back_all(answer) if answer is not None else None
        if answer is None or answer.where.path != meaning.where.path:
            return None
        return self.signature_of_call(answer) if isinstance(answer.node, ast.Call | ast.Await) else None

    def _in_file(self, path: str, field: str, origins: set[Origin]) -> Iterator[Span]:
        for spot in self._spots(path):
            match spot.node:
                case ast.Call(keywords=keywords):
                    yield from self._keywords(spot, keywords, field, origins)
                    if (named := self._by_name(spot, field, origins)) is not None:
                        yield named
                case ast.Attribute(value=value, attr=attr) if attr == field:
                    if self._is_answer(spot.other(value), origins):
                        yield end_of(spot, len(field))
                case ast.Subscript(value=value, slice=ast.Constant(value=key) as constant) if key == field:
                    if self._is_answer(spot.other(value), origins):
                        yield inside(spot.other(constant), field)

    def _keywords(
        self, spot: Spot, keywords: list[ast.keyword], field: str, origins: set[Origin]
    ) -> Iterator[Span]:
        named = [it for it in keywords if it.arg == field]
        if named and self._asks(spot) in origins:
            for it in named:
                yield keyword_span(spot, it)

    def _asks(self, spot: Spot) -> Origin | None:
        """The signature of a predictor that is called right here; a program's parameters are its own."""
        assert isinstance(spot.node, ast.Call)
        func = spot.node.func
        if isinstance(func, ast.Attribute) and func.attr in CALLED:
            func = func.value
        origin = self._given.origin(spot.other(func))
        return None if isinstance(origin, Lost) else origin

    def _by_name(self, spot: Spot, field: str, origins: set[Origin]) -> Span | None:
        """`QA.with_updated_fields("answer", …)`."""
        match spot.node:
            case ast.Call(
                func=ast.Attribute(value=owner, attr=method), args=[ast.Constant(value=key) as name, *_]
            ) if method in BY_NAME and key == field:
                at = spot.other(owner)
                meaning = self.following.meaning(at, at.name) if at.name else None
                known = isinstance(meaning, Found) and isinstance(meaning.binding, Class)
                if known and isinstance(meaning, Found) and _origin(meaning) in origins:
                    return inside(spot.other(name), field)
        return None

    def _is_answer(self, spot: Spot, origins: set[Origin]) -> bool:
        """Whether an expression is what a predictor of these signatures answered."""
        for _ in range(DEEPEST):
            if isinstance(spot.node, ast.Call | ast.Await):
                return self.signature_of_call(spot) in origins
            before = self.following.back(spot)
            if before is None:
                return False
            spot = before
        return False

    def _declared(self, definition: Definition, field: str) -> Span | None:
        """Where the field's own name stands: in the class, or in the string."""
        span = field_span(definition, field)
        if span is None or definition.kind is not Kind.STRING:
            return span
        facts = self.project.files.get(span.path)
        return (
            in_literal(facts.lines, self.project.flat(span), definition, field, self.project)
            if facts
            else None
        )

    def _makes(self, spot: Spot) -> str | None:
        """What a call of a class makes, of DSPy's or of the root's."""
        meaning = self.following.meaning(spot, spot.call_name)
        match meaning:
            case External() if meaning.dspy in known.PREDICTORS | known.AROUND:
                origin = self._given.origin(spot)
            case Found(binding=Class()):
                origin = self._given.origin(spot)
            case _:
                return None
        return None if isinstance(origin, Lost) else self.project.named(origin)

    def _calls(self, path: str) -> Iterator[Spot]:
        """The calls of dotted names, in the order of the source."""
        for offset, block in self.project.files[path].blocks:
            found = [it for its in calls_by_tail(block).values() for it in its]
            for node, scopes in sorted(found, key=lambda it: (it[0].lineno, it[0].col_offset)):
                yield Spot(node, Where(path, offset, scopes), block)

    def _spots(self, path: str) -> Iterator[Spot]:
        for offset, block in self.project.files[path].blocks:
            tree = tree_of(block.text)
            if tree is not None:
                for node, scopes in expressions(tree.body, block.scope):
                    yield Spot(node, Where(path, offset, scopes), block)


def _in_last_name(span: Span, spot: Spot, line: int, column: int) -> bool:
    """Whether a place is in the name itself, of `a.b` in `b`."""
    own = len(spot.node.attr) if isinstance(spot.node, ast.Attribute) else span.end_column - span.column
    return span.end_line == line and span.end_column - own <= column <= span.end_column


def _origin(found: Found) -> Origin | None:
    return origin_of(found.where, found.binding.place) if isinstance(found.binding, Class) else None


def field_span(definition: Definition, field: str) -> Span | None:
    """Where a signature's field is declared; a string declares all of its own."""
    if definition.kind is Kind.PROGRAM:
        return None
    return next((it.span for it in (*definition.inputs, *definition.outputs) if it.name == field), None)


def in_literal(
    lines: list[str], span: Span, definition: Definition, field: str, project: Project
) -> Span | None:
    """The name of a field inside a signature string that stands in one piece on one line."""
    text = lines[span.line - 1][span.column : span.end_column]
    literal = definition.literal or ""
    at = text.find(literal)
    if span.line != span.end_line or at < 0 or not literal:
        return None
    names = re.finditer(rf"(?:^|,|->)\s*({re.escape(field)})\s*(?=[:,]|->|$)", literal)
    # Not the commas inside of types.
    found = next(
        (it for it in names if literal.count("[", 0, it.start()) == literal.count("]", 0, it.start())), None
    )
    if found is None:
        return None
    start = span.column + at + found.start(1)
    return project.placed(Span(span.path, span.line, span.line, start, start + len(field)))


def span_of(spot: Spot) -> Span:
    """The place of an expression, in the flat text of its file."""
    node, lines = spot.node, Lines(spot.block.text)
    end_line = node.end_lineno or node.lineno
    return Span(
        spot.where.path,
        spot.where.offset + node.lineno,
        spot.where.offset + end_line,
        lines.column(node.lineno, node.col_offset),
        lines.column(end_line, node.end_col_offset or node.col_offset),
    )


def end_of(spot: Spot, length: int) -> Span:
    """The last characters of an expression: the name of an attribute."""
    span = span_of(spot)
    return Span(span.path, span.end_line, span.end_line, span.end_column - length, span.end_column)


def keyword_span(spot: Spot, keyword: ast.keyword) -> Span:
    column = Lines(spot.block.text).column(keyword.lineno, keyword.col_offset)
    line = spot.where.offset + keyword.lineno
    return Span(spot.where.path, line, line, column, column + len(keyword.arg or ""))


def inside(spot: Spot, text: str) -> Span:
    """A text inside a string literal that holds nothing else, its quotes left out."""
    span = span_of(spot)
    quotes = (span.end_column - span.column - len(text)) // 2
    start = span.column + (span.end_column - span.column - len(text) - quotes)
    return Span(span.path, span.line, span.line, start, start + len(text))
