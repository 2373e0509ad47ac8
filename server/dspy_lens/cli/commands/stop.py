"""`cancel` and `clear`: stopping a run, forgetting results; the ledger stays."""

from argparse import ArgumentParser, Namespace

from dspy_lens.cli.errors import Exit
from dspy_lens.cli.naming import RUN_HELP, run_id
from dspy_lens.cli.options import amount
from dspy_lens.cli.session import attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.words import plural


def cancel_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def cancel(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        done = session.command("cancel", {"run": run_id(session, args.run)})
    terminal.document(done)
    terminal.say(f"Cancelling {done.get('run')}; it keeps its best so far.")
    return Exit.DONE


def clear_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--runs", action="store_true", help="forget finished runs; their costs stay in the ledger"
    )
    parser.add_argument("--cache", action="store_true", help="forget cached replies, which were paid for")
    parser.add_argument("--older", type=amount, metavar="DAYS", help="only what is older than that")


def clear(args: Namespace, terminal: Terminal) -> Exit:
    # Cached replies were paid for, and serve all workspaces: they go only when named.
    what = {"runs": args.runs or not args.cache, "cache": args.cache, "older": args.older}
    if not terminal.ask(f"Forget {_named(what)}?"):
        return Exit.NO
    with attached(args, terminal) as session:
        done = session.command("clear", what)
    terminal.document(done)
    runs, files = done.get("runs", 0), done.get("cache_files", 0)
    terminal.say(f"Forgot {plural(runs, 'run')} and {plural(files, 'file')} of cached replies.")
    return Exit.DONE


def _named(what: dict[str, object]) -> str:
    names = (
        "finished runs" if what["runs"] else "",
        "cached replies of all workspaces" if what["cache"] else "",
    )
    age = f" older than {what['older']:g} days" if what["older"] is not None else ""
    return " and ".join(it for it in names if it) + age
