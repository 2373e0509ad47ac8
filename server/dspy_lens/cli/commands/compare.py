"""`compare`: runs side by side; with optimizers or models named, these are run first where they have not been."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from rich.text import Text

from dspy_lens.cli.connection import Interrupted
from dspy_lens.cli.errors import Ended, Exit, Left, UsedWrongly
from dspy_lens.cli.follow import EXITS, followed
from dspy_lens.cli.naming import RUN_HELP, run_id, run_or_none
from dspy_lens.cli.options import add_contest_options, request_of
from dspy_lens.cli.pages import write_page
from dspy_lens.cli.places import target_text
from dspy_lens.cli.session import Session, attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.compare import contenders_view
from dspy_lens.cli.views.run import outcome_view
from dspy_lens.cli.views.tables import compare_view
from dspy_lens.cli.views.words import between, plural, price

Json = dict[str, Any]


def compare_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help=f"{RUN_HELP}; or one TARGET, for all its results that compare"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as one page of HTML instead")
    add_contest_options(parser)


def compare(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        if not (args.optimizers or args.models):
            return compared(session, wanted(session, args.runs), args, terminal)
        if len(args.runs) > 1:
            raise UsedWrongly("compare runs optimizers and models of one target. Name that one alone.")
        started = session.command(
            "compareWith", {"target": target_text(args.runs[0], session.root), **request_of(args)}
        )
        if args.detach:
            terminal.document(started)
            terminal.say(f"{announced(started)} Look with `dspy-lens compare {started['target']}`.")
            return Exit.DONE
        ended, results = run_all(session, started, terminal)
        if len(results) < 2:
            raise Ended("Fewer than two runs came to a result, so there is nothing to compare.")
        return max(ended, compared(session, {"runs": results}, args, terminal))


def compared(session: Session, about: Json, args: Namespace, terminal: Terminal) -> Exit:
    """Shows runs side by side, or writes them as a page."""
    if args.html:
        page = session.ask("page", about)
        return write_page(page["html"], args.html, ", ".join(page["runs"]), terminal)
    found = session.command("compare", about)
    if args.optimizers or args.models:
        # Their recipes differ in all that was asked for: only what they came to is worth a table.
        terminal.line({"event": "compared", **found})
    else:
        terminal.document(found)
        terminal.show(*compare_view(found["runs"]))
    terminal.show(*contenders_view(found["comparison"]))
    return Exit.DONE


def wanted(session: Session, named: list[str]) -> Json:
    """What to compare: runs, or the results of the one target that is named."""
    if len(named) > 1:
        return {"runs": [run_id(session, it) for it in named]}
    runs = session.ask("runs", {})["runs"]
    if run_or_none(named[0], runs) is not None:
        raise UsedWrongly(
            "compare needs two runs or more, or a target. `dspy-lens runs` lists what there is."
        )
    return {"target": target_text(named[0], session.root)}


def run_all(session: Session, started: Json, terminal: Terminal) -> tuple[Exit, list[str]]:
    """Follows the runs one after the other; how the worst of them ended, and those that have a result."""
    terminal.say(announced(started))
    for it in started["left_out"]:
        terminal.warn(f"{it['contender']} was left out: {it['message']}")
    ends, results = [Exit.NO if started["left_out"] else Exit.DONE], []
    runs = [it["run"] for it in started["runs"]]
    for at, it in enumerate(started["runs"]):
        terminal.show(Text(f"\n{it['contender']} with {it['model']}", style="bold"))
        finished = one(session, it, runs[at:], terminal)
        terminal.show(*outcome_view(finished))
        ends.append(EXITS.get(finished["state"], Exit.NO))
        results += [it["run"]] if finished["state"] in EXITS else []
    return max(ends, key=lambda it: (it is Exit.NO, it)), results


def one(session: Session, it: Json, runs: list[str], terminal: Terminal) -> Json:
    """How one run ended; the first Ctrl-C cancels it and all that come after it."""
    if it["stored"]:
        finished = {**session.ask("run", {"run": it["run"]})["outcome"], "stored": True}
        terminal.line(finished)
        return finished
    try:
        return followed(session, runs, terminal)
    except Interrupted:
        raise Left(f"Left {', '.join(runs)} going on. Look with `dspy-lens runs`.") from None


def announced(started: Json) -> str:
    """`3 runs of QA, 1 of them from the store; together $0.10–0.50.`"""
    stored = sum(it["stored"] for it in started["runs"])
    total = plural(len(started["runs"]), "run")
    kept = f", {stored} of them from the store" if stored else ""
    if stored == len(started["runs"]):
        return f"{total} of {started['target']}, all from the store."
    dollars = started["dollars"]
    cost = f"{between(started['requests'])} requests"
    cost = f"{between(dollars, price)} ({cost})" if dollars and dollars["high"] else cost
    return f"{total} of {started['target']}{kept}; together {cost}."
