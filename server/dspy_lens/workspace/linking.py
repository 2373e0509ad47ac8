"""The files that may hold a target's examples, as they are offered for choosing, and the edit that links one of them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dspy_lens.source.examples.mapping import MISSING, lookup
from dspy_lens.source.linking import comment_linked, settings_linked
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.source.settings import SettingsHome
from dspy_lens.values.definition import Span
from dspy_lens.values.examples import ExampleFile
from dspy_lens.values.figures import count, shortened
from dspy_lens.values.match import Match
from dspy_lens.values.target import Target

SHOWN = 3  # first values of a column
LONGEST = 40  # characters of a value
ROOM = 84  # characters that a line of a list shows
LEAST = 8  # characters below which a value says nothing
TAKEN_BY = {
    "comment": "taken by the comment above it",
    "settings": "taken by the settings",
    "calls": "taken by your own calls",
    "examples": "taken, as it lies beside it",
    "file": "taken, as it lies near",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """A file with its mapped columns; `rule` is what joins it with the target now, None where nothing does."""

    match: Match
    file: ExampleFile
    rule: str | None

    @property
    def why(self) -> str:
        """Why it is offered, and why it is no certain one, in a few words."""
        if self.rule is not None:
            return TAKEN_BY[self.rule]
        if not self.match.fits:
            return "lacks an input"
        if not self.match.likely:
            return "a guess by what its columns hold"
        return "other names" if self.match.map else "has the fields"


@dataclass(frozen=True, slots=True)
class Link:
    """A source of examples, and the columns of fields that are named otherwise there."""

    source: str
    columns: Mapping[str, str]


def offered(target: Target, found: Iterable[tuple[Match, ExampleFile]]) -> tuple[Offered, ...]:
    """The matches of a target; what is taken now comes first, with the map that holds now."""
    examples = target.examples
    taken = examples.files if examples else ()
    rule = examples.rule if examples else None
    every = [Offered(match, file, rule if match.path in taken else None) for match, file in found]
    return tuple(sorted(every, key=lambda it: it.rule is None))


def match_json(it: Offered) -> dict[str, Any]:
    """The shape that docs/protocol.md gives."""
    match = it.match
    preview = [
        {"field": field, "column": column, "values": _values(it.file, column)}
        for field, column in match.columns
    ]
    return {
        "source": match.path,
        "rule": it.rule,
        "why": it.why,
        "fits": match.fits,
        "rows": len(it.file.rows),
        "map": dict(match.map),
        "columns": preview,
        "lacking": list(match.lacking),
        "text": f"{count(len(it.file.rows), 'record')} · {it.why}",
        "detail": _detail(preview, match.lacking),
    }


def link_in_comment(target: Target, link: Link) -> TextEdit | None:
    """The edit of the comment above a target; None where that says nothing of examples, so that settings hold."""
    comment = target.definition.comment
    if comment is None or not (comment.examples or comment.map):
        return None
    return TextEdit(comment.span, comment_linked(comment, link.source, link.columns))


def link_in_settings(target: Target, link: Link, home: SettingsHome, before: str) -> str:
    """The settings file with the link; raises CannotEdit where its form cannot be kept."""
    return settings_linked(before, home, target.name, link.source, link.columns)


def by_hand(target: Target, link: Link, home: SettingsHome) -> str:
    """What to say where a settings file is written in a form that cannot be edited."""
    lines = settings_linked("", home, target.name, link.source, link.columns).strip().replace("\n", "; ")
    return f"{home.path} cannot be edited line by line. Write this into it: {lines}"


def changed_lines(path: str, before: str, after: str) -> TextEdit:
    """The edit that makes one text of another and touches no line that stays."""
    old, new = before.split("\n"), after.split("\n")
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    if end == 0 or len(old) - end < start:
        last = len(old[-1].rstrip("\r"))
        lines = new[start:]
        if start == len(old):
            return TextEdit(Span(path, len(old), len(old), last, last), "".join(f"\n{it}" for it in lines))
        return TextEdit(Span(path, start + 1, len(old), 0, last), "\n".join(lines))
    text = "".join(f"{it}\n" for it in new[start : len(new) - end])
    return TextEdit(Span(path, start + 1, len(old) - end + 1, 0, 0), text)


def _values(file: ExampleFile, column: str) -> list[str]:
    held = (lookup(row.values, column) for row in file.rows[:SHOWN])
    return [_short(it) for it in held if it is not MISSING and it is not None]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return shortened(text, LONGEST)


def _detail(preview: Sequence[Mapping[str, Any]], lacking: Iterable[str]) -> str:
    """`sentence ← text: What a day! · mood ← label: glad`, what finds no column last.

    Of each column one value, as long as there is room: every column is worth more than a second value.
    """
    named = [
        it["field"] if it["field"] == it["column"] else f"{it['field']} ← {it['column']}" for it in preview
    ]
    lacks = [f"no column for {it}" for it in lacking]
    free = ROOM - sum(len(it) + 5 for it in (*named, *lacks))
    room = free // max(1, len(named))
    shown = [f"{name}{_first(it['values'], room)}" for name, it in zip(named, preview, strict=True)]
    return " · ".join([*shown, *lacks])


def _first(values: Sequence[str], room: int) -> str:
    return f": {shortened(values[0], room)}" if values and room >= LEAST else ""
