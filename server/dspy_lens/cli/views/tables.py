"""Runs and spending as tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dspy_lens.cli.views.words import ago, cost, headline, model_of, price, scored, share
from dspy_lens.values.figures import duration

STATES = {"succeeded": "green", "stopped": "yellow", "failed": "red", "lost": "red", "running": "cyan"}

Run = Mapping[str, Any]


def runs_view(runs: Sequence[Run]) -> Iterator[RenderableType]:
    """Runs, the newest first."""
    if not runs:
        yield Text("Nothing was run here yet. Start with `dspy-lens optimize TARGET`.")
        return
    table = _table("run", "target", "state", "result", "optimizer", "cost", "when")
    for it in runs:
        state = f"[{STATES.get(it['state'], 'default')}]{it['state']}[/]"
        table.add_row(
            it["run"],
            escape(it["target"]),
            state,
            _result(it),
            it["optimizer"],
            _cost(it),
            ago(it["created"]),
        )
    yield table


def _result(run: Run) -> str:
    outcome, progress = run.get("outcome") or {}, run.get("progress") or {}
    if outcome.get("state") in ("failed", "lost"):
        return escape(_first_line(outcome.get("reason") or ""))
    if outcome:
        return escape(headline(outcome))
    of = f"/{progress['of']}" if progress.get("of") else ""
    return f"trial {progress['trial']}{of}" if progress.get("trial") else "–"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:60]


def _cost(run: Run) -> str:
    return cost(run["dollars"], run["tokens"])


def compare_view(runs: Sequence[Run]) -> Iterator[RenderableType]:
    """Runs side by side; what is the same in all of them is dimmed."""
    table = _table("", *(it["run"] for it in runs))
    for name, values in _rows(runs):
        same = len(set(values)) == 1
        table.add_row(f"[dim]{name}[/]", *(f"[dim]{escape(it)}[/]" if same else escape(it) for it in values))
    yield table


def _rows(runs: Sequence[Run]) -> Iterator[tuple[str, list[str]]]:
    outcomes = [it.get("outcome") or {} for it in runs]
    yield "target", [it["target"] for it in runs]
    yield "state", [it["state"] for it in runs]
    yield "optimizer", [it["optimizer"] for it in runs]
    yield from _differing([it["parameters"] for it in runs])
    yield "model", [model_of(it) for it in runs]
    yield "seed", [str(it.get("seed", "–")) for it in runs]
    yield "held-out before", [scored(it.get("baseline")) for it in outcomes]
    yield "held-out after", [scored(it.get("best")) for it in outcomes]
    yield "validation", [share((it.get("validation") or {}).get("best")) for it in outcomes]
    yield "verdict", [it.get("verdict") or "–" for it in outcomes]
    yield "demos", [str(sum((it.get("demos") or {}).values())) for it in outcomes]
    yield "cost", [_cost(it) for it in runs]
    yield "requests", [f"{it['requests']:,}" for it in runs]
    yield "time", [duration(it["seconds"]) if it.get("seconds") else "–" for it in outcomes]


def _differing(parameters: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """The parameters that are not the same everywhere; None and left out are the same."""
    for name in dict.fromkeys(name for it in parameters for name in it):
        values = [it.get(name) for it in parameters]
        if any(it != values[0] for it in values):
            yield f"  {name}", ["–" if it is None else str(it) for it in values]


def spend_view(document: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What was spent, summed up."""
    entries = document["rows"]
    if not entries:
        yield Text("Nothing was spent here yet.")
        return
    table = _table(document["by"], "dollars", "requests", "tokens in", "tokens out")
    for column in table.columns[1:]:
        column.justify = "right"
    for it in entries:
        tokens = it["tokens"]
        figures = (
            price(it["dollars"]),
            *(f"{n:,}" for n in (it["requests"], tokens["input"], tokens["output"])),
        )
        table.add_row(escape(it["name"]), *figures)
    yield table
    yield Text(f"This month: {price(document['this_month'])}", style="bold")
    if budget := document.get("budget"):
        yield Text(
            f"Budget: {price(budget['left'])} left of {price(budget['dollars'])} for this {budget['per']}"
        )
    yield Text(document["note"], style="dim")


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name, overflow="fold")
    return table
