"""What the writer notes about a task, as sentences that it, the reader and people understand.

The same sentences are read from earlier notes, so that observations over several batches add up.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from dspy_lens_worker.offline.spans import Span, shape_of

WORDS_NOTE = re.compile(
    r"For `(\w+)`, words such as ([^\n]+?) point to ([^\n]+?)\.(?=\s|For `|Copy |Write `|$)"
)
COPY_NOTE = re.compile(
    r"Copy `(\w+)` from the input: ([^\n]+?), often after ([^\n]+?)\.(?=\s|For `|Copy |Write `|$)"
)
LENGTH_NOTE = re.compile(r"Write `(\w+)` in about (\d+) words\.")
KEPT_WORDS = 24


@dataclass(frozen=True, slots=True)
class WordsNote:
    """Words that point to an answer, the most telling first."""

    field: str
    answer: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CopyNote:
    """Which stretches of the input are the answer: their shapes, and the words before them."""

    field: str
    shapes: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def plain(self) -> bool:
        return any("plain" in shape for shape in self.shapes)

    def score(self, span: Span) -> float:
        """How well a stretch follows the note."""
        shaped = 2.0 if span.shape in self.shapes else -2.0
        return shaped + (1.5 if span.before in self.after else 0.0) - 0.2 * min(3, span.place)


@dataclass(frozen=True, slots=True)
class LengthNote:
    """How long the answers are."""

    field: str
    words: int


Note = WordsNote | CopyNote | LengthNote


@dataclass(frozen=True, slots=True)
class Notes:
    """All that is noted about a task."""

    every: tuple[Note, ...] = ()

    def answers(self, field: str) -> tuple[str, ...]:
        return tuple(
            note.answer for note in self.every if isinstance(note, WordsNote) and note.field == field
        )

    def copying(self, field: str) -> CopyNote | None:
        found = (note for note in self.every if isinstance(note, CopyNote) and note.field == field)
        return next(found, None)

    def __bool__(self) -> bool:
        return bool(self.every)


@lru_cache(maxsize=512)
def read(text: str) -> Notes:
    """The notes that stand in a text, those about the same thing merged."""
    return merge([_found(text)])


def strip(text: str) -> str:
    """A text without the notes in it."""
    for pattern in (WORDS_NOTE, COPY_NOTE, LENGTH_NOTE):
        text = pattern.sub("", text)
    return re.sub(r"\s*\n\s*\n\s*", "\n\n", text).strip()


def merge(groups: Iterable[Iterable[Note]]) -> Notes:
    """Notes about the same field and answer become one; a word that points to several answers goes."""
    words: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    copies: dict[str, list[CopyNote]] = {}
    lengths: dict[str, list[int]] = {}
    for group in groups:
        for note in group:
            match note:
                case WordsNote(field, answer, found):
                    words.setdefault((field, answer), []).append(found)
                case CopyNote(field):
                    copies.setdefault(field, []).append(note)
                case LengthNote(field, count):
                    lengths.setdefault(field, []).append(count)
    return Notes(
        (
            *_distinct({key: _alternating(found) for key, found in words.items()}),
            *(_copying(field, found) for field, found in copies.items()),
            *(LengthNote(field, round(sum(found) / len(found))) for field, found in lengths.items()),
        )
    )


def sentence(note: Note, most: int = KEPT_WORDS) -> str:
    """A note as its sentence, with at most so many words."""
    match note:
        case WordsNote(field, answer, words):
            return f"For `{field}`, words such as {', '.join(words[:most])} point to {answer}."
        case CopyNote(field, shapes, after):
            found, before = " or ".join(shapes), ", ".join(after[:most])
            return f"Copy `{field}` from the input: {found}, often after {before}."
        case LengthNote(field, words):
            return f"Write `{field}` in about {words} words."


def copy_note(field: str, answers: Iterable[str], before: Iterable[str]) -> CopyNote:
    """What copied answers have in common."""
    return CopyNote(field, tuple(dict.fromkeys(map(shape_of, answers))), tuple(dict.fromkeys(before)))


def _found(text: str) -> Iterator[Note]:
    for mark in WORDS_NOTE.finditer(text):
        yield WordsNote(mark[1], mark[3], tuple(mark[2].split(", ")))
    for mark in COPY_NOTE.finditer(text):
        yield CopyNote(mark[1], tuple(mark[2].split(" or ")), tuple(mark[3].split(", ")))
    for mark in LENGTH_NOTE.finditer(text):
        yield LengthNote(mark[1], int(mark[2]))


def _alternating(groups: list[tuple[str, ...]]) -> list[str]:
    """One word of each group in turn, so that no batch crowds out another."""
    longest = max(map(len, groups))
    return list(dict.fromkeys(group[at] for at in range(longest) for group in groups if at < len(group)))


def _distinct(found: dict[tuple[str, str], list[str]]) -> Iterator[WordsNote]:
    for (field, answer), kept in found.items():
        others = {
            word for (name, other), each in found.items() if (name, other) != (field, answer) for word in each
        }
        telling = [word for word in kept if word not in others] or kept
        yield WordsNote(field, answer, tuple(telling[:KEPT_WORDS]))


def _copying(field: str, found: list[CopyNote]) -> CopyNote:
    shapes = dict.fromkeys(shape for note in found for shape in note.shapes)
    return CopyNote(field, tuple(shapes), tuple(_alternating([note.after for note in found])))
