"""`get TARGET`: examples that no file holds, downloaded or made by your code, after a yes."""

from argparse import ArgumentParser, Namespace

from dspy_lens.cli.errors import Exit
from dspy_lens.cli.places import target_text
from dspy_lens.cli.session import attached
from dspy_lens.cli.terminal import Terminal


def get_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="module:Name, its unique last part, or path.py:Name")
    parser.add_argument("--again", action="store_true", help="also what was got before")


def get(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        target = target_text(args.target, session.root)
        done = session.command("getExamples", {"target": target, "again": args.again, "yes": terminal.yes})
    terminal.document(done)
    for it in done["got"]:
        terminal.say(f"Got {it}.")
    terminal.say(f"{done['target']} has {done['count']:,} examples.")
    return Exit.DONE
