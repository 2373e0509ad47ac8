"""What one file declares when the other files of the root are taken into account."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dspy_lens.source.python.comments import comment_above
from dspy_lens.source.python.expressions import Const, Expr
from dspy_lens.source.python.facts import Class, FileFacts, Scope
from dspy_lens.source.python.literals import ExampleLiteral, example_literals
from dspy_lens.source.python.modules import Modules
from dspy_lens.source.python.names import Found, Names, Where
from dspy_lens.source.python.pieces import pieces_of, pieces_of_text
from dspy_lens.source.python.problems import class_problems, string_problems, use_problems
from dspy_lens.source.python.programs import Inner, Programs
from dspy_lens.source.python.shapes import Origin, Shape, Shapes, origin_of, span_of
from dspy_lens.source.python.uses import Made, Uses, sites
from dspy_lens.values.definition import Definition, Kind, Piece, Predictor, Problem, Span


@dataclass(frozen=True, slots=True)
class Declared:
    """A definition before names of other files' definitions are put in: each with where its signatures stand."""

    definition: Definition
    origin: Origin
    origins: tuple[Origin | None, ...] = ()  # of its predictors' signatures, one by one


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file declares, and the files that this rests on."""

    declared: tuple[Declared, ...]
    wrapped: tuple[
        tuple[Origin, str | None], ...
    ]  # signatures given to predictors; None: not DSPy's own class
    problems: tuple[Problem, ...]
    examples: tuple[ExampleLiteral, ...]
    rests_on: Mapping[str, FileFacts]


def read_file(path: str, files: Mapping[str, FileFacts], modules: Modules) -> Reading:
    names = Names(files, modules)
    reader = _FileReader(path, names)
    declared, problems = reader.declared()
    wrapped = tuple(reader.wrapped())
    examples = tuple(example_literals(names.file(path), reader.uses))
    return Reading(declared, wrapped, problems, examples, {it: files[it] for it in names.used})


class _FileReader:
    def __init__(self, path: str, names: Names) -> None:
        self.facts = names.file(path)
        self.names = names
        self.shapes = Shapes(names)
        self.programs = Programs(self.shapes)
        self.uses = Uses(self.shapes)
        self.module = names.modules.name(path)
        self.problems: list[Problem] = []

    def declared(self) -> tuple[tuple[Declared, ...], tuple[Problem, ...]]:
        found = [made for it in self._classes() if (made := self._class(it)) is not None]
        found += [made for it in self.uses.made(self.facts) if (made := self._string(it)) is not None]
        found.sort(key=lambda it: (it.definition.span, it.definition.kind))
        for where, site in sites(self.facts):
            use = self.uses.use(where, site)
            if use is not None:
                self.problems += use_problems(use)
        return tuple(_numbered(found)), tuple(sorted(self.problems, key=lambda it: it.span))

    def wrapped(self) -> Iterator[tuple[Origin, str | None]]:
        """The signatures that predictors of this file are given, each with the class of DSPy that wraps it."""
        for where, site in sites(self.facts):
            use = self.uses.use(where, site)
            shape = self.uses.shape_of(use) if use else None
            if use is not None and shape is not None and shape.origin is not None:
                yield shape.origin, use.factory if use.native else None

    def _classes(self) -> Iterator[Found]:
        for offset, block in self.facts.blocks:
            yield from classes(block.scope, Where(self.facts.path, offset))

    def _class(self, found: Found) -> Declared | None:
        """A class as a signature or program; None when it is neither."""
        assert isinstance(found.binding, Class)
        shape = self.shapes.of_class(found)
        if shape is not None:
            self.problems += class_problems(found.binding.name, shape)
            return self._signature(found, found.binding, shape)
        return self._program(found, found.binding) if self.programs.is_program(found) else None

    def _signature(self, found: Found, binding: Class, shape: Shape) -> Declared:
        doc = binding.doc
        definition = Definition(
            f"{self.module}:{binding.qualname}",
            Kind.CLASS,
            span_of(found.where, binding.place),
            shape.inputs,
            shape.outputs,
            shape.instructions,
            docstring=span_of(found.where, doc.place) if doc else None,
            pieces=pieces_of(self.names, found),
        )
        return Declared(self._commented(definition, found), origin_of(found.where, binding.place))

    def _program(self, found: Found, binding: Class) -> Declared:
        inner = self.programs.predictors(found)
        definition = Definition(
            f"{self.module}:{binding.qualname}",
            Kind.PROGRAM,
            span_of(found.where, binding.place),
            self.programs.inputs(found),
            predictors=tuple(_predictor(it) for it in inner),
            pieces=pieces_of(self.names, found),
        )
        origins = tuple(it.shape.origin if it.shape else None for it in inner)
        return Declared(self._commented(definition, found), origin_of(found.where, binding.place), origins)

    def _commented(self, definition: Definition, found: Found) -> Definition:
        assert isinstance(found.binding, Class)
        start = found.where.offset + found.binding.start
        return self._with_comment(definition, tuple(dict.fromkeys((found.line, start))))

    def _with_comment(self, definition: Definition, starts: tuple[int, ...]) -> Definition:
        comment, problems = comment_above(self.facts.lines, self.facts.path, starts)
        self.problems += problems
        return replace(definition, comment=comment) if comment else definition

    def _string(self, made: Made) -> Declared | None:
        """A signature string; None when DSPy could not read it."""
        self.problems += string_problems(made, self.names)
        shape = self.shapes.of_string(made.text, None, made.where, made.place.place)
        if shape is None:
            return None
        told = made.maker.argument(1, "instructions") if made.maker else None
        line = made.where.offset + made.site.call.place.line
        if told is not None and not (isinstance(told, Const) and told.value in (None, "")):
            shape = shape.with_doc(self.names.text(told, made.where, line))
        place = made.place.place
        own = made.holder or f"string@{made.where.offset + place.line}"
        text = self._call_text(made)
        definition = Definition(
            f"{self.module}:{own}",
            Kind.STRING,
            span_of(made.where, place),
            shape.inputs,
            shape.outputs,
            shape.instructions,
            docstring=_doc_span(told, made.where),
            wrapper=made.predictor.factory if made.predictor and made.predictor.native else None,
            literal=made.text,
            pieces=pieces_of_text(self.names, Piece(self.facts.path, own, text), made.where, line),
        )
        starts = (made.where.offset + made.site.statement.line, made.where.offset + place.line)
        return Declared(self._with_comment(definition, starts), origin_of(made.where, place))

    def _call_text(self, made: Made) -> str:
        """The exact text of the call that holds the string."""
        place = made.site.call.place
        lines = self.facts.lines[made.where.offset + place.line - 1 : made.where.offset + place.end_line]
        if len(lines) == 1:
            return lines[0][place.column : place.end_column]
        return "\n".join([lines[0][place.column :], *lines[1:-1], lines[-1][: place.end_column]])


def classes(scope: Scope, where: Where) -> Iterator[Found]:
    for binding in scope.bindings:
        if isinstance(binding, Class):
            yield Found(where, binding)
    for inner in scope.scopes():
        yield from classes(inner, where.inside(inner))


def _predictor(inner: Inner) -> Predictor:
    shape = inner.shape
    if shape is None:
        return Predictor(inner.name, inner.factory)
    return Predictor(inner.name, inner.factory, shape.inputs, shape.outputs, shape.instructions)


def _doc_span(told: Expr | None, where: Where) -> Span | None:
    return span_of(where, told.place) if isinstance(told, Const) and isinstance(told.value, str) else None


def _numbered(found: list[Declared]) -> Iterator[Declared]:
    """The second of a name gets `#2`."""
    taken: dict[str, int] = {}
    for it in found:
        name = it.definition.name
        number = taken[name] = taken.get(name, 0) + 1
        if number == 1:
            yield it
        else:
            yield replace(it, definition=_renamed(it.definition, f"{name}#{number}"))


def _renamed(definition: Definition, name: str) -> Definition:
    own, *rest = definition.pieces
    qualname = name.partition(":")[2]
    return replace(definition, name=name, pieces=(replace(own, name=qualname), *rest))
