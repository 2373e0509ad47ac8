"""Held-out examples with what was expected and what was answered, before and after. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from dspy_lens.pages.texts import Value, values
from dspy_lens.values.figures import percent
from dspy_lens_worker.messages import HeldOut

# In the order in which they are worth reading.
CHANGES = {
    "worse": "got worse",
    "wrong": "still wrong",
    "unscored": "not scored",
    "better": "got better",
    "right": "still right",
}
ALONE = {"wrong": "wrong", "unscored": "not scored", "right": "right"}  # where there is nothing to compare


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `shown` are the fields that the example labels, `more` what was said besides."""

    shown: list[Value]
    more: list[Value]
    sign: str
    said: str
    kind: str  # right | wrong | partly | unscored
    error: str | None


@dataclass(frozen=True, slots=True)
class Example:
    """One held-out example; `change` is a key of CHANGES, `said` what to call it."""

    row: int
    change: str
    said: str
    inputs: list[Value]
    expected: list[Value]
    before: Answer | None
    after: Answer | None


def examples(found: Iterable[HeldOut]) -> list[Example]:
    """Every held-out example once, those that got worse first."""
    befores: dict[int, HeldOut] = {}
    afters: dict[int, HeldOut] = {}
    for it in found:
        # A run that was begun anew answers anew: the last word counts.
        (befores if it.program == "baseline" else afters)[it.row] = it
    names = CHANGES if afters else ALONE
    rows = [
        example(row, befores.get(row), afters.get(row), names) for row in dict.fromkeys([*befores, *afters])
    ]
    order = list(CHANGES)
    return sorted(rows, key=lambda it: (order.index(it.change), it.row))


def example(row: int, before: HeldOut | None, after: HeldOut | None, names: dict[str, str]) -> Example:
    known = after or before
    assert known is not None
    change = change_of(before, after)
    return Example(
        row=row,
        change=change,
        said=names.get(change, CHANGES[change]),
        inputs=values(known.inputs),
        expected=values(known.labels),
        before=answer(before),
        after=answer(after),
    )


def change_of(before: HeldOut | None, after: HeldOut | None) -> str:
    scores = [it.score for it in (before, after) if it is not None]
    last = scores[-1]
    if last is None or None in scores:
        return "unscored"
    first = scores[0] or 0.0
    if last != first:
        return "worse" if last < first else "better"
    return "right" if last >= 1 else "wrong"


def answer(it: HeldOut | None) -> Answer | None:
    if it is None:
        return None
    labelled = [name for name in it.labels if name in it.answer]
    shown = {name: it.answer[name] for name in labelled} if labelled else it.answer
    sign, said, kind = judged(it.score)
    return Answer(values(shown), values(it.answer, shown), sign, said, kind, it.error)


def judged(score: float | None) -> tuple[str, str, str]:
    """How a score reads: a sign, a word, and what it counts as."""
    if score is None:
        return "?", "not scored", "unscored"
    if score >= 1:
        return "✓", "right", "right"
    if score <= 0:
        return "✗", "wrong", "wrong"
    return "≈", percent(score), "partly"


def counts(found: Iterable[Example]) -> list[tuple[str, str, int]]:
    """How many there are of each change, in reading order: its key, its name, its count."""
    by: dict[str, list[str]] = {}
    for it in found:
        by.setdefault(it.change, []).append(it.said)
    return [(key, said[0], len(said)) for key, said in by.items()]
