"""`runs`, `show`, `compare`, `spend`: looking at what was run and what it cost."""

from argparse import ArgumentParser, Namespace
from typing import Any

from dspy_lens.cli.errors import Exit, UsedWrongly
from dspy_lens.cli.naming import run_id
from dspy_lens.cli.places import target_text
from dspy_lens.cli.session import Session, attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.run import run_view
from dspy_lens.cli.views.tables import compare_view, runs_view, spend_view

RUN_HELP = "a run's id, a unique beginning or end of it, or `last`"


def runs_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", nargs="?", metavar="TARGET", help="else the runs of all targets")


def runs(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        about = {"target": target_text(args.target, session.root)} if args.target else {}
        found = session.ask("runs", about)
    terminal.document(found)
    terminal.show(*runs_view(found["runs"]))
    return Exit.DONE


def show_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def show(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        found = session.ask("run", {"run": run_id(session, args.run)})
        found.setdefault("before", _before(session, found))
    terminal.document(found)
    terminal.show(*run_view(found))
    return Exit.DONE


def _before(session: Session, run: dict[str, Any]) -> dict[str, str]:
    """What the source says where the run has instructions of its own; empty for programs, which have several."""
    after = (run["outcome"] or {}).get("instructions") or {}
    targets = session.ask("targets", {})["targets"] if len(after) == 1 else []
    text = next((it["instructions"] for it in targets if it["name"] == run["target"]), None)
    return {} if text is None else dict.fromkeys(after, text)


def compare_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help=RUN_HELP)


def compare(args: Namespace, terminal: Terminal) -> Exit:
    if len(args.runs) < 2:
        raise UsedWrongly("compare needs two runs or more. `dspy-lens runs` lists what there is.")
    with attached(args, terminal) as session:
        found = [session.ask("run", {"run": run_id(session, it)}) for it in args.runs]
    terminal.document({"runs": found})
    terminal.show(*compare_view(found))
    return Exit.DONE


def spend_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--by", choices=("run", "model", "month"), default="run", help="what to sum by")


def spend(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        found = session.command("spend", {"by": args.by})
    terminal.document(found)
    terminal.show(*spend_view(found))
    return Exit.DONE
