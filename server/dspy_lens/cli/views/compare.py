"""A comparison for people: the programs as a table, and a chart of score against price in letters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dspy_lens.cli.views.words import price, scored

WIDTH, HEIGHT = 56, 10
PRICES = {"dollars": "1,000 runs", "tokens": "tokens of a run"}
KEYS = {"dollars": "thousand", "tokens": "tokens"}

Contender = Mapping[str, Any]


def contenders_view(found: Mapping[str, Any]) -> Iterator[RenderableType]:
    """The programs on their common held-out examples; ★ where no other is both as good and cheaper."""
    axis, contenders = found["axis"], found["contenders"]
    yield Text(f"\nOn {found['examples']} held-out examples in common", style="bold")
    for text in found["cautions"]:
        yield Text(f"  ⚠ {text}", style="yellow")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in ("", "program", "model", "score", "against A", PRICES[axis]):
        table.add_column(name, overflow="fold")
    for it in contenders:
        star = " ★" if it["frontier"] else ""
        against = f"{it['verdict']} (+{it['better']} −{it['worse']})" if it["verdict"] else "–"
        table.add_row(
            f"{it['letter']}{star}", escape(it["name"]), escape(it["model"]), scored(it["score"]), against,
            price_of(it, axis),
        )  # fmt: skip
    yield table
    yield from chart(contenders, axis)


def price_of(it: Contender, axis: str) -> str:
    found = it[KEYS[axis]]
    if found is None:
        return "–"
    return price(found) if axis == "dollars" else f"{found:,.0f}"


def chart(contenders: Sequence[Contender], axis: str) -> Iterator[Text]:
    """Letters at their score and price; those on the frontier in colour. Nothing for fewer than two."""
    placed = [it for it in contenders if it["score"] and it[KEYS[axis]] is not None]
    if len(placed) < 2:
        return
    scores = [it["score"]["score"] for it in placed]
    low, high, most = min(scores), max(scores), max(it[KEYS[axis]] for it in placed)
    cells: dict[tuple[int, int], Contender] = {}
    for it in sorted(placed, key=lambda it: it["frontier"]):
        row = (
            round((high - it["score"]["score"]) / (high - low) * (HEIGHT - 1)) if high > low else HEIGHT // 2
        )
        column = round(it[KEYS[axis]] / most * (WIDTH - 1)) if most else 0
        cells[row, column] = it
    yield Text("\nScore against price", style="bold")
    for row in range(HEIGHT):
        mark = {0: high, HEIGHT - 1: low}.get(row)
        line = Text(f"{f'{mark:.0%}' if mark is not None else '':>6} │", style="dim")
        for column in range(WIDTH):
            one = cells.get((row, column))
            line.append(
                one["letter"][0] if one else " ", style="bold cyan" if one and one["frontier"] else "default"
            )
        yield line
    yield Text(f"       └{'─' * WIDTH}", style="dim")
    end = price(most) if axis == "dollars" else f"{most:,.0f} tokens"
    yield Text(f"        0{end:>{WIDTH - 1}}", style="dim")
