"""`runs`, `show`, `compare`, `spend`: looking at what was run and what it cost."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from dspy_lens.cli.errors import Ended, Exit, UsedWrongly
from dspy_lens.cli.naming import run_id, run_or_none
from dspy_lens.cli.places import target_text
from dspy_lens.cli.session import Session, attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.compare import contenders_view
from dspy_lens.cli.views.run import run_view
from dspy_lens.cli.views.tables import compare_view, runs_view, spend_view

MADE_BY = b'content="DSPy Lens"'
HEAD = 2048  # bytes in which a page says what made it
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
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as one page of HTML instead")


def show(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        found = session.ask("run", {"run": run_id(session, args.run)})
        page = session.ask("page", {"run": found["run"]})["html"] if args.html else None
    if page is not None:
        return _write(page, args.html, found["run"], terminal)
    terminal.document(found)
    terminal.show(*run_view(found))
    return Exit.DONE


def _write(page: str, path: Path, run: str, terminal: Terminal) -> Exit:
    """Writes a page; over a file that is none, only when the user says so."""
    if not _may_be_replaced(path) and not terminal.ask(f"Write over {path}, which is no page of a run?"):
        return Exit.NO
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise Ended(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    terminal.document({"run": run, "path": str(path.resolve())})
    terminal.say(f"Wrote {path}. Open it in a browser.")
    return Exit.DONE


def _may_be_replaced(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MADE_BY in file.read(HEAD)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def compare_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help=f"{RUN_HELP}; or one TARGET, for all its results that compare"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as one page of HTML instead")


def compare(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        wanted = compared(session, args.runs)
        if args.html:
            page = session.ask("page", wanted)
        else:
            found = session.command("compare", wanted)
    if args.html:
        return _write(page["html"], args.html, ", ".join(page["runs"]), terminal)
    terminal.document(found)
    terminal.show(*compare_view(found["runs"]), *contenders_view(found["comparison"]))
    return Exit.DONE


def compared(session: Session, named: list[str]) -> dict[str, Any]:
    """What to compare: runs, or the results of the one target that is named."""
    if len(named) > 1:
        return {"runs": [run_id(session, it) for it in named]}
    runs = session.ask("runs", {})["runs"]
    if run_or_none(named[0], runs) is not None:
        raise UsedWrongly(
            "compare needs two runs or more, or a target. `dspy-lens runs` lists what there is."
        )
    return {"target": target_text(named[0], session.root)}


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
