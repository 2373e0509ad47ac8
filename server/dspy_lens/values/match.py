"""A data file that may hold a target's examples, though no rule takes it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """A file and the column that each field would take; `lacking` are the fields that find none.

    `likely` tells that names alone speak for every input and for an output; otherwise it is a guess by
    values or by what is left over.
    """

    path: str
    columns: tuple[tuple[str, str], ...]
    lacking: tuple[str, ...] = ()
    fits: bool = True  # whether every input has a column
    likely: bool = False

    @property
    def map(self) -> Mapping[str, str]:
        """field -> column, where their names differ: what a link has to say."""
        return {field: column for field, column in self.columns if field != column}

    @property
    def text(self) -> str:
        """`sentence ← text, mood ← label`; what is lacking comes last: `no column for mood`."""
        taken = ", ".join(f"{field} ← {column}" for field, column in self.columns)
        lacks = f"no column for {', '.join(self.lacking)}" if self.lacking else ""
        return "; ".join(it for it in (taken, lacks) if it)
