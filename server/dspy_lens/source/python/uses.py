"""What the calls of one file make: predictors, signatures of strings, examples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dspy_lens.source.python import known
from dspy_lens.source.python.classes import dspy_base, method
from dspy_lens.source.python.expressions import Call, Const, Expr, Ref
from dspy_lens.source.python.facts import Block, Class, Function, Scope, Site
from dspy_lens.source.python.names import External, Found, Where
from dspy_lens.source.python.read import FileFacts
from dspy_lens.source.python.shapes import Shape, Shapes


@dataclass(frozen=True, slots=True)
class Use:
    """A call that makes a predictor: the class that makes it and the signature it is given."""

    factory: str  # as the source names the class; DSPy's own name where it is DSPy's
    native: bool  # whether it is DSPy's own class
    given: Expr | None
    where: Where
    site: Site

    @property
    def line(self) -> int:
        return self.where.offset + self.site.call.place.line


@dataclass(frozen=True, slots=True)
class Made:
    """A signature string in the source: where it stands, what holds it, what it declares."""

    text: str
    place: Expr  # the literal, or the name of the constant that holds it
    where: Where
    site: Site
    predictor: Use | None  # the predictor it is given to, when that is right here
    maker: Call | None  # the `dspy.Signature(…)` around it

    @property
    def holder(self) -> str | None:
        return self.site.holder

    @property
    def line(self) -> int:
        return self.where.offset + self.place.place.line


def sites(facts: FileFacts) -> Iterator[tuple[Where, Site]]:
    """Every call of a file that may matter, in the order of the source."""
    for offset, block in facts.blocks:
        yield from sites_in(block, Where(facts.path, offset))


def sites_in(block: Block, where: Where) -> Iterator[tuple[Where, Site]]:
    """Every call of a block that may matter."""
    yield from _sites(block.scope, where)


def _sites(scope: Scope, where: Where) -> Iterator[tuple[Where, Site]]:
    for site in scope.sites:
        yield where, site
    for inner in scope.scopes():
        yield from _sites(inner, where.inside(inner))


class Uses:
    """Tells what calls make."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.names = shapes.names

    def dspy(self, call: Call, where: Where) -> str | None:
        """DSPy's name for what a call calls; None when it is not DSPy's."""
        made = self.names.expression(call.func, where, where.offset + call.place.line)
        return made.dspy if isinstance(made, External) else None

    def use(self, where: Where, site: Site) -> Use | None:
        """The predictor that a call makes, if it makes one."""
        call = site.call
        made = self.names.expression(call.func, where, where.offset + call.place.line)
        if isinstance(made, External) and made.dspy in known.PREDICTORS:
            return Use(made.dspy, True, call.argument(0, "signature"), where, site)
        if isinstance(made, Found) and isinstance(made.binding, Class):
            ancestors = self.shapes.ancestry(made)
            if dspy_base(ancestors, known.PREDICTORS.__contains__) and self._takes_signature(made):
                return Use(made.binding.name, False, call.argument(0, "signature"), where, site)
        return None

    def _takes_signature(self, found: Found) -> bool:
        """Whether a user's predictor class hands its first argument on as the signature, as far as it shows."""
        own = method(self.shapes.ancestry(found), "__init__")
        if own is None:
            return True
        function = own[0].binding
        return isinstance(function, Function) and [it.name for it in function.parameters[1:2]] == [
            "signature"
        ]

    def made(self, calls: Iterable[tuple[Where, Site]]) -> Iterator[Made]:
        """The signature strings that calls are given."""
        consumed: set[tuple[int, int, int]] = set()
        for where, site in calls:
            place = (where.offset, site.call.place.line, site.call.place.column)
            if place in consumed:
                continue
            use = self.use(where, site)
            if use is not None:
                inner = use.given
                if isinstance(inner, Call) and self.dspy(inner, where) in known.MAKERS:
                    consumed.add((where.offset, inner.place.line, inner.place.column))
                    yield from self._string(inner.argument(0, "signature"), where, site, use, inner)
                else:
                    yield from self._string(inner, where, site, use, None)
            elif self.dspy(site.call, where) in known.MAKERS:
                yield from self._string(site.call.argument(0, "signature"), where, site, None, site.call)

    def _string(
        self, given: Expr | None, where: Where, site: Site, use: Use | None, maker: Call | None
    ) -> Iterator[Made]:
        if isinstance(given, Const) and isinstance(given.value, str):
            yield Made(given.value, given, where, site, use, maker)
        elif isinstance(given, Ref):
            value, there, _ = self.names.value(given, where, where.offset + site.call.place.line)
            if isinstance(value, Const) and isinstance(value.value, str):
                here = there.path == where.path
                at = Where(where.path, there.offset, where.scopes) if here else where
                yield Made(value.value, value if here else given, at if here else where, site, use, maker)

    def shape_of(self, use: Use) -> Shape | None:
        return self.shapes.of_value(use.given, use.where, use.line)
