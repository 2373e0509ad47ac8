"""Where a cursor is in a JSON record: token by token, so that what is half typed does no harm."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from dspy_lens.source.completing.offers import Place

TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[{}\[\]:,]|[^\s"{}\[\]:,]+')


@dataclass
class _Level:
    """An object or a list that is open; `key` is the name whose value comes, `count` the item of a list."""

    mark: str
    key: str | None = None
    names: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def step(self) -> str:
        return str(self.count) if self.mark == "[" else self.key or ""


def json_place(before: str, after: str, lines: bool) -> Place | None:
    """The place between two parts of a text, which is one record where `lines`; None where nothing can be offered."""
    levels, last = _levels(before)
    record = _record(levels, lines)
    if record is None or not levels:
        return None
    top, around = levels[-1], levels[record:-1]
    path = tuple(it.step for it in around)
    quoted = last.startswith('"') and (len(last) == 1 or not last.endswith('"'))
    typed = last[1:] if quoted else last if last and last[0] not in '{}[]:,"' else ""
    if not quoted and not typed and last and last not in "{[:,":
        return None
    in_list = top.mark == "["
    if in_list:
        if record >= len(levels) - 1:
            return None
        name: str | None = path[-1]
        path = path[:-1]
    else:
        name = top.key
        if name is None and not quoted and typed:
            return None
    taken = frozenset(top.names) | frozenset(_names_behind(after, quoted))
    return Place(
        path,
        name,
        typed,
        taken,
        lambda it, deeper: _name(it, deeper, quoted, after),
        lambda it: _value(it, typed, quoted, after),
        in_list,
    )


def _levels(text: str) -> tuple[list[_Level], str]:
    """What is open at the end of a text, and its last token where that may still be typed at."""
    levels: list[_Level] = []
    last, pending = "", ""
    for found in TOKEN.finditer(text):
        last = found[0]
        match last:
            case "{" | "[":
                levels.append(_Level(last))
            case "}" | "]":
                if levels:
                    levels.pop()
            case ":":
                if levels and levels[-1].mark == "{":
                    levels[-1].key = pending
                    levels[-1].names.append(pending)
            case ",":
                if levels:
                    levels[-1].key = None
                    levels[-1].count += 1
            case _ if last.startswith('"'):
                pending = last[1:-1]
    if last and last[0] not in '{}[]:,"' and text[-1:].isspace():
        last = '""'  # a word that is finished
    return levels, last


def _record(levels: list[_Level], lines: bool) -> int | None:
    """Which of the levels is the record: the first object of a line, else the first one that stands in a list."""
    for at, level in enumerate(levels):
        if level.mark == "{" and (lines or (at and levels[at - 1].mark == "[")):
            return at
    return None


def _names_behind(after: str, quoted: bool) -> list[str]:
    """The names that follow in the same object."""
    if quoted:
        after = re.sub(r'^[^"\n]*"?', "", after, count=1)
    names: list[str] = []
    depth, pending = 0, ""
    for found in TOKEN.finditer(after):
        token = found[0]
        if token in "{[":
            depth += 1
        elif token in "}]":
            depth -= 1
        elif token == ":" and depth == 0:
            names.append(pending)
        elif token.startswith('"'):
            pending = token[1:-1]
        if depth < 0:
            break
    return names


def _name(name: str, deeper: bool, quoted: bool, after: str) -> str:
    if after.startswith('"'):
        return name if quoted else f'"{name}'
    return (name if quoted else f'"{name}') + ('": {' if deeper else '": ')


def _value(value: Any, typed: str, quoted: bool, after: str) -> str | None:
    text = json.dumps(value, ensure_ascii=False)
    if not quoted:
        return text if text.startswith(typed) else None
    if not isinstance(value, str) or not value.startswith(typed):
        return None
    return text[1:-1] if after.startswith('"') else text[1:]
