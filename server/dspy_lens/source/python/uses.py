"""What the calls of one file make: predictors, signatures of strings, examples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dspy_lens.source.python import known
from dspy_lens.source.python.classes import Ancestor, dspy_base, method
from dspy_lens.source.python.expressions import Call, Const, Expr, Pairs, Ref, method_of
from dspy_lens.source.python.facts import Block, Class, Function, Scope, Site
from dspy_lens.source.python.names import External, Found, Where
from dspy_lens.source.python.read import FileFacts
from dspy_lens.source.python.removed import REPLACED
from dspy_lens.source.python.shape import Shape
from dspy_lens.source.python.shapes import Shapes


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
    """A signature that a call makes: where it stands, what holds it.

    `text` is its string, None where it is made of a dict or of another signature.
    """

    text: str | None
    place: Expr  # the literal, or the name of the constant that holds it, or the call
    where: Where
    site: Site
    predictor: Use | None  # the predictor it is given to, when that is right here
    maker: Call | None  # the `dspy.Signature(…)` around it
    derived: Call | None = None  # the call of `with_instructions`, `append`, … that makes it of another one

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
            return Use(REPLACED.get(made.dspy, made.dspy), True, call.argument(0, "signature"), where, site)
        if isinstance(made, Found) and isinstance(made.binding, Class):
            ancestors = self.shapes.ancestry(made)
            if dspy_base(ancestors, known.PREDICTORS.__contains__) and self._takes_signature(made):
                return Use(made.binding.name, False, call.argument(0, "signature"), where, site)
            return self._use_of_program(made, ancestors, where, site)
        return None

    def _use_of_program(
        self, found: Found, ancestors: tuple[Ancestor, ...], where: Where, site: Site
    ) -> Use | None:
        """A program of the user's that asks for a `signature` first, and is given one: a string or a class."""
        given = site.call.argument(0, "signature")
        line = where.offset + site.call.place.line
        if self.shapes.of_value(given, where, line) is None or not dspy_base(
            ancestors, known.PROGRAMS.__contains__
        ):
            return None
        asks = method(ancestors, "__init__") is not None and self._takes_signature(found)
        return Use(found.binding.name, False, given, where, site) if asks else None

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
        """The signatures that calls make, of strings above all."""
        consumed: set[tuple[int, int, int]] = set()
        for where, site in calls:
            if _key(where, site.call) in consumed:
                continue
            use = self.use(where, site)
            maker = use.given if use is not None else site.call
            derived = self._derived(maker, where, site) if use is None else None
            if derived is not None:
                root = _root(derived)
                maker = root if self._makes(root, where) else None
                consumed.add(_key(where, root))
                yield from self._of_derived(derived, maker, where, site)
            elif isinstance(maker, Call) and self._makes(maker, where):
                consumed.add(_key(where, maker))
                yield from self._of_maker(maker, where, site, use)
            elif use is not None:
                yield from self._string(use.given, where, site, use, None)

    def _makes(self, expr: Expr | None, where: Where) -> bool:
        return isinstance(expr, Call) and self.dspy(expr, where) in known.MAKERS

    def _derived(self, expr: Expr | None, where: Where, site: Site) -> Call | None:
        """A call that makes a signature of another one, when a variable holds what it makes."""
        if not isinstance(expr, Call) or site.holder is None or method_of(expr)[1] not in known.DERIVING:
            return None
        line = where.offset + expr.place.line
        return expr if self.shapes.of_value(expr, where, line) is not None else None

    def _of_derived(self, derived: Call, maker: Expr | None, where: Where, site: Site) -> Iterator[Made]:
        own = maker if isinstance(maker, Call) else None
        given = own.argument(0, "signature") if own else None
        text = given.value if isinstance(given, Const) and isinstance(given.value, str) else None
        place = given if given is not None and text is not None else derived
        yield Made(text, place, where, site, None, own, derived)

    def _of_maker(self, maker: Call, where: Where, site: Site, use: Use | None) -> Iterator[Made]:
        given = maker.argument(0, "signature")
        line = where.offset + maker.place.line
        if given is not None and isinstance(self.names.value(given, where, line)[0], Pairs):
            if self.shapes.of_value(maker, where, line) is not None:
                yield Made(None, maker, where, site, use, maker)
        else:
            yield from self._string(given, where, site, use, maker)

    def _string(
        self, given: Expr | None, where: Where, site: Site, use: Use | None, maker: Call | None
    ) -> Iterator[Made]:
        if given is None:
            return
        line = where.offset + site.call.place.line
        text = self.names.text(given, where, line)
        if text is None:
            return
        value, there, _ = self.names.value(given, where, line)
        if isinstance(given, Ref) and isinstance(value, Const) and there.path == where.path:
            at = Where(where.path, there.offset, where.scopes)
            yield Made(text, value, at, site, use, maker)
        else:
            yield Made(text, given, where, site, use, maker)

    def shape_of(self, use: Use) -> Shape | None:
        return self.shapes.of_value(use.given, use.where, use.line)


def _key(where: Where, expr: Expr) -> tuple[int, int, int]:
    return where.offset, expr.place.line, expr.place.column


def _root(call: Call) -> Expr:
    """What a chain of methods begins with."""
    found: Expr = call
    while isinstance(found, Call) and method_of(found)[1] in known.DERIVING:
        owner = method_of(found)[0]
        assert owner is not None
        found = owner
    return found
