"""`apply` and `export`: files change, after the diff was shown and agreed to."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from dspy_lens.cli.commands.look import RUN_HELP
from dspy_lens.cli.errors import Exit
from dspy_lens.cli.naming import run_id
from dspy_lens.cli.session import attached
from dspy_lens.cli.terminal import Terminal


def apply_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def apply(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        done = session.command("apply", {"run": run_id(session, args.run)})
    terminal.document(done)
    if done.get("written"):
        terminal.say(f"Wrote {done['written']}.")
    if done.get("note"):
        terminal.say(done["note"])
    return Exit.DONE


def export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument("--to", type=Path, metavar="FILE", help="else where the settings' `artifacts` says")


def export(args: Namespace, terminal: Terminal) -> Exit:
    to = str(args.to.resolve()) if args.to else None
    with attached(args, terminal) as session:
        run = run_id(session, args.run)
        where = args.to or "the place of artifacts"
        if not terminal.ask(f"Write the program of {run} to {where}?"):
            return Exit.NO
        done = session.command("export", {"run": run, **({"to": to} if to else {})})
    terminal.document(done)
    terminal.say(f"Wrote {done['path']}. Load it with `program.load({done['path']!r})`.")
    return Exit.DONE
