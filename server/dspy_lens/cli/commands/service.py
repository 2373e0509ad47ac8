"""`doctor` and `daemon`: whether all is well, and the process behind it."""

import time
from argparse import ArgumentParser, Namespace
from typing import Any

from rich.text import Text

from dspy_lens.cli.errors import Ended, Exit
from dspy_lens.cli.places import root_for
from dspy_lens.cli.session import attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.daemon.connect import status, stop
from dspy_lens.paths import Paths
from dspy_lens.values.figures import age


def doctor_arguments(parser: ArgumentParser) -> None:
    """Takes the common options only."""


def doctor(args: Namespace, terminal: Terminal) -> Exit:
    checks = _checks(args, terminal)
    terminal.document({"ok": all(it["ok"] for it in checks), "checks": checks})
    width = max(len(it["name"]) for it in checks)
    for it in checks:
        sign = Text("✓ ", style="green") if it["ok"] else Text("✗ ", style="red")
        terminal.show(sign.append(f"{it['name']:<{width}}  {it['message']}", style="default"))
    return Exit.DONE if all(it["ok"] for it in checks) else Exit.NO


def _checks(args: Namespace, terminal: Terminal) -> list[dict[str, Any]]:
    """What the daemon finds; where it cannot be reached, that is what is found."""
    try:
        with attached(args, terminal) as session:
            checks: list[dict[str, Any]] = session.command("doctor", {})["checks"]
            return checks
    except Ended as ended:
        return [{"name": "daemon", "ok": False, "message": str(ended)}]


def daemon_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "action", choices=("status", "stop"), help="look at it, or end it; runs go on without it"
    )


def daemon(args: Namespace, terminal: Terminal) -> Exit:
    paths = Paths.of(root_for(args))
    if args.action == "stop":
        stopped = stop(paths)
        terminal.document({"root": str(paths.root), "stopped": stopped})
        terminal.say(
            f"The daemon of {paths.root} has ended." if stopped else f"No daemon served {paths.root}."
        )
        return Exit.DONE
    there = status(paths)
    terminal.document(
        {"root": str(paths.root), "running": there is not None, "log": str(paths.log), **(there or {})}
    )
    if there is None:
        terminal.show(Text(f"No daemon serves {paths.root}. Any editor or verb starts it."))
    else:
        since = age(there["started"], time.time())
        facts = f"process {there['pid']}, version {there['version']}, started {since}"
        terminal.show(Text(f"A daemon serves {paths.root}: {facts}.\nIts log: {paths.log}"))
    return Exit.DONE
