"""Signatures that calls make: of strings, of dicts, and of other signatures."""

from dataclasses import replace
from typing import TYPE_CHECKING

from dspy_lens.source.python import known
from dspy_lens.source.python.expressions import Call, Const, Expr, Items, Pairs, Place, method_of
from dspy_lens.source.python.fields import field_of, type_written
from dspy_lens.source.python.folding import value_of
from dspy_lens.source.python.names import External, Where
from dspy_lens.source.python.shape import Shape, default_instructions, origin_of
from dspy_lens.values.definition import Field

if TYPE_CHECKING:
    from dspy_lens.source.python.shapes import Shapes

Made = tuple[Field, bool]
"""A field, and whether it is an input."""

_SPREADS = 8  # dicts in dicts that are looked into


def shape_of_call(shapes: "Shapes", call: Call, where: Where, line: int) -> Shape | None:
    """The signature that a call makes; None where it makes none, or where only running could tell."""
    made = shapes.names.expression(call.func, where, line)
    if isinstance(made, External) and made.dspy in known.MAKERS:
        return _of_maker(shapes, call, where, line)
    return _derived(shapes, call, where, line)


def _of_maker(shapes: "Shapes", call: Call, where: Where, line: int) -> Shape | None:
    given, there, at = shapes.names.value(call.argument(0, "signature"), where, line)
    told = call.argument(1, "instructions")
    text = shapes.names.text(given, there, at)
    if isinstance(given, Pairs):
        if shapes.names.grows(call.argument(0, "signature"), where, line):
            return None
        shape = _of_dict(shapes, given, there, at)
    elif given is not None and text is not None:
        shape = shapes.of_string(text, None, there, given.place)
    else:
        # `ensure_signature(QA)` gives back what it is given.
        return shapes.of_value(given, there, at) if told is None else None
    if shape is None or told is None or (isinstance(told, Const) and told.value is None):
        return shape
    doc = shapes.names.text(told, where, line)
    return shape if doc == "" else shape.with_doc(doc)


def _of_dict(shapes: "Shapes", given: Pairs, where: Where, line: int) -> Shape | None:
    """`{"question": (str, InputField())}`; the type may be left out."""
    fields = _in_dict(shapes, given, where, line, 0)
    if fields is None:
        return None
    shape = Shape(_sided(fields), origin=origin_of(where, given.place))
    return shape.with_doc(default_instructions(shape))


def _in_dict(shapes: "Shapes", given: Pairs, where: Where, line: int, depth: int) -> list[Made] | None:
    """The fields of a dict and of those that are spread in it; None where only running could tell."""
    fields: list[Made] = []
    for key, value in given.items:
        found, there, at = shapes.names.value(value, where, line)
        if key is None:
            seen = isinstance(found, Pairs) and not shapes.names.grows(value, where, line)
            known_dict = found if isinstance(found, Pairs) and seen and depth < _SPREADS else None
            inner = _in_dict(shapes, known_dict, there, at, depth + 1) if known_dict else None
            if inner is None:
                return None
            fields += inner
            continue
        made = _entry(shapes, shapes.names.text(key, where, line), found, there, at, value.place)
        if made is None:
            return None
        fields.append(made)
    return fields


def _entry(
    shapes: "Shapes", name: str | None, value: Expr | None, where: Where, line: int, place: Place
) -> Made | None:
    """One field of a dict, by its name and `(str, InputField())` or `InputField()`."""
    written = None
    if isinstance(value, Items) and len(value.items) == 2:
        written = type_written(shapes.names, value.items[0], where, line)
        value = value.items[1]
    return field_of(shapes.names, name, written, value, where, line, place) if name else None


def _derived(shapes: "Shapes", call: Call, where: Where, line: int) -> Shape | None:
    """`QA.with_instructions("…")` and its like."""
    owner, how = method_of(call)
    if owner is None or how not in known.DERIVING:
        return None
    shape = shapes.of_value(owner, where, line)
    if shape is None:
        return None
    text = shapes.names.text(call.argument(0, "instructions"), where, line)
    match how:
        case "with_instructions":
            return shape.with_doc(default_instructions(shape) if text == "" else text)
        case "append_instructions":
            own = shape.instructions
            return shape.with_doc(None if text is None or own is None else f"{own}\n\n{text}")
        case "delete":
            gone = shapes.names.text(call.argument(0, "name"), where, line)
            return replace(shape, fields=tuple(it for it in shape.fields if it[0].name != gone))
        case "with_updated_fields":
            return _updated(shapes, shape, call, where, line)
    return _grown(shapes, shape, call, how, where, line)


def _updated(shapes: "Shapes", shape: Shape, call: Call, where: Where, line: int) -> Shape | None:
    name = shapes.names.text(call.argument(0, "name"), where, line)
    if name is None or not any(field.name == name for field, _ in shape.fields):
        return None
    given = {key: it for key, it in call.keywords if key is not None}
    changes: dict[str, str | None] = {}
    if "desc" in given:
        changes["desc"] = shapes.names.text(given["desc"], where, line)
    if (written := call.argument(1, "type_")) is not None:
        changes["type"] = type_written(shapes.names, written, where, line) or "str"
    return replace(
        shape,
        fields=tuple(
            (replace(field, **changes) if field.name == name else field, side)  # type: ignore[arg-type]
            for field, side in shape.fields
        ),
    )


def _grown(shapes: "Shapes", shape: Shape, call: Call, how: str, where: Where, line: int) -> Shape | None:
    """A signature with one more field; DSPy counts its place among the inputs or the outputs."""
    first = 1 if how == "insert" else 0
    name = shapes.names.text(call.argument(first, "name"), where, line)
    value = call.argument(first + 1, "field")
    written = _type(shapes, call.argument(first + 2, "type_"), where, line)
    made = field_of(shapes.names, name or "", written, value, where, line, call.place)
    index = {"append": -1, "prepend": 0}.get(how)
    if index is None:
        at = value_of(shapes.names, call.argument(0, "index"), where, line)
        index = at if isinstance(at, int) else None
    if name is None or made is None or index is None:
        return None
    side = [it for it in shape.fields if it[1] == made[1]]
    others = [it for it in shape.fields if it[1] != made[1]]
    side.insert(index + len(side) + 1 if index < 0 else index, made)
    return replace(shape, fields=_sided([*side, *others]))


def _type(shapes: "Shapes", written: Expr | None, where: Where, line: int) -> str | None:
    return type_written(shapes.names, written, where, line) if written is not None else None


def _sided(fields: list[Made]) -> tuple[Made, ...]:
    """Inputs before outputs, the last of a name in the place of its first, as a dict has them."""
    ordered = {it[0].name: it for it in (*(i for i in fields if i[1]), *(o for o in fields if not o[1]))}
    return tuple(ordered.values())
