"""`optimize`, `evaluate`, `rerun`: start a run and follow it; Ctrl-C cancels it and keeps the best."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from dspy_lens.cli.errors import Ended, Exit
from dspy_lens.cli.follow import answered, follow
from dspy_lens.cli.naming import run_or_none
from dspy_lens.cli.options import add_run_options, request_of
from dspy_lens.cli.places import target_text
from dspy_lens.cli.session import Session, attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.paths import Paths
from dspy_lens.source.settings import SettingsTree
from dspy_lens.values.definition import Severity


def optimize_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="module:Name, its unique last part, or path.py:Name")
    _run_arguments(parser)


evaluate_arguments = optimize_arguments


def rerun_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", metavar="TARGET|RUN", help="else the last run of all")
    _run_arguments(parser)


def _run_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--detach", action="store_true", help="start the run and return at once")
    add_run_options(parser)


def optimize(args: Namespace, terminal: Terminal) -> Exit:
    return _start("optimize", args, terminal)


def evaluate(args: Namespace, terminal: Terminal) -> Exit:
    return _start("evaluate", args, terminal)


def rerun(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        return _begin(session, "rerun", {**_again(session, args.what), **request_of(args)}, args, terminal)


def _start(verb: str, args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        request = {"target": target_text(args.target, session.root), **request_of(args)}
        return _begin(session, verb, request, args, terminal)


def _again(session: Session, what: str | None) -> dict[str, str]:
    """The argument that says what to run again."""
    runs = session.ask("runs", {})["runs"]
    if what is not None:
        run = run_or_none(what, runs)
        return {"run": run["run"]} if run else {"target": target_text(what, session.root)}
    if not runs:
        raise Ended("Nothing was run here yet. Start with `dspy-lens optimize TARGET`.")
    return {"run": runs[0]["run"]}


def _begin(session: Session, verb: str, request: dict[str, Any], args: Namespace, terminal: Terminal) -> Exit:
    _warn_of_settings(session.root, terminal)
    started = session.command(verb, request)
    run = started.get("run")
    if not isinstance(run, str):
        raise Ended("The run was not started. Run `dspy-lens doctor`.")
    if args.detach:
        terminal.document(started)
        terminal.say(f"Started {run}. Look with `dspy-lens show {run}`, stop with `dspy-lens cancel {run}`.")
        return Exit.DONE
    if started.get("stored"):
        return answered(session, run, terminal)
    return follow(session, run, terminal)


def _warn_of_settings(root: Path, terminal: Terminal) -> None:
    """Tells mistakes in settings that a run goes on without; those that keep it from starting are refusals."""
    if terminal.quiet:
        return
    for it in SettingsTree.read(root, Paths.of(root).user_settings).problems:
        if it.severity is Severity.WARNING:
            terminal.warn(f"{it.span.path}:{it.span.line}: {it.message}")
