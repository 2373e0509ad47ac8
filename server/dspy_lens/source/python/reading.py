"""What one block of a file declares when the other files of the root are taken into account."""

from collections.abc import Iterator
from dataclasses import dataclass

from dspy_lens.source.python.expressions import Const, Expr, method_of
from dspy_lens.source.python.facts import Block, Class, Placed, Scope
from dspy_lens.source.python.field_problems import field_problems
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.literals import ExampleLiteral, example_literals
from dspy_lens.source.python.names import Found, Names, Where
from dspy_lens.source.python.pieces import pieces_of, pieces_of_text
from dspy_lens.source.python.problems import class_problems, string_problems, use_problems
from dspy_lens.source.python.programs import Inner, Programs
from dspy_lens.source.python.removed import removed_problems
from dspy_lens.source.python.shape import Origin, Shape, origin_of
from dspy_lens.source.python.shapes import Shapes
from dspy_lens.source.python.uses import Made, Uses, sites_in
from dspy_lens.values.definition import Definition, Kind, Piece, Predictor, Problem, Span

ANONYMOUS = "string@"
"""The name of a string that nothing holds, before its line is put behind."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A definition before the other definitions are known: names may repeat, comments are not looked at."""

    definition: Definition
    origin: Origin
    starts: tuple[int, ...]  # the lines that a comment may stand above
    origins: tuple[Origin | None, ...] = ()  # of its predictors' signatures, one by one


@dataclass(frozen=True, slots=True)
class BlockReading:
    """What a block declares, and the names that this rests on, with what they stood for."""

    block: Block
    offset: int
    declared: tuple[Declared, ...]
    wrapped: tuple[
        tuple[Origin, str | None], ...
    ]  # signatures given to predictors; None: not DSPy's own class
    problems: tuple[Problem, ...]
    examples: tuple[ExampleLiteral, ...]
    rests_on: tuple[tuple[tuple[str, str], Placed], ...]


def read_block(path: str, offset: int, block: Block, names: Names) -> BlockReading:
    """What one block declares."""
    try:
        return _read(path, offset, block, names)
    except RecursionError:
        # What leans on more than Python can follow declares nothing and says so; the other blocks stay.
        told = (too_deep(path, offset, block),)
        return BlockReading(block, offset, (), (), told, (), tuple(names.rests_on.items()))


def _read(path: str, offset: int, block: Block, names: Names) -> BlockReading:
    reader = _BlockReader(Where(path, offset), block, names)
    declared = tuple(reader.declared())
    wrapped = tuple(reader.wrapped())
    examples = tuple(example_literals(reader.sites, reader.uses))
    problems = (*reader.problems, *([too_deep(path, offset, block)] if block.too_deep else ()))
    return BlockReading(block, offset, declared, wrapped, problems, examples, tuple(names.rests_on.items()))


class _BlockReader:
    def __init__(self, where: Where, block: Block, names: Names) -> None:
        self.where = where
        self.block = block
        self.names = names
        self.shapes = Shapes(names)
        self.programs = Programs(self.shapes)
        self.uses = Uses(self.shapes)
        self.module = names.modules.name(where.path)
        self.sites = tuple(sites_in(block, where))
        self.used = [use for where, site in self.sites if (use := self.uses.use(where, site)) is not None]
        self.problems: list[Problem] = []
        self.lines = block.text.split("\n")

    def declared(self) -> list[Declared]:
        found = [
            made for it in classes(self.block.scope, self.where) if (made := self._class(it)) is not None
        ]
        found += [made for it in self.uses.made(self.sites) if (made := self._string(it)) is not None]
        for use in self.used:
            self.problems += use_problems(use)
        self.problems += removed_problems(self.block, self.where, self.names)
        return sorted(found, key=lambda it: (it.definition.span, it.definition.kind))

    def wrapped(self) -> Iterator[tuple[Origin, str | None]]:
        """The signatures that predictors of this block are given, each with the class of DSPy that wraps it."""
        for use in self.used:
            shape = self.uses.shape_of(use)
            if shape is not None and shape.origin is not None:
                yield shape.origin, use.factory if use.native else None

    def _class(self, found: Found) -> Declared | None:
        """A class as a signature or program; None when it is neither."""
        assert isinstance(found.binding, Class)
        shape = self.shapes.of_class(found)
        if shape is not None:
            self.problems += class_problems(found.binding.name, shape)
            self.problems += field_problems(found, shape, self.names)
            return self._signature(found, found.binding, shape)
        return self._program(found, found.binding) if self.programs.is_program(found) else None

    def _signature(self, found: Found, binding: Class, shape: Shape) -> Declared:
        definition = Definition(
            f"{self.module}:{binding.qualname}",
            Kind.CLASS,
            span_of(found.where, binding.place),
            shape.inputs,
            shape.outputs,
            shape.instructions,
            docstring=span_of(found.where, binding.doc.place) if binding.doc else None,
            pieces=pieces_of(self.names, found),
        )
        return Declared(definition, origin_of(found.where, binding.place), _starts(found, binding))

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
        return Declared(definition, origin_of(found.where, binding.place), _starts(found, binding), origins)

    def _string(self, made: Made) -> Declared | None:
        """A signature that a call makes; None when DSPy could not read it."""
        self.problems += string_problems(made, self.names)
        line = self.where.offset + made.site.call.place.line
        shape = self._shape(made, line)
        if shape is None:
            return None
        told = made.maker.argument(1, "instructions") if made.maker else None
        if made.derived is not None and method_of(made.derived)[1] == "with_instructions":
            told = made.derived.argument(0, "instructions")
        own = made.holder or ANONYMOUS
        definition = Definition(
            f"{self.module}:{own}",
            Kind.STRING,
            span_of(made.where, made.place.place),
            shape.inputs,
            shape.outputs,
            shape.instructions,
            docstring=_doc_span(told, self.where),
            wrapper=made.predictor.factory if made.predictor and made.predictor.native else None,
            literal=None if made.derived else made.text,
            pieces=pieces_of_text(
                self.names, Piece(self.where.path, own, self._call_text(made)), made.where, line
            ),
        )
        starts = (self.where.offset + made.site.statement.line, definition.span.line)
        return Declared(definition, origin_of(made.where, made.place.place), starts)

    def _shape(self, made: Made, line: int) -> Shape | None:
        maker = made.derived or made.maker
        if maker is not None:
            return self.shapes.of_value(maker, made.where, line)
        return self.shapes.of_string(made.text or "", None, made.where, made.place.place)

    def _call_text(self, made: Made) -> str:
        """The exact text of the call that holds the string."""
        place = made.site.call.place
        lines = self.lines[place.line - 1 : place.end_line]
        if len(lines) == 1:
            return lines[0][place.column : place.end_column]
        return "\n".join([lines[0][place.column :], *lines[1:-1], lines[-1][: place.end_column]])


def too_deep(path: str, offset: int, block: Block) -> Problem:
    """That a block is not read, at its first line that holds anything."""
    lines = enumerate(block.text.split("\n"), offset + 1)
    line, text = next(((line, text) for line, text in lines if text.strip()), (offset + 1, ""))
    message = (
        "This is nested too deeply, or leans on too long a chain of definitions, so it is not read and gets no "
        "lens. Make it in fewer steps."
    )
    return Problem(Span(path, line, line, 0, len(text.rstrip())), "too-deep", message)


def classes(scope: Scope, where: Where) -> Iterator[Found]:
    """Every class of a scope and of the scopes inside."""
    for binding in scope.bindings:
        if isinstance(binding, Class):
            yield Found(where, binding)
    for inner in scope.scopes():
        yield from classes(inner, where.inside(inner))


def _starts(found: Found, binding: Class) -> tuple[int, ...]:
    return tuple(dict.fromkeys((found.line, found.where.offset + binding.start)))


def _predictor(inner: Inner) -> Predictor:
    shape = inner.shape
    if shape is None:
        return Predictor(inner.name, inner.factory)
    return Predictor(inner.name, inner.factory, shape.inputs, shape.outputs, shape.instructions)


def _doc_span(told: Expr | None, where: Where) -> Span | None:
    return span_of(where, told.place) if isinstance(told, Const) and isinstance(told.value, str) else None
