"""What the user's own code does with programs: compiles, evaluates, saves and loads them.

Each is a value with its place and with the expressions it was given, as they stand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dspy_lens.source.python import known
from dspy_lens.source.python.classes import ancestry, dspy_base
from dspy_lens.source.python.expressions import Call, Const, method_of
from dspy_lens.source.python.facts import Class, Site
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.given import DEEP, Given, settled
from dspy_lens.source.python.names import External, Found, Names, Where
from dspy_lens.values.definition import Span

_COPIES = frozenset({"deepcopy", "reset_copy"})
_METRIC_AT = {"COPRO": 1}  # where the metric stands among the arguments; elsewhere it is the first
_NO_METRIC = frozenset({"LabeledFewShot", "KNNFewShot", "Ensemble", "InferRules"})  # none by position


@dataclass(frozen=True, slots=True)
class Compiled:
    """`optimizer.compile(student, trainset=…)`; `optimizer` is DSPy's name of its class, None where it is not seen.

    `making` is the call that made the optimizer; an argument that is not given is None.
    """

    span: Span
    call: Given
    optimizer: str | None
    making: Given | None
    student: Given | None
    trainset: Given | None
    valset: Given | None
    metric: Given | None
    holder: str | None  # the qualname of what holds the compiled program


@dataclass(frozen=True, slots=True)
class Evaluated:
    """`Evaluate(devset=…, metric=…)(program)`; `program` is None where the evaluator is only made."""

    span: Span
    call: Given
    making: Given
    program: Given | None
    devset: Given | None
    metric: Given | None


@dataclass(frozen=True, slots=True)
class Saved:
    """`program.save(path)`."""

    span: Span
    program: Given
    path: Given | None


@dataclass(frozen=True, slots=True)
class Loaded:
    """`program.load(path)`, or `dspy.load(path)` where `program` is None."""

    span: Span
    program: Given | None
    path: Given | None
    holder: str | None  # the qualname of what holds the program that `dspy.load` makes


Doing = Compiled | Evaluated | Saved | Loaded


def doings(calls: Iterable[tuple[Where, Site]], names: Names) -> tuple[Doing, ...]:
    """What some calls do with programs, in the order of the source."""
    return tuple(_Reader(names).read(calls))


@dataclass
class _Reader:
    names: Names
    called: set[tuple[str, int, int]] = field(default_factory=set)  # evaluators that a call was found of

    def read(self, calls: Iterable[tuple[Where, Site]]) -> Iterator[Doing]:
        found = [it for where, site in calls if (it := self._doing(where, site)) is not None]
        for it in found:
            if not (isinstance(it, Evaluated) and it.program is None and _key(it.making) in self.called):
                yield it

    def _doing(self, where: Where, site: Site) -> Doing | None:
        call = Given(site.call, where, where.offset + site.call.place.line)
        owner, method = method_of(site.call)
        if owner is not None:
            found = self._on(call.other(owner), method, call, site)
            if found is not None:
                return found
        if self._class(call.other(site.call.func)) == known.EVALUATE:
            return self._evaluated(call, call, None)
        if self._made_by(call) == "load":
            return Loaded(span_of(where, site.call.place), None, _argument(call, 0, "path"), site.holder)
        making = settled(self.names, call.other(site.call.func))
        if self._made_by(making) == known.EVALUATE:
            self.called.add(_key(making))
            return self._evaluated(call, making, _argument(call, 0, "program"))
        return None

    def _on(self, owner: Given, method: str, call: Given, site: Site) -> Doing | None:
        """What a method of something does."""
        span = span_of(call.where, site.call.place)
        match method:
            case "compile":
                return self._compiled(owner, call, site)
            case "save" if self._is_program(owner):
                return Saved(span, owner, _argument(call, 0, "path"))
            case "load" if self._is_program(owner):
                return Loaded(span, owner, _argument(call, 0, "path"), None)
        return None

    def _compiled(self, owner: Given, call: Given, site: Site) -> Compiled | None:
        making = settled(self.names, owner)
        optimizer = self._made_by(making)
        if optimizer not in known.OPTIMIZERS:
            if _argument(call, 99, "trainset") is None:
                return None
            optimizer, told = None, None
        else:
            told = making
        return Compiled(
            span_of(call.where, site.call.place),
            call,
            optimizer,
            told,
            _argument(call, 0, "student") or _argument(call, 99, "programs"),
            _argument(call, 99, "trainset"),
            _argument(call, 99, "valset"),
            _metric(told, optimizer or "") if told else None,
            site.holder,
        )

    def _evaluated(self, call: Given, making: Given, program: Given | None) -> Evaluated:
        own = call is not making
        return Evaluated(
            span_of(call.where, call.expr.place),
            call,
            making,
            program,
            (_argument(call, 2, "devset") if own else None) or _argument(making, 0, "devset"),
            (_argument(call, 1, "metric") if own else None) or _argument(making, 1, "metric"),
        )

    def _is_program(self, given: Given, depth: int = 0) -> bool:
        """Whether something is a program for certain: made, compiled, loaded, or a copy of one."""
        given = settled(self.names, given)
        if not isinstance(given.expr, Call) or depth > DEEP:
            return False
        made = self._made_by(given)
        if made in known.PROGRAMS or made == "load":
            return True
        owner, method = method_of(given.expr)
        if method in _COPIES:
            copied = given.expr.args[0] if given.expr.args else owner
            return copied is not None and self._is_program(given.other(copied), depth + 1)
        if owner is None or method != "compile":
            return False
        return self._made_by(settled(self.names, given.other(owner))) in known.OPTIMIZERS

    def _made_by(self, given: Given) -> str | None:
        """DSPy's name for what a call calls, or for the class of DSPy that it derives from."""
        return self._class(given.other(given.expr.func)) if isinstance(given.expr, Call) else None

    def _class(self, given: Given) -> str | None:
        meaning = self.names.expression(given.expr, given.where, given.line)
        match meaning:
            case External():
                return meaning.dspy
            case Found(binding=Class()):
                return dspy_base(ancestry(self.names, meaning, {}), known.DOERS.__contains__)
        return None


def _argument(call: Given, index: int, name: str) -> Given | None:
    found = call.expr.argument(index, name) if isinstance(call.expr, Call) else None
    return None if found is None or (isinstance(found, Const) and found.value is None) else call.other(found)


def _metric(making: Given, optimizer: str) -> Given | None:
    return _argument(making, 99 if optimizer in _NO_METRIC else _METRIC_AT.get(optimizer, 0), "metric")


def _key(given: Given) -> tuple[str, int, int]:
    place = given.expr.place
    return given.where.path, given.where.offset + place.line, place.column
