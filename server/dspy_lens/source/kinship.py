"""Which column a field would take, by their names: the same word, one that people use for it, or nearly the same.

Guesses to be confirmed by a person; nothing here is ever taken unasked.
"""

import difflib
import re
from collections.abc import Sequence
from functools import lru_cache

MOST_COLUMNS = 60
SAME, WRITTEN_OTHERWISE, AKIN, PARTLY, USUAL, NEARLY = 1.0, 0.95, 0.9, 0.8, 0.7, 0.6

KIN = tuple(
    frozenset(it.split())
    for it in (
        "question query prompt request instruction",
        "text sentence content body passage document message review article paragraph utterance comment tweet",
        "answer response reply output completion result solution reference expected gold",
        "label category class intent topic sentiment tag kind target",
        "context contexts passages documents evidence background",
        "summary highlights abstract tldr",
        "title headline heading subject",
        "score rating stars grade",
        "reasoning rationale explanation reason",
    )
)
USUAL_INPUTS = frozenset(["input", "inputs", "prompt", "source", "text"])
USUAL_OUTPUTS = frozenset(
    ["output", "outputs", "label", "labels", "target", "answer", "response", "completion", "expected", "gold"]
)
BESIDE = frozenset(["id", "ids", "index", "count", "number", "length", "url", "date", "time"])
"""Words that make a column one about the value (`answer_id`) rather than the value."""


def by_name(
    inputs: Sequence[str], outputs: Sequence[str], columns: Sequence[str]
) -> dict[str, tuple[str, float]]:
    """The column of each field that finds one, with how sure that is (0 to 1); no column is given twice."""
    return dict(_by_name(tuple(inputs), tuple(outputs), tuple(columns[:MOST_COLUMNS])))


@lru_cache(2048)
def _by_name(
    inputs: tuple[str, ...], outputs: tuple[str, ...], columns: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, float]], ...]:
    found = [
        (max(alike(field, column), _usual(column, usual, alone)), at, field, column)
        for fields, usual in ((inputs, USUAL_INPUTS), (outputs, USUAL_OUTPUTS))
        for alone in (len(fields) == 1,)
        for field in fields
        for at, column in enumerate(columns)
    ]
    taken: dict[str, tuple[str, float]] = {}
    for score, _, field, column in sorted(found, key=lambda it: (-it[0], it[1])):
        if score and field not in taken and column not in {name for name, _ in taken.values()}:
            taken[field] = (column, score)
    return tuple(taken.items())


def alike(field: str, column: str) -> float:
    """How much the name of a column, or the last part of a dotted path, speaks for a field."""
    leaf = column.rpartition(".")[2]
    if field == column:
        return SAME
    mine, theirs = words(field), words(leaf)
    if not mine or not theirs:
        return 0.0
    if "".join(mine) == "".join(theirs):
        return WRITTEN_OTHERWISE
    if (set(mine) ^ set(theirs)) & BESIDE:
        return 0.0
    if any({*mine} <= kin and {*theirs} <= kin for kin in KIN):
        return AKIN
    if set(mine) < set(theirs) or set(theirs) < set(mine):
        return PARTLY
    return NEARLY if misspelt("".join(mine), ["".join(theirs)]) else 0.0


def misspelt(name: str, columns: Sequence[str], most: int = 1) -> list[str]:
    """Columns that are nearly called so, the nearest first: a few letters differ, or the same ones are swapped."""
    swapped = [it for it in columns if it != name and len(name) > 3 and sorted(it) == sorted(name)]
    near = difflib.get_close_matches(name, columns, most, 0.8)
    return list(dict.fromkeys((*near, *swapped)))[:most]


def _usual(column: str, usual: frozenset[str], alone: bool) -> float:
    """What data sets call the one input or the one output, whatever it is."""
    return USUAL if alone and column.rpartition(".")[2].lower() in usual else 0.0


def words(name: str) -> tuple[str, ...]:
    """`userQuestion_2` -> `user`, `question`, `2`."""
    return tuple(it.lower() for it in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+", name))
