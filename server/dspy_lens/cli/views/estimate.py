"""`estimate` for people."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dspy_lens.cli.views.words import between, parameters_text, price
from dspy_lens.values.figures import duration


def estimate_view(it: dict[str, Any]) -> Iterator[RenderableType]:
    """What it would cost: the figures, then what they lean on."""
    yield Text.assemble((it["target"], "bold cyan"), f"  {it['optimizer']} with {it['model']}")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2), pad_edge=False)
    for name, value in _rows(it):
        table.add_row(f"  [dim]{name}[/]", escape(value))
    yield table
    for text in it.get("assumptions") or ():
        yield Text(f"  {text}", style="dim")


def choices_view(found: dict[str, Any]) -> Iterator[RenderableType]:
    """Every optimizer that works here with what it would take; three of them have a role."""
    choices = found["choices"]
    yield Text(choices[0]["estimate"]["target"], "bold cyan")
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 2), pad_edge=False)
    for name in ("", "optimizer", "expected", "dollars", "requests", "tokens in", "time"):
        # What a choice is called stays whole in a narrow terminal; what it would take may wrap.
        table.add_column(
            name,
            justify="left" if name in ("", "optimizer") else "right",
            min_width=None if name else len("recommended,"),
            overflow="fold",
        )
    for it in choices:
        said = it["estimate"]
        dollars, tokens, seconds = said.get("dollars"), said.get("tokens"), said.get("seconds")
        table.add_row(
            ", ".join(it["roles"]),
            escape(it["contender"]),
            price(dollars["expected"]) if dollars else "–",
            between(dollars, price),
            between(said["requests"]),
            between(tokens["input"] if tokens else None),
            between(seconds, duration),
            style="bold" if it["roles"] else "",
        )
    yield table
    for it in found["left_out"]:
        yield Text(f"  not here: {it['optimizer']}. {it['message']}", style="dim")


def _rows(it: dict[str, Any]) -> Iterator[tuple[str, str]]:
    tokens = it.get("tokens")
    unknown = "price unknown" if tokens else "not measured"
    yield "dollars", between(it["dollars"], price) if it.get("dollars") else unknown
    yield "requests", between(it["requests"])
    yield "calls", ", ".join(_calls(it["calls"])) or "0"
    yield "of these, evaluation", between(it["evaluation_calls"])
    if it["cached_calls"]["high"]:
        yield "of these, cached", between(it["cached_calls"])
    if tokens:
        yield "tokens", f"{between(tokens['input'])} in, {between(tokens['output'])} out"
    if it.get("seconds"):
        yield "time", between(it["seconds"], duration)
    if parameters := parameters_text(it.get("parameters")):
        yield "parameters", parameters


def _calls(calls: dict[str, dict[str, float]]) -> Iterator[str]:
    for role, name in (
        ("task", "of the program"),
        ("prompt", "of the prompt model"),
        ("judge", "of the judge"),
    ):
        if calls[role]["high"]:
            yield f"{between(calls[role])} {name}"
