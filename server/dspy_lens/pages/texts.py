"""How values read on a page: whole, but long ones folded. Pure text; the template escapes all of it."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LONG = 320  # characters from which on a value is folded
HEAD = 180  # characters of it that stay in sight


@dataclass(frozen=True, slots=True)
class Value:
    """One named value. `head` is its beginning, where the whole is too long to stand open."""

    name: str
    text: str
    head: str | None = None


def value(name: str, it: object) -> Value:
    text = as_text(it)
    return Value(name, text, beginning(text) if len(text) > LONG else None)


def values(found: Mapping[str, object], leave_out: Iterable[str] = ()) -> list[Value]:
    left = set(leave_out)
    return [value(name, it) for name, it in found.items() if name not in left]


def as_text(it: object) -> str:
    """Text as it is, all else as JSON."""
    return it if isinstance(it, str) else json.dumps(it, ensure_ascii=False, default=str)


def beginning(text: str) -> str:
    return " ".join(text[:HEAD].split()).rstrip() + "…"


def moment(then: float | None) -> str | None:
    """`2026-03-01 14:05:09 UTC`: a page is read elsewhere and later, so neither local nor relative."""
    return None if then is None else time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(then))
