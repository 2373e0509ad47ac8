"""One file by itself, opened to be edited: its definitions with the expressions they are made of."""

from dataclasses import replace

from dspy_lens.source.python.expressions import Const, Place, Ref
from dspy_lens.source.python.facts import Block, Class, Site
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.modules import Modules
from dspy_lens.source.python.names import External, Found, Names, Where
from dspy_lens.source.python.read import read_python
from dspy_lens.source.python.reading import classes
from dspy_lens.source.python.shapes import Shapes
from dspy_lens.source.python.uses import Made, Uses, sites
from dspy_lens.values.definition import Definition, Kind, Span


class Opened:
    """A file's text as it is now. Bases and constants in other files are not seen."""

    def __init__(self, path: str, text: str) -> None:
        self.facts = read_python(path, text)
        self.names = Names({path: self.facts}, Modules([path], ("", "src")))
        self.uses = Uses(Shapes(self.names))

    def flat(self, definition: Definition) -> Definition:
        """The definition with lines that count through the whole text, as `facts` has it."""
        cells = self.facts.cells
        return replace(definition, span=cells.flat(definition.span)) if cells else definition

    def placed(self, span: Span) -> Span:
        """A span of `facts` as users count it: in notebooks by cell."""
        return self.facts.cells.placed(span) if self.facts.cells else span

    def text(self, span: Span) -> str:
        lines = self.facts.lines[span.line - 1 : span.end_line]
        if len(lines) == 1:
            return lines[0][span.column : span.end_column]
        return "\n".join([lines[0][span.column :], *lines[1:-1], lines[-1][: span.end_column]])

    def class_(self, definition: Definition) -> tuple[Block, Found, Class] | None:
        """The class of a definition: where it was, else by its name."""
        qualname, _, number = definition.qualname.partition("#")
        found = [
            (block, it, it.binding)
            for offset, block in self.facts.blocks
            for it in classes(block.scope, Where(self.facts.path, offset))
            if isinstance(it.binding, Class) and it.binding.qualname == qualname
        ]
        at = [it for it in found if it[1].line == definition.span.line]
        nth = found[int(number or 1) - 1 :] if number.isdigit() or not number else []
        return next(iter([*at, *nth]), None)

    def made(self, definition: Definition) -> Made | None:
        """The call that a signature string is given to."""
        every = list(self.uses.made(sites(self.facts)))
        own = definition.qualname.partition("#")[0]
        here = [it for it in every if _starts(span_of(it.where, it.place.place), definition.span)]
        named = [it for it in every if it.holder == own and it.text == definition.literal]
        return next(iter([*(it for it in here if it in named), *here, *named]), self._given(definition))

    def _given(self, definition: Definition) -> Made | None:
        """A call of a class that other files declare, by the literal it is given."""
        for where, site in sites(self.facts):
            first = site.call.argument(0, "signature")
            if isinstance(first, Const) and first.value == definition.literal:
                return Made(str(first.value), first, where, site, None, None)
        return None

    def makings(self, definition: Definition) -> list[tuple[Site, Where]]:
        """The calls that make the program, or the predictor of the signature."""
        if definition.kind is Kind.PROGRAM:
            return [
                (site, where) for where, site in sites(self.facts) if self._makes(site, where, definition)
            ]
        if definition.kind is Kind.STRING:
            made = self.made(definition)
            if made is not None and made.predictor is not None:
                return [(made.site, made.where)]
        return [(site, where) for where, site in sites(self.facts) if self._wraps(site, where, definition)]

    def _makes(self, site: Site, where: Where, definition: Definition) -> bool:
        meaning = self.names.expression(site.call.func, where, where.offset + site.call.place.line)
        return isinstance(meaning, Found) and self._is(meaning, definition)

    def _wraps(self, site: Site, where: Where, definition: Definition) -> bool:
        """Whether a call makes a predictor of the signature."""
        given = site.call.argument(0, "signature")
        if not isinstance(given, Ref) or not self._calls_predictor(site, where):
            return False
        meaning = self.names.meaning(given.dotted, where, where.offset + site.call.place.line)
        return isinstance(meaning, Found) and self._is(meaning, definition)

    def _calls_predictor(self, site: Site, where: Where) -> bool:
        return self.uses.use(where, site) is not None

    def _is(self, found: Found, definition: Definition) -> bool:
        if isinstance(found.binding, Class):
            return found.line == definition.span.line and found.binding.name == _last(definition.qualname)
        return definition.kind is Kind.STRING and found.binding.name == _last(definition.qualname)

    def signature_name(self, call_func: str, where: Where, line: int) -> str | None:
        """How this file writes `dspy.Signature`; None when it has no name for it."""
        prefix = call_func.rpartition(".")[0]
        for name in (f"{prefix}.Signature" if prefix else "Signature", "Signature", "dspy.Signature"):
            meaning = self.names.meaning(name, where, line)
            if isinstance(meaning, External) and meaning.dspy == "Signature":
                return name
        return None

    def end(self, line: int) -> Place:
        """The empty place at the end of a line."""
        column = len(self.facts.lines[line - 1])
        return Place(line, line, column, column)


def _last(qualname: str) -> str:
    return qualname.partition("#")[0].rpartition(".")[2]


def _starts(span: Span, other: Span) -> bool:
    return (span.line, span.column) == (other.line, other.column)
