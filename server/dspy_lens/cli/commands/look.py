"""`runs`, `show`, `spend`: looking at what was run and what it cost."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from dspy_lens.cli.errors import Exit
from dspy_lens.cli.naming import RUN_HELP, run_id
from dspy_lens.cli.pages import write_page
from dspy_lens.cli.places import target_text
from dspy_lens.cli.session import attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.run import run_view
from dspy_lens.cli.views.tables import runs_view, spend_view


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
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as one page of HTML instead")


def show(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        found = session.ask("run", {"run": run_id(session, args.run)})
        page = session.ask("page", {"run": found["run"]})["html"] if args.html else None
    if page is not None:
        return write_page(page, args.html, found["run"], terminal)
    terminal.document(found)
    terminal.show(*run_view(found))
    return Exit.DONE


def spend_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--by", choices=("run", "model", "role", "month"), default="run", help="what to sum by"
    )


def spend(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        found = session.command("spend", {"by": args.by})
    terminal.document(found)
    terminal.show(*spend_view(found))
    return Exit.DONE
