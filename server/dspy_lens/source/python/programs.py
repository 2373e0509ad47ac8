"""Programs: their predictors as DSPy's `named_predictors()` gives them, and their inputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dspy_lens.source.python import known
from dspy_lens.source.python.annotations import normalized
from dspy_lens.source.python.classes import Ancestor, dspy_base, method
from dspy_lens.source.python.expressions import Binary, Call, Choice, Const, Expr, Items, Pairs, Ref, Repeat
from dspy_lens.source.python.facts import Class, Function, SelfAssign, SelfCall
from dspy_lens.source.python.fields import span_of
from dspy_lens.source.python.folding import truth
from dspy_lens.source.python.names import External, Found, Where
from dspy_lens.source.python.shape import Shape
from dspy_lens.source.python.shapes import Shapes
from dspy_lens.values.definition import Field

_DEEP = 12


@dataclass(frozen=True, slots=True)
class Inner:
    """A predictor inside a program: its name there, the class that makes it, the signature it is given."""

    name: str
    factory: str
    shape: Shape | None
    given: Expr | None
    where: Where
    line: int


@dataclass(frozen=True, slots=True)
class _Value:
    """An expression with where it stands, and what the parameters around it were given."""

    expr: Expr
    where: Where
    line: int
    given: "Mapping[str, _Value]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Native:
    """A predictor that one of DSPy's own classes keeps in an attribute, and the call that made it."""

    factory: str
    call: _Value | None


@dataclass
class _Object:
    """A module while its `__init__` is followed: its attributes in order; "" is the module itself."""

    attributes: dict[str, _Value | _Native] = field(default_factory=dict)
    followed: set[tuple[str, int, str]] = field(default_factory=set)
    shared: set[tuple[str, int, int]] = field(default_factory=set)  # variables whose objects were counted


class Programs:
    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self.names = shapes.names

    def is_program(self, found: Found) -> bool:
        return dspy_base(self.shapes.ancestry(found), known.PROGRAMS.__contains__) is not None

    def predictors(self, found: Found) -> tuple[Inner, ...]:
        """The predictors of a program class, in DSPy's order, as far as the source shows them."""
        return tuple(self._of_class(found, None, 0))

    def inputs(self, found: Found) -> tuple[Field, ...]:
        """The parameters of `forward`, or of `aforward` where there is none."""
        ancestors = self.shapes.ancestry(found)
        forward = method(ancestors, "forward") or method(ancestors, "aforward")
        if forward is None or not isinstance(forward[0].binding, Function):
            return ()
        where = forward[0].where
        return tuple(
            Field(
                it.name,
                normalized(it.annotation) if it.annotation else "str",
                None,
                span_of(where, it.place) if where.path == found.where.path else None,
                it.default is None,
            )
            for it in forward[0].binding.parameters[1:]
        )

    def _of_class(self, found: Found, call: _Value | None, depth: int) -> Iterator[Inner]:
        """The predictors of an object that a call of a class of the root makes."""
        ancestors = self.shapes.ancestry(found)
        if depth > _DEEP:
            return
        made = _Object()
        if dspy_base(ancestors, lambda it: it == "Predict") is not None:
            made.attributes[""] = _Native("Predict", None)
        self._init(ancestors, 0, call, made, depth)
        for name, value in made.attributes.items():
            if isinstance(value, _Native):
                yield self._inner(name or "self", value.factory, value.call)
            else:
                yield from self._attribute(name, value, made, depth)

    def _init(
        self, ancestors: tuple[Ancestor, ...], start: int, call: _Value | None, made: _Object, depth: int
    ) -> None:
        """Runs, so to speak, the `__init__` that is found from `start` on in the resolution order."""
        own = method(ancestors[start:], "__init__")
        native = next((at for at, it in enumerate(ancestors[start:]) if _brings_predictors(it)), None)
        if native is not None and (own is None or native < own[1]):
            self._native(ancestors[start + native], call, made)
        elif own is not None:
            self._method(own[0], ancestors, start + own[1], call, made, depth)

    def _native(self, ancestor: Ancestor, call: _Value | None, made: _Object) -> None:
        """The attributes that DSPy's own `__init__` sets."""
        assert isinstance(ancestor, External)
        factory = ancestor.dspy or ""
        for name in known.INNER.get(factory, ()):
            made.attributes[name] = _Native(factory, call)

    def _method(
        self,
        found: Found,
        ancestors: tuple[Ancestor, ...],
        position: int,
        call: _Value | None,
        made: _Object,
        depth: int,
    ) -> None:
        assert isinstance(found.binding, Function)
        if found.key in made.followed:
            return
        made.followed.add(found.key)
        given = _arguments(found, found.binding, call)
        for step in found.binding.steps:
            match step:
                case SelfAssign(name, value, place, plain):
                    if plain or name not in made.attributes:
                        line = found.where.offset + place.line
                        made.attributes[name] = _Value(value, found.within, line, given)
                case SelfCall(name, parent, inner):
                    line = found.where.offset + inner.place.line
                    argument = _Value(inner, found.within, line, given)
                    if parent and name == "__init__":
                        self._init(ancestors, position + 1, argument, made, depth)
                    elif not parent and (own := method(ancestors, name)):
                        self._method(own[0], ancestors, own[1], argument, made, depth)

    def _attribute(self, name: str, value: _Value, made: _Object, depth: int) -> Iterator[Inner]:
        """The predictors behind one attribute: DSPy looks into lists, tuples and dicts, one level deep."""
        settled = self._settled(value)
        value = settled if isinstance(settled.expr, Items | Repeat | Pairs) else value
        match value.expr:
            case Items("list" | "tuple", items):
                for index, item in enumerate(items):
                    yield from self._one(f"{name}[{index}]", _at(value, item), made, depth)
            case Repeat(item, count):
                for index in range(1 if count is None else min(count, 100)):
                    yield from self._one(f"{name}[{index}]", _at(value, item), made, depth)
            case Pairs(items):
                for key, item in items:
                    if isinstance(key, Const):
                        yield from self._one(f"{name}['{key.value!s}']", _at(value, item), made, depth)
            case _:
                yield from self._one(name, value, made, depth)

    def _one(self, name: str, value: _Value, made: _Object, depth: int) -> Iterator[Inner]:
        named = isinstance(value.expr, Ref)
        value = self._settled(value)
        if not isinstance(value.expr, Call):
            return
        if named:
            key = (value.where.path, value.line, value.expr.place.column)
            if key in made.shared:
                return
            made.shared.add(key)
        meaning = self.names.expression(value.expr.func, value.where, value.line)
        if isinstance(meaning, External) and meaning.dspy in known.INNER:
            for inner in known.INNER[meaning.dspy]:
                yield self._inner(f"{name}.{inner}".rstrip("."), meaning.dspy, value)
        elif isinstance(meaning, External) and meaning.dspy in known.AROUND:
            wrapped = value.expr.argument(0, "module")
            if wrapped is not None:
                yield from self._one(f"{name}.module", _at(value, wrapped), made, depth + 1)
        elif isinstance(meaning, Found) and isinstance(meaning.binding, Class) and self.is_program(meaning):
            for it in self._of_class(meaning, value, depth + 1):
                inside = name if it.name == "self" else f"{name}.{it.name}"
                yield Inner(inside, it.factory, it.shape, it.given, it.where, it.line)

    def _inner(self, name: str, factory: str, call: _Value | None) -> Inner:
        if call is None or not isinstance(call.expr, Call):
            return Inner(name, factory, None, None, Where(""), 0)
        argument = call.expr.argument(0, "signature")
        if argument is None:
            return Inner(name, factory, None, None, call.where, call.line)
        value = self._settled(_at(call, argument))
        shape = self.shapes.of_value(value.expr, value.where, value.line)
        return Inner(name, factory, shape, value.expr, value.where, value.line)

    def _settled(self, value: _Value) -> _Value:
        """A value with parameters and variables replaced by what they hold, and choices made."""
        for _ in range(_DEEP):
            match value.expr:
                case Ref(name) if name in value.given:
                    value = value.given[name]
                    continue
                case Binary("or", left, right):
                    first = self._settled(_at(value, left))
                    value = first if isinstance(first.expr, Call) else _at(value, right)
                    continue
                case Choice(test, body, other):
                    holds = self._holds(_at(value, test))
                    value = _at(value, other if holds is False else body)
                    continue
                case Ref():
                    found, where, line = self.names.value(value.expr, value.where, value.line)
                    if found is value.expr or found is None:
                        break
                    value = _Value(found, where, line, value.given if where.path == value.where.path else {})
                case _:
                    break
        return value

    def _holds(self, test: _Value) -> bool | None:
        """Whether a condition holds, with what the parameters were given."""
        match test.expr:
            case Binary("is" | "is not" as op, left, Const(None)):
                given = self._settled(_at(test, left))
                if isinstance(given.expr, Const | Call):
                    is_none = isinstance(given.expr, Const) and given.expr.value is None
                    return is_none if op == "is" else not is_none
            case Ref():
                given = self._settled(test)
                if isinstance(given.expr, Const | Call):
                    return isinstance(given.expr, Call) or bool(given.expr.value)
        return truth(self.names, test.expr, test.where, test.line)


def _brings_predictors(it: Ancestor) -> bool:
    return isinstance(it, External) and it.dspy in known.INNER


def _at(value: _Value, expr: Expr) -> _Value:
    return _Value(expr, value.where, value.line, value.given)


def _arguments(found: Found, function: Function, call: _Value | None) -> dict[str, _Value]:
    """What the parameters of a method were given: by the call, where one shows it, else by default."""
    parameters = function.parameters[1:]
    given = {it.name: _Value(it.default, found.where, found.line) for it in parameters if it.default}
    if call is None or not isinstance(call.expr, Call):
        return given
    names = [it.name for it in parameters]
    given |= {name: _at(call, it) for name, it in zip(names, call.expr.args, strict=False)}
    return given | {key: _at(call, it) for key, it in call.expr.keywords if key is not None}
