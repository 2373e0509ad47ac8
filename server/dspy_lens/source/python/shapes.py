"""Works out what classes, strings and calls are as signatures."""

from collections.abc import Mapping
from dataclasses import replace

from dspy_lens.source.python import known
from dspy_lens.source.python.classes import Ancestor, ancestry, bases, is_signature, made_signature
from dspy_lens.source.python.expressions import Binary, Call, Choice, Const, Expr, Item, Place, Sum
from dspy_lens.source.python.facts import Class, Later
from dspy_lens.source.python.fields import Members, members_of, span_of
from dspy_lens.source.python.making import shape_of_call
from dspy_lens.source.python.names import External, Found, Names, Where
from dspy_lens.source.python.shape import Shape, default_instructions, origin_of
from dspy_lens.source.python.strings import StringSignature, read_string
from dspy_lens.values.definition import Field


class Shapes:
    """Works shapes out; each is made once for one state of the files."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self._classes: dict[Found, Shape | None] = {}
        self._calls: set[int] = set()  # those whose shapes are being worked out
        self._ancestries: dict[Ancestor, tuple[Ancestor, ...]] = {}
        self._members: dict[Found, Members] = {}

    def ancestry(self, found: Found) -> tuple[Ancestor, ...]:
        if found not in self._ancestries:
            return ancestry(self.names, found, self._ancestries)
        return self._ancestries[found]

    def members(self, found: Found) -> Members:
        """What the body of a class says about fields."""
        if found not in self._members:
            self._members[found] = members_of(self.names, found)
        return self._members[found]

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
            case Choice(_, body, other):
                return self.of_value(body, where, line) or self.of_value(other, where, line)
            case Sum() | Binary() | Item():
                return self._of_text(expr, where, line)
            case Call():
                return self._of_call(expr, where, line)
        meaning = self.names.expression(expr, where, line)
        return (
            self.of_class(meaning)
            if isinstance(meaning, Found) and isinstance(meaning.binding, Class)
            else None
        )

    def _of_call(self, call: Call, where: Where, line: int) -> Shape | None:
        """The shape of what a call makes; `signature = ensure_signature(signature)` asks for itself."""
        if id(call) in self._calls:
            return None
        self._calls.add(id(call))
        made = shape_of_call(self, call, where, line) or self._of_text(call, where, line)
        self._calls.discard(id(call))
        return made

    def _of_text(self, expr: Expr, where: Where, line: int) -> Shape | None:
        """The shape of a signature string that is put together."""
        text = self.names.text(expr, where, line)
        return self.of_string(text, None, where, expr.place) if text is not None else None

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

    def _made(self, found: Found) -> Shape | None:
        ancestors = self.ancestry(found)
        members = {
            it: self.members(it)
            for it in ancestors
            if isinstance(it, Found) and isinstance(it.binding, Class)
        }
        if not is_signature(self.names, ancestors) and not self._looks_like_one(ancestors, members):
            return None
        parents = [shape for it in bases(self.names, found) if (shape := self._of_base(it)) is not None]
        order: dict[str, None] = {}
        for it in reversed(ancestors):
            own = members.get(it) if isinstance(it, Found) else None
            order.update(dict.fromkeys(own.order if own is not None else _names(self._of_base(it))))
        known_fields: dict[str, tuple[Field, bool]] = {}
        for parent in reversed(parents):
            known_fields.update({it.name: (it, is_input) for it, is_input in parent.fields})
        own_members = self.members(found)
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
        return shape_of_call(self, call, it.where, it.line) if call else None

    def _looks_like_one(self, ancestors: tuple[Ancestor, ...], members: Mapping[Found, Members]) -> bool:
        """A class of DSPy's fields below a base that cannot be seen is a signature too."""
        outside = [it for it in ancestors if isinstance(it, External)]
        unseen = any(it.dspy is None and not known.is_other(it.dotted) for it in outside)
        return unseen and any(it.fields for it in members.values())

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
