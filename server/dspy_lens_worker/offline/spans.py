"""Copying an answer out of the input: which stretch of text is like those that the demos copied."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from dspy_lens_worker.offline.features import EVERYDAY

SPAN = re.compile(
    r"\d+(?:[.,:/-]\d+)*"  # numbers, dates and times
    r"|\"[^\"\n]{2,80}\"|“[^”\n]{2,80}”"
    r"|[A-ZÀ-Þ][\w'’-]*(?:\s+(?:(?:of|the|de|da|van|von|la|al)\s+)?[A-ZÀ-Þ][\w'’-]*)*"
)
LOWER = re.compile(r"[^\W\d_][\w'’-]*")
SMOOTHING = 0.5


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an input that could be an answer, with what surrounds it."""

    text: str
    source: int
    before: str
    after: str
    place: int  # its order among the spans of its shape
    shape: str


@lru_cache(maxsize=4096)
def spans(text: str, source: int, plain_words: bool = False) -> tuple[Span, ...]:
    """Numbers, names and quotations of a text, and single words when asked for."""
    order: Counter[str] = Counter()
    found = []
    for start, end in _stretches(text, plain_words):
        stretch = text[start:end].strip('"“”')
        shape = shape_of(stretch)
        found.append(
            Span(stretch, source, _word(text[:start], -1), _word(text[end:], 0), order[shape], shape)
        )
        order[shape] += 1
    return tuple(found)


def shape_of(text: str) -> str:
    """Digits and their number, or how many words and whether capitalised."""
    if re.fullmatch(r"[\d.,:/-]+", text):
        whole = text.replace(",", "")
        return f"{len(whole)} digits" if whole.isdigit() else "digits with marks"
    return f"{min(3, len(text.split()))} {'capitalised' if text[:1].isupper() else 'plain'}"


@dataclass(frozen=True, slots=True)
class Habit:
    """How often each trait was seen on copied stretches and on the others."""

    copied: Counter[str]
    left: Counter[str]

    def score(self, span: Span) -> float:
        """How much more a stretch is like the copied ones than like the others."""
        total_copied, total_left = self.copied["all"] + 1, self.left["all"] + 1
        return sum(
            log((self.copied[trait] + SMOOTHING) / total_copied)
            - log((self.left[trait] + SMOOTHING) / total_left)
            for trait in traits(span)
        )


def traits(span: Span) -> Iterator[str]:
    """What may tell a stretch that is copied from one that is not."""
    yield f"shape {span.shape}"
    yield f"source {span.source}"
    yield f"before {span.before}"
    yield f"after {span.after}"
    yield f"place {min(3, span.place)}"


@lru_cache(maxsize=256)
def habit(examples: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...], plain_words: bool) -> Habit:
    """The habit behind examples of (inputs, copied answers)."""
    copied: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for inputs, answers in examples:
        wanted = {answer.lower() for answer in answers}
        for span in candidates(inputs, plain_words):
            counts = copied if span.text.lower() in wanted else left
            counts.update(["all", *traits(span)])
    return Habit(copied, left)


def candidates(inputs: Sequence[str], plain_words: bool) -> list[Span]:
    """The stretches of all inputs that could be copied."""
    return [span for source, text in enumerate(inputs) for span in spans(text, source, plain_words)]


def is_inside(answer: str, inputs: Sequence[str]) -> bool:
    """Whether an answer stands word for word in an input."""
    pattern = rf"(?<!\w){re.escape(answer.strip())}(?!\w)"
    return bool(answer.strip()) and any(re.search(pattern, text, re.IGNORECASE) for text in inputs)


def _stretches(text: str, plain_words: bool) -> Iterator[tuple[int, int]]:
    taken = []
    for mark in SPAN.finditer(text):
        start = mark.start()
        # A sentence opens with a capital whether or not its first word is a name.
        first = LOWER.match(text, start)
        if first and first[0].lower() in EVERYDAY:
            rest = mark[0][len(first[0]) :]
            start = mark.end() - len(rest.lstrip())
        if start < mark.end():
            taken.append((start, mark.end()))
    if plain_words:
        for mark in LOWER.finditer(text):
            inside = any(start <= mark.start() < end for start, end in taken)
            if not inside and mark[0].lower() not in EVERYDAY:
                taken.append(mark.span())
    yield from sorted(taken)


def _word(text: str, index: int) -> str:
    near = text[-40:] if index else text[:40]
    found = re.findall(r"[\w'’]+|[^\w\s]", near)
    return found[index].lower() if found else ""
