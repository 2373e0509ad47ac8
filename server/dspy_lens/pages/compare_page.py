"""The page of a comparison: a chart of score against price with the frontier marked, and the same as tables. Pure."""

import json
from collections.abc import Mapping, Sequence
from functools import cache

from jinja2 import Template

from dspy_lens.pages.assets import assets
from dspy_lens.pages.comparison import Comparison, Contender, compare
from dspy_lens.pages.page import environment
from dspy_lens.pages.record import Record
from dspy_lens.pages.texts import as_text
from dspy_lens.values.figures import percent
from dspy_lens.values.money import micros, shown
from dspy_lens_worker.messages import HeldOut

SCRIPT = "templates/compare.js"
MOST_EXAMPLES = 500  # rows of answers that a browser still shows at once
VERDICTS = {"improved": "better", "worse": "worse", "no clear difference": "no clear difference"}


def compare_page(records: Sequence[Record]) -> str:
    """The whole page, with nothing outside of it that it needs."""
    found = compare(records)
    html = template().render(
        assets=assets(SCRIPT),
        it=found,
        qualname=found.target.partition(":")[2] or found.target,
        chart=chart_data(found),
        summary=in_words(found),
        differ=differing(records),
        runs=[record.run.id for record in records],
        answers=answers(records)[:MOST_EXAMPLES],
        price_name=PRICE_NAMES[found.axis],
        price=price_text,
        percent=percent,
        verdicts=VERDICTS,
    )
    return f"{html.strip()}\n"


PRICE_NAMES = {"dollars": "dollars for 1,000 runs", "tokens": "input tokens of one run"}


@cache
def template() -> Template:
    return environment().get_template("compare.html")


def chart_data(found: Comparison) -> str:
    """JSON of the points from the cheapest on: price, score and bounds, name, and whether on the frontier."""
    placed = [it for it in found.contenders if it.score is not None and found.price(it) is not None]
    points = [
        {
            "letter": it.letter,
            "name": f"{it.name} · {it.model}",
            "price": found.price(it),
            "shown": price_text(found, it),
            "score": it.score.score,
            "low": it.score.low,
            "high": it.score.high,
            "frontier": it.frontier,
        }
        for it in sorted(placed, key=lambda it: (found.price(it) or 0.0, it.letter))
        if it.score is not None
    ]
    return json.dumps({"points": points, "axis": PRICE_NAMES[found.axis], "dollars": found.axis == "dollars"})


def price_text(found: Comparison, it: Contender) -> str:
    price = found.price(it)
    if price is None:
        return "–"
    return shown(micros(round(price, 6))) if found.axis == "dollars" else f"{price:,.0f} tokens"


def in_words(found: Comparison) -> str:
    """`On the frontier: A unoptimized (50 % at $0.02), C miprov2 (83 % at $0.05).`"""
    front = [it for it in found.contenders if it.frontier and it.score]
    if not front:
        return "No contender has both a score and a price."
    said = [
        f"{it.letter} {it.name} · {it.model} ({percent(it.score.score)} at {price_text(found, it)})"
        for it in sorted(front, key=lambda it: found.price(it) or 0.0)
        if it.score is not None
    ]
    return f"On the frontier, where no other is both as good and cheaper: {', '.join(said)}."


def differing(records: Sequence[Record]) -> list[tuple[str, list[str]]]:
    """The parts of the recipes that are not the same in all runs, a value for each."""
    parts = [{**it.run.recipe.parts(), "verb": it.run.verb.value} for it in records]
    left = ("source", "examples", "metric_source", "code")
    rows = [(name, [as_text(it[name]) for it in parts]) for name in parts[0] if name not in left]
    told = [(name, values) for name, values in rows if len(set(values)) > 1]
    changed = [
        (name, ["differs"] * len(parts)) for name in left if any(it[name] != parts[0][name] for it in parts)
    ]
    return [*told, *changed]


def answers(
    records: Sequence[Record],
) -> list[tuple[Mapping[str, object], Mapping[str, object], list[HeldOut | None]]]:
    """Held-out examples with what each run's best program answered; those that runs judge differently first."""
    by: dict[str, list[HeldOut | None]] = {}
    first: dict[str, HeldOut] = {}
    for at, record in enumerate(records):
        optimized = any(it.program == "best" for it in record.held_out)
        for it in record.held_out:
            if (it.program == "best") == optimized:
                key = json.dumps([it.inputs, it.labels], sort_keys=True, default=str)
                first.setdefault(key, it)
                by.setdefault(key, [None] * len(records))[at] = it
    rows = [(first[key].inputs, first[key].labels, found) for key, found in by.items() if all(found)]
    return sorted(rows, key=lambda row: len({it.score for it in row[2] if it}) < 2)
