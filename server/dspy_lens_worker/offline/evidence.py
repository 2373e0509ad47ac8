"""What the instructions say for or against each option: the words that a clause ties to it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dspy_lens_worker.offline.features import bag, words

CLAUSE_END = re.compile(r"\n|;|(?<=[.!?])(?=\s|[A-Z])")
_NEGATIONS = "not never no nor rather instead except without unlike avoid don't isn't cannot"
NEGATIONS = frozenset(_NEGATIONS.split())
NEGATION_REACH = 4  # words before an option
FIELD_NAME = re.compile(r"`(\w+)`")
MOST_NAMED = 2  # a clause that names more options lists them, and ties nothing

Clues = tuple[Mapping[str, float], ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a clause names an option, and whether it speaks against it."""

    option: int
    start: int
    end: int
    against: bool


@lru_cache(maxsize=512)
def tied_words(advice: str, field: str, options: tuple[Any, ...]) -> Clues:
    """For each option the features that the advice ties to it; negative where it speaks against."""
    found: list[dict[str, float]] = [defaultdict(float) for _ in options]
    heading: int | None = None
    for clause in CLAUSE_END.split(advice):
        if not clause.strip() or not _concerns(clause, field):
            heading = None
            continue
        named = list(mentions(clause, options))
        if not named and heading is not None and re.match(r"\s*[-*•]", clause):
            _tie(found, clause, [Mention(heading, 0, 0, against=False)])
        elif 1 <= len({mention.option for mention in named}) <= MOST_NAMED:
            _tie(found, clause, named)
        heading = _heading(clause, named) if named else heading
    return _distinctive(found)


@lru_cache(maxsize=512)
def named_words(options: tuple[Any, ...]) -> Clues:
    """For each option the features of its own name."""
    return _distinctive([dict(bag(str(option).replace("_", " "))) for option in options])


def mentions(clause: str, options: Sequence[Any]) -> Iterator[Mention]:
    """The options that a clause names; of two that overlap, the longer one."""
    taken: list[tuple[int, int]] = []
    by_length = sorted(range(len(options)), key=lambda index: -len(str(options[index])))
    for index in by_length:
        for mark in option_pattern(str(options[index])).finditer(clause):
            if any(start < mark.end() and mark.start() < end for start, end in taken):
                continue
            taken.append(mark.span())
            yield Mention(index, mark.start(), mark.end(), _negated(clause[: mark.start()]))


@lru_cache(maxsize=4096)
def option_pattern(option: str) -> re.Pattern[str]:
    """Finds an option's name standing for itself; a short one must be written exactly."""
    flags = re.IGNORECASE if len(option) > 3 else re.NOFLAG
    return re.compile(rf"(?<!\w){re.escape(option)}(?!\w)", flags)


def _concerns(clause: str, field: str) -> bool:
    """Whether a clause that opens with the name of a field means this one."""
    opening = FIELD_NAME.match(clause.strip().removeprefix("For "))
    return opening is None or opening[1] == field


def _negated(before: str) -> bool:
    return any(word.lower() in NEGATIONS for word in re.findall(r"[\w']+", before)[-NEGATION_REACH:])


def _heading(clause: str, named: Sequence[Mention]) -> int | None:
    """The option whose heading a clause is: its name alone, before a list."""
    first = named[0]
    rest = clause[: first.start] + clause[first.end :]
    return first.option if not words(rest) else None


def _tie(found: list[dict[str, float]], clause: str, named: Sequence[Mention]) -> None:
    for mention in sorted(named, key=lambda each: -each.start):
        clause = clause[: mention.start] + " " + clause[mention.end :]
    # In a list of words the first letter says nothing about names.
    spoken = bag(FIELD_NAME.sub(" ", clause).lower())
    for mention in named:
        sign = (-1.0 if mention.against else 1.0) / len(named)
        for feature, weight in spoken.items():
            found[mention.option][feature] += sign * weight


def _distinctive(found: Sequence[Mapping[str, float]]) -> Clues:
    """Features weigh less the more options share them, and nothing when many do."""
    shared = Counter(feature for each in found for feature in each)
    most = max(2, len(found) // 3) if len(found) > 2 else 1
    return tuple({f: w / shared[f] ** 2 for f, w in each.items() if shared[f] <= most} for each in found)


def strength(clues: Mapping[str, float], text: str) -> float:
    """How much of the text the clues speak for, in words."""
    asked = bag(text)
    # One clear word is enough, however often an instruction repeats it.
    return sum(min(1.5, max(-1.5, clues[f])) * w for f, w in asked.items() if f in clues)
