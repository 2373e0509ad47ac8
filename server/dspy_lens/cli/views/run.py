"""A run for people: what it came to, and all about it."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dspy_lens.cli.edits import diff_view
from dspy_lens.cli.views.words import (
    ago,
    arrow,
    between,
    block,
    cost,
    headline,
    model_of,
    parameters_text,
    plural,
    price,
    scored,
    share,
)
from dspy_lens.values.figures import duration

STYLES = {"succeeded": "green", "stopped": "yellow", "failed": "red", "lost": "red"}
SIGNS = {"succeeded": "✓", "stopped": "■", "failed": "✗", "lost": "✗"}
WIDEST = 100  # trials that one row of blocks shows
LONGEST = 70  # characters of a value in a demo

Run = Mapping[str, Any]


def outcome_view(it: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What a run came to, in a few lines; `it` is its `finished` event."""
    state = it["state"]
    sign = Text(f"{SIGNS[state]} {state}", style=f"bold {STYLES[state]}")
    if state in ("failed", "lost"):
        stage = f" at {it['stage']}" if it.get("stage") else ""
        yield sign.append(f"{stage}: {it.get('reason') or 'no reason given'}", style="default")
        return
    reason = f" ({it['reason'].rstrip('.')})" if state == "stopped" and it.get("reason") else ""
    yield sign.append(f"{reason}: {headline(it)}", style="default")
    yield from _details(it)


def _details(it: Mapping[str, Any]) -> Iterator[Text]:
    if it.get("verdict"):
        yield Text(f"  {it['verdict']}: {scored(it.get('baseline'))} before, {scored(it.get('best'))} after")
    cached = f" ({it['calls']['cached']:,} of the calls from the cache)" if it["calls"].get("cached") else ""
    spent = cost(it.get("dollars"), it.get("tokens"))
    yield Text(f"  {spent} · {plural(it['requests'], 'request')}{cached} · {duration(it['seconds'])}")
    size = it.get("prompt") or {}
    if (size.get("calls") or 0) > (size.get("calls_before") or 0) > 0:
        yield Text(f"  each answer of it takes {size['calls']} calls instead of {size['calls_before']}")
    verbs = "`dspy-lens show`, `apply` or `export` it" if it.get("program") else "`dspy-lens show` it"
    yield Text(f"  run {it['run']}: {verbs}", style="dim")


def run_view(run: Run) -> Iterator[RenderableType]:
    """All about a run."""
    yield Text.assemble(
        (run["target"], "bold cyan"), f"  {run['run']} · {run['state']} · {ago(run['created'])}"
    )
    yield _facts(run)
    yield from _remarks(run)
    yield from _trials(run)
    yield from _instructions(run)
    yield from _demos(run)


def _remarks(run: Run) -> Iterator[Text]:
    """What must be known before the figures are believed, and what to try next."""
    styles = {"error": "red", "warning": "yellow", "info": "default"}
    for it in run.get("cautions") or ():
        yield Text.assemble(
            "\n" if it is run["cautions"][0] else "",
            (f"  {it['title']}. ", f"bold {styles[it['level']]}"),
            it["text"],
        )
    for at, it in enumerate(run.get("advice") or ()):
        yield Text.assemble(("\nWhat to try next\n" if at == 0 else "", "bold"), f"  → {it['text']}")


def program_view(run: Run) -> Iterator[RenderableType]:
    """What an export of this run holds."""
    yield from _instructions(run)
    yield from _demos(run)


def _facts(run: Run) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2), pad_edge=False)
    for name, value in _rows(run, run.get("outcome") or {}):
        table.add_row(f"  [dim]{name}[/]", escape(value))
    return table


def _rows(run: Run, outcome: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "made by", f"{run['optimizer']} with {model_of(run)}"
    if parameters := parameters_text(run["parameters"]):
        yield "parameters", parameters
    if outcome.get("baseline") or outcome.get("best"):
        yield "held-out before", scored(outcome.get("baseline"))
        yield "held-out after", scored(outcome.get("best"))
    if outcome.get("verdict"):
        yield "verdict", outcome["verdict"]
    if validation := outcome.get("validation"):
        text = arrow(validation.get("baseline"), validation.get("best"))
        yield "validation", f"{text} (n={validation['n']}), which the optimizer chose by"
    if outcome.get("reason"):
        stage = f"at {outcome['stage']}: " if outcome.get("stage") else ""
        yield run["state"], f"{stage}{outcome['reason']}"
    if size := outcome.get("prompt"):
        added = size.get("dollars")
        more = (
            f", {price(abs(added))} {'more' if added >= 0 else 'less'} for 1,000 runs of the program"
            if added
            else ""
        )
        tokens = dict.fromkeys(f"{size[it]:,.0f}" for it in ("before", "after"))
        asked = dict.fromkeys(size.get(it) for it in ("calls_before", "calls"))
        times = f" in {' → '.join(map(str, asked))} calls" if None not in asked and len(asked) > 1 else ""
        yield "prompt", f"{' → '.join(tokens)} input tokens{times}{more}"
    yield from _costs(run, outcome)


def _costs(run: Run, outcome: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    estimate = run.get("estimate")
    spent = cost(run["dollars"], run["tokens"])
    expected = (
        f", estimated {between(estimate['dollars'], price)}" if estimate and estimate.get("dollars") else ""
    )
    yield "cost", f"{spent}{expected}"
    asked = f", estimated {between(estimate['requests'])}" if estimate else ""
    yield "requests", f"{run['requests']:,}{asked}; {run['calls']['cached']:,} calls came from the cache"
    if outcome.get("seconds"):
        yield "time", duration(outcome["seconds"])


def _trials(run: Run) -> Iterator[Text]:
    trials = run["trials"]
    if not trials:
        return
    shown = trials[-WIDEST:]
    best = max((it["score"] for it in trials if it["full"]), default=None)
    low, high = (end(it["score"] for it in shown) for end in (min, max))
    yield Text.assemble("\n", ("Trials", "bold"), f"  {len(trials)}, the best full one {share(best)}")
    chart = Text("  ")
    for it in shown:
        chart.append(block(it["score"], low, high), style="cyan" if it["full"] else "dim")
    yield chart.append(f"  {share(low)} to {share(high)}", style="dim")
    if any(not it["full"] for it in shown):
        yield Text("  dim: on a minibatch, never the best", style="dim")


def _instructions(run: Run) -> Iterator[Text]:
    after = (run.get("outcome") or {}).get("instructions") or {}
    before = run.get("before") or {}
    for predictor, text in after.items():
        old = before.get(predictor)
        yield Text.assemble("\n", ("Instructions", "bold"), f"  {predictor}")
        if old is None or old.strip() == text.strip():
            yield from (Text(f"  {line}") for line in text.splitlines())
            yield Text("  as they were" if old is not None else "", style="dim")
        else:
            yield from diff_view(old, text, predictor)


def _demos(run: Run) -> Iterator[Text]:
    for predictor, demos in demos_of(run["program"] or {}).items():
        yield Text.assemble("\n", ("Demos", "bold"), f"  {predictor}, {len(demos)}")
        for demo in demos:
            fields = (f"{name}: {_clipped(value)}" for name, value in demo.items() if name != "augmented")
            yield Text(f"  · {' | '.join(fields)}")


def demos_of(program: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The demos in DSPy's state by predictor, where there are any; a lone predictor's state is flat."""
    states = {"self": program} if isinstance(program.get("demos"), list) else program
    found = {name: it.get("demos") for name, it in states.items() if isinstance(it, dict)}
    return {name: demos for name, demos in found.items() if demos}


def _clipped(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
