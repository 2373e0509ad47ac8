"""Programs side by side on the same held-out examples: the unoptimized ones and what the runs made of them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dspy_lens.pages.record import Record
from dspy_lens.values.examples import digest
from dspy_lens.values.figures import count
from dspy_lens.values.money import dollars
from dspy_lens.values.run import Verb
from dspy_lens_worker.messages import HeldOut, ScoreMessage
from dspy_lens_worker.scores import Verdict, summary, verdict

Scores = dict[str, float | None]
"""By what an example says: its score, None where there is none."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One program that answered held-out examples.

    `letter` names it in charts. `score` is on the examples that all contenders answered; `verdict` says how it
    differs from the first contender on these, None for that itself. `thousand` is what 1,000 runs of it cost in
    dollars, `tokens` the input tokens of one, None where the run did not say. `paid` is what its run cost.
    `frontier` is true where no other is both as good and cheaper.
    """

    letter: str
    name: str
    run: str
    model: str
    optimized: bool
    score: ScoreMessage | None
    verdict: Verdict | None
    better: int
    worse: int
    thousand: float | None
    tokens: float | None
    paid: float | None
    frontier: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """`axis` is what price is measured in: dollars, or tokens where not all prices are known."""

    target: str
    examples: int
    axis: str  # dollars | tokens
    contenders: tuple[Contender, ...]
    cautions: tuple[str, ...]

    def price(self, it: Contender) -> float | None:
        return it.thousand if self.axis == "dollars" else it.tokens


@dataclass(frozen=True, slots=True)
class Entry:
    """A contender before it is compared."""

    record: Record
    optimized: bool
    scores: Scores


def compare(records: Sequence[Record]) -> Comparison:
    """What these runs of one target come to, on the held-out examples that all of them have."""
    entries = [it for record in records for it in entries_of(record)]
    entries = distinct([it for it in entries if it.scores])
    common = in_common([it.scores for it in entries])
    names = names_of(entries)
    found = [contender(at, it, entries[0], common, names[at]) for at, it in enumerate(entries)]
    axis = "dollars" if found and all(it.thousand for it in found) else "tokens"
    made = Comparison(
        records[0].run.target, len(common), axis, tuple(found), tuple(cautions(records, common))
    )
    return replace(made, contenders=tuple(on_frontier(made)))


def entries_of(record: Record) -> Iterable[Entry]:
    for program in ("baseline", "best"):
        yield Entry(record, program == "best", scores_of(record.held_out, program))


def scores_of(held_out: Iterable[HeldOut], program: str) -> Scores:
    return {digest([it.inputs, it.labels]): it.score for it in held_out if it.program == program}


def distinct(entries: Sequence[Entry]) -> list[Entry]:
    """Each unoptimized program once, in front: runs with the same model and source have the same one."""
    plain: dict[str, Entry] = {}
    for it in entries:
        if not it.optimized:
            recipe = it.record.run.recipe
            plain.setdefault(
                digest([recipe.source, recipe.wrapper, task_model(it.record), *sorted(it.scores)]), it
            )
    return [*plain.values(), *(it for it in entries if it.optimized)]


def in_common(every: Sequence[Scores]) -> list[str]:
    """The examples that all of them answered, in a fixed order."""
    return sorted(set.intersection(*(set(it) for it in every))) if every else []


def contender(at: int, it: Entry, first: Entry, common: Sequence[str], name: str) -> Contender:
    run, size = it.record.run, it.record.run.outcome.get("prompt") or {}
    mine, others = [it.scores[key] for key in common], [first.scores[key] for key in common]
    pairs = [(a, b) for a, b in zip(others, mine, strict=True) if a is not None and b is not None]
    spent = run.usage.dollars
    return Contender(
        letter=letter(at),
        name=name,
        run=run.id,
        model=task_model(it.record),
        optimized=it.optimized,
        score=summary(mine),
        verdict=None if it is first else verdict(others, mine),
        better=sum(b > a for a, b in pairs),
        worse=sum(b < a for a, b in pairs),
        thousand=size.get("thousand" if it.optimized else "thousand_before"),
        tokens=size.get("after" if it.optimized else "before"),
        paid=dollars(spent) if spent is not None else None,
    )


def letter(at: int) -> str:
    """A, B, … Z, A2, B2, …"""
    turn, place = divmod(at, 26)
    return chr(ord("A") + place) + (str(turn + 1) if turn else "")


def names_of(entries: Sequence[Entry]) -> list[str]:
    """What each is called; those that would be called the same by the parameters in which they differ."""
    names = [name_of(it) for it in entries]
    return [" ".join([name, *told_apart(entries, names, at)]) for at, name in enumerate(names)]


def told_apart(entries: Sequence[Entry], names: Sequence[str], at: int) -> list[str]:
    """`num_candidates=4`: what is not the same in all that have this one's name and model."""
    it = entries[at]
    alike = [
        other.record.run.recipe.parameters
        for name, other in zip(names, entries, strict=True)
        if it.optimized and name == names[at] and task_model(other.record) == task_model(it.record)
    ]
    own = it.record.run.recipe.parameters
    return [f"{name}={own[name]}" for name in own if any(other.get(name) != own[name] for other in alike)]


def name_of(it: Entry) -> str:
    """`miprov2 auto=light`, or `unoptimized`."""
    recipe = it.record.run.recipe
    if not it.optimized:
        return "unoptimized" if it.record.run.verb is Verb.OPTIMIZE else "as it is"
    said = [f"{name}={value}" for name, value in recipe.parameters.items() if name in ("auto", "optimizer")]
    seed = [f"seed={recipe.seed}"] if recipe.seed else []
    return " ".join([recipe.optimizer, *(x for x in said if not x.endswith("=None")), *seed])


def task_model(record: Record) -> str:
    model: Any = record.run.recipe.models.get("task")
    name = model.get("name") if isinstance(model, dict) else model
    return "practice model" if name == "offline" else str(name)


def on_frontier(it: Comparison) -> Iterable[Contender]:
    for one in it.contenders:
        yield replace(
            one, frontier=placed(it, one) and not any(beats(it, other, one) for other in it.contenders)
        )


def placed(it: Comparison, one: Contender) -> bool:
    return one.score is not None and it.price(one) is not None


def beats(it: Comparison, other: Contender, one: Contender) -> bool:
    """Whether the other is at least as good and as cheap, and one of the two is more so."""
    if not (placed(it, other) and placed(it, one)):
        return False
    good, mine = (x.score.score if x.score else 0.0 for x in (other, one))
    cheap, price = (it.price(x) or 0.0 for x in (other, one))
    return good >= mine and cheap <= price and (good > mine or cheap < price)


def cautions(records: Sequence[Record], common: Sequence[str]) -> Iterable[str]:
    recipes = [it.run.recipe for it in records]
    if len({(it.metric, it.metric_source) for it in recipes}) > 1:
        yield "The runs were scored by different metrics, so their scores do not compare."
    held = {len({digest([it.inputs, it.labels]) for it in record.held_out}) for record in records}
    if not common:
        yield "The runs have no held-out examples in common. Run them again with the same examples and split."
    elif max(held) > len(common):
        yield (
            f"Only the {count(len(common), 'held-out example')} that all runs have in common are compared, "
            f"of {max(held)}."
        )
    if any(task_model(it) == "practice model" for it in records):
        yield "The practice model took part: its scores say nothing about your program."
