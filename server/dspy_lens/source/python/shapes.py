"""Signatures as DSPy would have them: fields in order, types, descriptions, instructions."""

import inspect
from dataclasses import dataclass, replace

from dspy_lens.source.python import known
from dspy_lens.source.python.classes import Ancestor, ancestry, bases, is_signature, made_signature
from dspy_lens.source.python.expressions import Call, Const, Expr, Member, Place, Ref
from dspy_lens.source.python.facts import Class, Later
from dspy_lens.source.python.fields import Members, field_of, members_of, span_of
from dspy_lens.source.python.names import External, Found, Names, Where
from dspy_lens.source.python.strings import StringSignature, read_string
from dspy_lens.values.definition import Field, Span

Origin = tuple[str, int, int]
"""Path, line and column of what declares a signature."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A signature: `fields` in the order of declaration, each with whether it is an input."""

    fields: tuple[tuple[Field, bool], ...] = ()
    doc: str | None = None  # the raw text of the instructions; None where only running could tell
    origin: Origin | None = None  # of the class or the string that declares it
    stray: tuple[tuple[str, Span], ...] = ()  # fields that lack InputField or OutputField

    @property
    def inputs(self) -> tuple[Field, ...]:
        return tuple(it for it, is_input in self.fields if is_input)

    @property
    def outputs(self) -> tuple[Field, ...]:
        return tuple(it for it, is_input in self.fields if not is_input)

    @property
    def instructions(self) -> str | None:
        return None if self.doc is None else inspect.cleandoc(self.doc)

    def with_doc(self, doc: str | None) -> "Shape":
        return replace(self, doc=doc)


def default_instructions(shape: Shape) -> str:
    """What DSPy says when nobody says anything."""
    inputs = ", ".join(f"`{it.name}`" for it in shape.inputs)
    outputs = ", ".join(f"`{it.name}`" for it in shape.outputs)
    return f"Given the fields {inputs}, produce the fields {outputs}."


def origin_of(where: Where, place: Place) -> Origin:
    return where.path, where.offset + place.line, place.column


class Shapes:
    """Works shapes out; each is made once for one state of the files."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._classes: dict[Found, Shape | None] = {}
        self._ancestries: dict[Found, tuple[Ancestor, ...]] = {}

    def ancestry(self, found: Found) -> tuple[Ancestor, ...]:
        if found not in self._ancestries:
            self._ancestries[found] = ancestry(self.names, found)
        return self._ancestries[found]

    def of_class(self, found: Found) -> Shape | None:
        """The shape of a class; None when it is no signature."""
        if found not in self._classes:
            self._classes[found] = None  # what a cycle sees
            self._classes[found] = self._made(found)
        return self._classes[found]

    def of_value(self, expr: Expr | None, where: Where, line: int) -> Shape | None:
        """The shape of whatever a predictor is given: a class, a string, or a signature made of another."""
        expr, where, line = self.names.value(expr, where, line)
        match expr:
            case Const(str(text), place):
                return self.of_string(text, None, where, place)
            case Call():
                return self._called(expr, where, line)
        meaning = self.names.expression(expr, where, line)
        return (
            self.of_class(meaning)
            if isinstance(meaning, Found) and isinstance(meaning.binding, Class)
            else None
        )

    def of_string(self, text: str, doc: str | None, where: Where, place: Place) -> Shape | None:
        """The shape of a signature string; None when DSPy could not read it."""
        read = read_string(text)
        if not isinstance(read, StringSignature):
            return None
        span = span_of(where, place)
        fields = [(Field(it.name, it.type, f"${{{it.name}}}", span), True) for it in read.inputs]
        fields += [(Field(it.name, it.type, f"${{{it.name}}}", span), False) for it in read.outputs]
        shape = Shape(tuple(fields), doc, origin_of(where, place))
        return shape.with_doc(doc or default_instructions(shape))

    def _called(self, call: Call, where: Where, line: int) -> Shape | None:
        made = self.names.expression(call.func, where, line)
        if isinstance(made, External) and made.dspy in known.MAKERS:
            return self._made_of_string(call, where, line)
        return self._derived(call, where, line)

    def _made_of_string(self, call: Call, where: Where, line: int) -> Shape | None:
        given = call.argument(0, "signature")
        literal, there, _ = self.names.value(given, where, line)
        if not isinstance(literal, Const) or not isinstance(literal.value, str):
            return None
        shape = self.of_string(literal.value, None, there, literal.place)
        told = call.argument(1, "instructions")
        if shape is None or told is None or (isinstance(told, Const) and told.value is None):
            return shape
        doc = self.names.text(told, where, line)
        return shape if doc == "" else shape.with_doc(doc)

    def _derived(self, call: Call, where: Where, line: int) -> Shape | None:
        """`QA.with_instructions("…")` and its like."""
        owner, how = _method(call)
        if owner is None:
            return None
        shape = self.of_value(owner, where, line)
        if shape is None:
            return None
        text = self.names.text(call.argument(0, "instructions"), where, line)
        match how:
            case "with_instructions":
                return shape.with_doc(text)
            case "append_instructions":
                own = shape.instructions
                return shape.with_doc(None if text is None or own is None else f"{own}\n\n{text}")
            case "delete":
                gone = self.names.text(call.argument(0, "name"), where, line)
                return replace(shape, fields=tuple(it for it in shape.fields if it[0].name != gone))
            case "append" | "prepend":
                return self._grown(shape, call, how, where, line)
        return None

    def _grown(self, shape: Shape, call: Call, how: str, where: Where, line: int) -> Shape | None:
        name = self.names.text(call.argument(0, "name"), where, line)
        made = field_of(self.names, name or "", None, call.argument(1, "field"), where, line, call.place)
        if name is None or made is None:
            return None
        fields = (*shape.fields, made) if how == "append" else (made, *shape.fields)
        return replace(shape, fields=fields)

    def _made(self, found: Found) -> Shape | None:
        ancestors = self.ancestry(found)
        declared = [it for it in ancestors if isinstance(it, Found) and isinstance(it.binding, Class)]
        members = [(it, members_of(self.names, it)) for it in declared]
        if not is_signature(self.names, ancestors) and not self._looks_like_one(ancestors, members):
            return None
        parents = [shape for it in bases(self.names, found) if (shape := self._of_base(it)) is not None]
        order: dict[str, None] = {}
        for it in reversed(ancestors):
            own = next((made.order for ancestor, made in members if ancestor == it), None)
            base = self._of_base(it) if own is None else None
            order.update(dict.fromkeys(own if own is not None else _names(base)))
        known_fields: dict[str, tuple[Field, bool]] = {}
        for parent in reversed(parents):
            known_fields.update({it.name: (it, is_input) for it, is_input in parent.fields})
        own_members = members[0][1]
        known_fields.update(own_members.fields)
        for name, _ in own_members.strays:
            known_fields.pop(name, None)
        shape = Shape(
            tuple(known_fields[it] for it in order if it in known_fields), stray=tuple(own_members.strays)
        )
        assert isinstance(found.binding, Class)
        return replace(
            shape, doc=self._doc(found, shape, parents), origin=origin_of(found.where, found.binding.place)
        )

    def _of_base(self, it: Ancestor) -> Shape | None:
        if not isinstance(it, Found):
            return None
        if isinstance(it.binding, Class):
            return self.of_class(it)
        call = made_signature(self.names, it)
        return self._made_of_string(call, it.where, it.line) if call else None

    def _looks_like_one(self, ancestors: tuple[Ancestor, ...], members: list[tuple[Found, Members]]) -> bool:
        """A class of DSPy's fields below a base that cannot be seen is a signature too."""
        unseen = any(isinstance(it, External) and it.dspy is None for it in ancestors)
        return unseen and any(made.fields for _, made in members)

    def _doc(self, found: Found, shape: Shape, parents: list[Shape]) -> str | None:
        """The text DSPy has for `__doc__`: the class's own, else that of the last base that has any."""
        assert isinstance(found.binding, Class)
        later = self.later_doc(found)
        if later is not None:
            return self.names.text(later[1].value, Where(found.where.path), later[0] + later[1].line)
        doc = found.binding.doc
        if doc is not None:
            return self.names.text(doc.value, found.within, found.where.offset + doc.place.line)
        if any(isinstance(it, External) and it.dspy is None for it in self.ancestry(found)) and not parents:
            return default_instructions(shape) if self._is_plain(found) else None
        inherited = [it.doc for it in parents if it.doc != ""]
        return inherited[-1] if inherited else default_instructions(shape)

    def later_doc(self, found: Found) -> tuple[int, Later] | None:
        """What the module puts into a class's `__doc__` after it is made, with the lines before its block."""
        placed = (
            () if found.where.scopes else self.names.lookup(found.where.path, f"{found.binding.name}.__doc__")
        )
        for offset, later in placed:
            if isinstance(later, Later) and offset + later.line > found.line:
                return offset, later
        return None

    def _is_plain(self, found: Found) -> bool:
        """Whether a base is DSPy's own Signature, so that bases that cannot be seen bring no text."""
        return any(isinstance(it, External) and it.dspy == known.SIGNATURE for it in bases(self.names, found))


def _names(shape: Shape | None) -> list[str]:
    return [it.name for it, _ in shape.fields] if shape else []


def _method(call: Call) -> tuple[Expr | None, str]:
    """What a method is called on, and its name."""
    match call.func:
        case Member(value, name):
            return value, name
        case Ref(dotted, place) if "." in dotted:
            owner, _, name = dotted.rpartition(".")
            return Ref(owner, place), name
    return None, ""
