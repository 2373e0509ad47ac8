"""Enums of the root: their members as Python makes them, as far as the source shows."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dspy_lens.source.python.classes import Ancestor, ancestry
from dspy_lens.source.python.computing import UNKNOWN, Enumeration, EnumMember, attribute
from dspy_lens.source.python.expressions import Call, Expr, Ref
from dspy_lens.source.python.facts import Assign, Class, Function
from dspy_lens.source.python.meanings import External, Found

if TYPE_CHECKING:
    from dspy_lens.source.python.names import Names, Where

Fold = Callable[[Expr, "Where", int], Any]
_KINDS = {"enum.Enum": "", "enum.StrEnum": "str", "enum.IntEnum": "int"}
# Methods with which an enum decides itself what its values, or their texts, are.
_MAKES, _SHOWS = frozenset({"__new__", "_generate_next_value_"}), frozenset({"__str__", "__format__"})


def enumerated(names: "Names", dotted: str, where: "Where", line: int, fold: Fold) -> Any:
    """The enum, member of one, or its name or value, that a dotted name stands for; None where it is nothing of these."""
    parts = dotted.split(".")
    for count in range(1, len(parts) + 1):
        found = names.meaning(".".join(parts[:count]), where, line)
        if isinstance(found, Found) and isinstance(found.binding, Class):
            made: Any = enumeration(names, found, fold)
            if made is not None:
                for part in parts[count:]:
                    made = attribute(made, part)
                return made
    return None


def enumeration(names: "Names", found: Found, fold: Fold) -> Enumeration | None:
    """The members of a class that is an enum."""
    assert isinstance(found.binding, Class)
    if not found.binding.bases:
        return None
    line = ancestry(names, found, {})
    kinds = [_KINDS[it.dotted] for it in line if isinstance(it, External) and it.dotted in _KINDS]
    if not kinds or any(isinstance(it, External) and it.dotted not in _KINDS for it in line):
        return None
    mixed = {it.dotted for own in _classes(line) for it in own.bases if isinstance(it, Ref)} & {"str", "int"}
    methods = {it.name for own in _classes(line) for it in own.scope.bindings if isinstance(it, Function)}
    if methods & _MAKES or len(mixed) > 1:
        return None
    shows = None if methods & _SHOWS or mixed else kinds[0]
    return _made(names, found, fold, shows, "str" if kinds[0] == "str" else next(iter(mixed), kinds[0]))


def _classes(line: Sequence[Ancestor]) -> Iterator[Class]:
    for it in line:
        if isinstance(it, Found) and isinstance(it.binding, Class):
            yield it.binding


def _made(names: "Names", found: Found, fold: Fold, shows: str | None, mixed: str) -> Enumeration | None:
    assert isinstance(found.binding, Class)
    by_name: dict[str, EnumMember] = {}
    own: list[EnumMember] = []
    for it in found.binding.scope.bindings:
        if not isinstance(it, Assign) or it.value is None or it.name.startswith("_"):
            continue
        if it.guards or it.name in by_name:
            return None
        line = found.where.offset + it.line
        value = _automatic(names, it, found, own, mixed) or fold(it.value, found.within, line)
        same = next((old for old in own if value is not UNKNOWN and old.value == value), None)
        text = None if shows is None else str(value) if shows else f"{found.binding.name}.{it.name}"
        made = same or EnumMember(it.name, value, text, mixed == "str")
        by_name[it.name] = made
        if same is None:
            own.append(made)
    return Enumeration(tuple(own), by_name)


def _automatic(names: "Names", it: Assign, found: Found, before: list[EnumMember], mixed: str) -> Any:
    """What `auto()` gives: the next number, or the name in lower case."""
    if not isinstance(it.value, Call) or it.value.args:
        return None
    made = names.expression(it.value.func, found.within, found.where.offset + it.line)
    if not isinstance(made, External) or made.dotted != "enum.auto":
        return None
    if mixed == "str":
        return it.name.lower() if not _is_mixed(found) else UNKNOWN
    numbers = [old.value for old in before]
    if not all(isinstance(it, int) for it in numbers):
        return UNKNOWN
    return max(numbers, default=0) + 1


def _is_mixed(found: Found) -> bool:
    assert isinstance(found.binding, Class)
    return any(isinstance(it, Ref) and it.dotted == "str" for it in found.binding.bases)
