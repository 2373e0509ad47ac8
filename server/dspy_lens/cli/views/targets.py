"""`targets` for people."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

SHOWN = 3  # problems of one kind in one file
LINES = 8


def targets_view(document: dict[str, Any]) -> Iterator[RenderableType]:
    """A table for each file, then what is wrong."""
    targets = document["targets"]
    if not targets:
        yield Text(f"No signatures or programs in {document['root']}.")
    for path, group in groupby(targets, key=lambda it: it["path"]):
        yield Text(path, style="bold")
        yield _table(list(group))
    problems = [it for target in targets for it in target["problems"]] + document["problems"]
    for _, alike in groupby(problems, key=lambda it: (it["path"], it["code"])):
        yield from _told(list(alike))
    yield from _next(targets)


def _told(alike: list[dict[str, Any]]) -> Iterator[Text]:
    """Problems of one kind in one file: the first ones, and how many more there are."""
    for it in alike[:SHOWN]:
        yield Text(f"{it['path']}:{it['line']}: {it['message']}", style="yellow")
    if more := alike[SHOWN:]:
        lines = ", ".join(str(it["line"]) for it in more[:LINES]) + (", …" if more[LINES:] else "")
        yield Text(f"  {len(more)} more like this in {more[0]['path']}: lines {lines}", style="yellow")


def _next(targets: list[dict[str, Any]]) -> Iterator[Text]:
    """Where no target has examples yet, how the first one gets some."""
    if not targets or any(it["examples"] or it["wanted"] for it in targets):
        return
    if offering := [it for it in targets if it["offers"]]:
        name, source = offering[0]["name"], offering[0]["offers"][0]["source"]
        yield Text(f"Next: `dspy-lens link {name} {source}` takes that file for its examples.", style="dim")
    else:
        yield Text(
            f"Next: `dspy-lens create examples {targets[0]['name']}` writes a first file.", style="dim"
        )


def _table(targets: list[dict[str, Any]]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for justify in ("right", "left", "left", "left", "left"):
        table.add_column(justify=justify, overflow="fold")
    for it in targets:
        name = it["name"].partition(":")[2]
        table.add_row(f"  {_place(it)}", f"[bold cyan]{escape(name)}[/]", it["kind"], _fields(it), _join(it))
    return table


def _fields(target: dict[str, Any]) -> str:
    inputs, outputs = (", ".join(it["name"] for it in target[side]) for side in ("inputs", "outputs"))
    if target["predictors"]:
        inner = ", ".join(target["predictors"])
        return escape(f"{inputs} → {outputs or '…'} ({inner})")
    return escape(f"{inputs} → {outputs}")


def _join(target: dict[str, Any]) -> str:
    examples, metric = target["examples"], target["metric"]
    offers = [it["source"].rpartition("/")[2] for it in target["offers"]]
    none = (
        f"no examples, {offers[0] if len(offers) == 1 else f'{len(offers)} files'} may fit"
        if offers
        else "no examples"
    )
    count = f"{examples['count']} examples in {examples['source']}" if examples else none
    return escape(f"{count} · {metric['name'] if metric else 'no metric'}")


def _place(target: Mapping[str, Any]) -> str:
    """The line, after the cell in a notebook: `3:12`."""
    return f"{target['line']}" if target["cell"] is None else f"{target['cell']}:{target['line']}"
