"""`estimate`: what a run would cost, before anything is spent; or of every optimizer, or after a dry run."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from typing import Any

from dspy_lens.cli.errors import Ended, Exit
from dspy_lens.cli.follow import answered, follow
from dspy_lens.cli.options import add_run_options, request_of
from dspy_lens.cli.places import target_text
from dspy_lens.cli.session import Session, attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.estimate import choices_view, estimate_view
from dspy_lens.cli.views.words import between, price

DRY = 3  # examples that a dry run asks


def estimate_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="module:Name, its unique last part, or path.py:Name")
    parser.add_argument("--all", action="store_true", help="of every optimizer, the cheapest first")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help=f"first ask {DRY} examples, which is billed like a run, and estimate by what they took",
    )
    add_run_options(parser)


def estimate(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        request = {"target": target_text(args.target, session.root), **request_of(args)}
        if args.dry_run and not dry_run(session, request, terminal):
            return Exit.NO
        found = session.ask("choices" if args.all else "estimate", request)
    terminal.document(found)
    terminal.show(*(choices_view(found) if args.all else estimate_view(found)))
    return Exit.DONE


def dry_run(session: Session, request: dict[str, Any], terminal: Terminal) -> bool:
    """Whether a few examples were asked, or had been; its own price is told before."""
    sampled = {**request, "verb": "evaluate", "sample": DRY}
    said = session.ask("estimate", sampled)
    dollars = between(said["dollars"], price) if said.get("dollars") else "price unknown"
    question = f"A dry run sends {between(said['requests'])} requests ({dollars}). Start it?"
    if not terminal.ask(question):
        return False
    # What it says goes to standard error: standard output holds the estimate that follows.
    aside = replace(terminal, out=terminal.err, json=False, quiet=True)
    started = session.command("dryRun", {**request, "sample": DRY, "yes": True})
    run = started.get("run")
    if not isinstance(run, str):
        raise Ended("The dry run was not started. Run `dspy-lens doctor`.")
    ended = answered(session, run, aside) if started.get("stored") else follow(session, run, aside)
    if ended is not Exit.DONE:
        raise Ended(f"The dry run came to nothing. `dspy-lens show {run}` says why.")
    terminal.say(f"Measured by the dry run {run}.")
    return True
