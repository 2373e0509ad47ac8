"""Money: integers of a millionth of a dollar."""

from dataclasses import dataclass
from typing import NewType

Micros = NewType("Micros", int)
"""A millionth of a US dollar."""

FREE = Micros(0)


def micros(dollars: float) -> Micros:
    """Dollars as millionths, rounded up, so that a price is never shown lower than it is."""
    return Micros(-int(-dollars * 1_000_000 // 1))


def dollars(amount: Micros) -> float:
    return amount / 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in dollars for one token; a built-in practice model costs a known zero."""

    input: float
    output: float
    max_output: int | None = None  # the largest reply of the model, in tokens


def shown(amount: Micros) -> str:
    """A price as lenses show it: `$0.04`, `$0.0003`, `$12`."""
    value = dollars(amount)
    if value == 0:
        return "$0"
    if value >= 100:
        return f"${value:,.0f}"
    if value >= 0.01:
        return f"${value:.2f}"
    return f"${value:.1g}" if value >= 0.0001 else "<$0.0001"
