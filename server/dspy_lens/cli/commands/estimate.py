"""`estimate`: what a run would cost, before anything is spent."""

from argparse import ArgumentParser, Namespace

from dspy_lens.cli.errors import Exit
from dspy_lens.cli.options import add_run_options, request_of
from dspy_lens.cli.places import target_text
from dspy_lens.cli.session import attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.estimate import estimate_view


def estimate_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="module:Name, its unique last part, or path.py:Name")
    add_run_options(parser)


def estimate(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        found = session.ask(
            "estimate", {"target": target_text(args.target, session.root), **request_of(args)}
        )
    terminal.document(found)
    terminal.show(*estimate_view(found))
    return Exit.DONE
