"""Instructions before and after, as lines with the words that changed. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

ALIKE = 0.4  # from which likeness on two lines are one line that changed
WORD = re.compile(r"\s+|\w+|[^\w\s]")
LONGEST = 4000  # characters of a line whose words are compared


@dataclass(frozen=True, slots=True)
class Part:
    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `same`, `gone` or `new`."""

    kind: str
    parts: tuple[Part, ...]


def diff(before: str, after: str) -> list[Line]:
    """All lines of both texts, what is gone before what came for it."""
    old, new = before.strip().splitlines(), after.strip().splitlines()
    found: list[Line] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [Line("same", (Part(it),)) for it in old[i:j]]
        else:
            found += changed(old[i:j], new[k:m])
    return found


def changed(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    """Lines that took each other's place; where two are alike, only the words that differ are marked."""
    pairs = [words(a, b) for a, b in zip(old, new, strict=False)]
    gone = [it[0] for it in pairs] + [Line("gone", (Part(it),)) for it in old[len(pairs) :]]
    come = [it[1] for it in pairs] + [Line("new", (Part(it),)) for it in new[len(pairs) :]]
    return gone + come


def words(old: str, new: str) -> tuple[Line, Line]:
    a, b = WORD.findall(old[:LONGEST]), WORD.findall(new[:LONGEST])
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    if max(len(old), len(new)) > LONGEST or matcher.ratio() < ALIKE:
        return Line("gone", (Part(old),)), Line("new", (Part(new),))
    gone: list[Part] = []
    come: list[Part] = []
    for kind, i, j, k, m in matcher.get_opcodes():
        gone += [Part("".join(a[i:j]), kind != "equal")] if j > i else []
        come += [Part("".join(b[k:m]), kind != "equal")] if m > k else []
    return Line("gone", tuple(gone)), Line("new", tuple(come))
