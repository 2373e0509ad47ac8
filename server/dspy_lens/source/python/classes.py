"""What classes derive from."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from dspy_lens.source.python import known
from dspy_lens.source.python.expressions import Call
from dspy_lens.source.python.facts import Assign, Class, Function
from dspy_lens.source.python.meanings import External, Found, Meaning

if TYPE_CHECKING:
    from dspy_lens.source.python.names import Names

Ancestor = Found | External


def bases(names: "Names", found: Found) -> tuple[Ancestor, ...]:
    """What a class of the root names as its bases, as far as it can be told."""
    assert isinstance(found.binding, Class)
    meanings = [names.expression(it, found.where, found.line) for it in found.binding.bases]
    return tuple(it for it in meanings if isinstance(it, Found | External) and it != found)


def ancestry(
    names: "Names", found: Found, known_orders: dict[Ancestor, tuple[Ancestor, ...]]
) -> tuple[Ancestor, ...]:
    """Python's method resolution order, the class itself first; cycles are cut where they close.

    Orders that are known already are taken over, and those of classes outside of cycles are added to them.
    """
    orders: dict[Ancestor, tuple[Ancestor, ...]] = {}
    above: dict[Ancestor, None] = {}
    cut = False

    def linear(it: Ancestor) -> tuple[Ancestor, ...]:
        nonlocal cut
        if not (isinstance(it, Found) and isinstance(it.binding, Class)) or it in above:
            cut = cut or it in above
            return (it,)
        made = known_orders.get(it) or orders.get(it)
        if made is None:
            own = bases(names, it)
            cut = cut or any(base in above for base in own)
            parents = [base for base in own if base not in above]
            above[it] = None
            lines = [linear(base) for base in parents]
            del above[it]
            made = orders[it] = (it, *(lines[0] if len(lines) == 1 else _merged([*lines, tuple(parents)])))
        return made

    order = linear(found)
    known_orders.update({found: order} if cut else orders)
    return order


def _merged(orders: Iterable[Sequence[Ancestor]]) -> list[Ancestor]:
    """The C3 merge; where Python would refuse, the order of the bases wins."""
    out: list[Ancestor] = []
    lines = [list(it) for it in orders if it]
    while lines:
        heads = [line[0] for line in lines]
        head = next((it for it in heads if not any(it in line[1:] for line in lines)), heads[0])
        out.append(head)
        lines = [rest for line in lines if (rest := [it for it in line if it != head])]
    return out


def dspy_base(ancestors: Sequence[Ancestor], wanted: Callable[[str], bool]) -> str | None:
    """The nearest class of DSPy among the ancestors that is wanted."""
    for it in ancestors:
        if isinstance(it, External) and it.dspy is not None and wanted(it.dspy):
            return it.dspy
    return None


def is_signature(names: "Names", ancestors: Sequence[Ancestor]) -> bool:
    """Whether a class is a signature: it derives from DSPy's, or from one made of a string."""
    if dspy_base(ancestors, lambda it: it == known.SIGNATURE):
        return True
    return any(isinstance(it, Found) and made_signature(names, it) is not None for it in ancestors)


def made_signature(names: "Names", found: Meaning) -> Call | None:
    """The call of `NAME = dspy.Signature(…)`, when that is what was found."""
    match found:
        case Found(where, Assign(value=Call() as call)):
            made = names.expression(call.func, where, found.line)
            if isinstance(made, External) and made.dspy in known.MAKERS:
                return call
    return None


def method(ancestors: Sequence[Ancestor], name: str) -> tuple[Found, int] | None:
    """The method that a call finds, with the position of its class in the resolution order."""
    for position, it in enumerate(ancestors):
        if isinstance(it, Found) and isinstance(it.binding, Class):
            for binding in reversed(it.binding.scope.bindings):
                if binding.name == name and isinstance(binding, Function):
                    return Found(it.within, binding), position
    return None
