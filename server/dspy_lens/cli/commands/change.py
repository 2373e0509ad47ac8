"""`apply` and `export`: files change, after the diff was shown and agreed to."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dspy_lens.cli.errors import Exit
from dspy_lens.cli.naming import RUN_HELP, run_id
from dspy_lens.cli.places import relative
from dspy_lens.cli.session import attached
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.run import program_view
from dspy_lens.cli.views.words import plural


def apply_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def apply(args: Namespace, terminal: Terminal) -> Exit:
    with attached(args, terminal) as session:
        run = session.ask("run", {"run": run_id(session, args.run)})
        # Edits of the source are shown and asked about as they come; the program is not one of them.
        if (demos := _demos(run)) and not terminal.ask(f"{demos}, so its program is written as well. Go on?"):
            return Exit.NO
        done = session.command("apply", {"run": run["run"]})
    terminal.document(done)
    terminal.say(done["note"])
    return Exit.DONE


def _demos(run: Mapping[str, Any]) -> str:
    """What a result leans on besides instructions; empty when it has no demos."""
    count = sum(((run["outcome"] or {}).get("demos") or {}).values())
    return f"{plural(count, 'demo')} {'carries' if count == 1 else 'carry'} this result" if count else ""


def export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument("--to", type=Path, metavar="FILE", help="else where the settings' `artifacts` says")


def export(args: Namespace, terminal: Terminal) -> Exit:
    to = str(args.to.resolve()) if args.to else None
    with attached(args, terminal) as session:
        run = session.ask("run", {"run": run_id(session, args.run)})
        terminal.show(*program_view(run))
        if not terminal.ask(f"Write the program of {run['run']} {_where(args.to)}?"):
            return Exit.NO
        done = session.command("export", {"run": run["run"], **({"to": to} if to else {})})
    terminal.document(done)
    path = relative(Path(done["path"]), Path.cwd())
    if (run["outcome"] or {}).get("module"):
        terminal.say(f"Wrote {path} and {path.removesuffix('.json')}.py. Import `build` from there.")
    else:
        terminal.say(f'Wrote {path}. Load it with `program.load("{path}")`.')
    return Exit.DONE


def _where(to: Path | None) -> str:
    if to is None:
        return "to the place of artifacts"
    return f"over {to}, which exists" if to.exists() else f"to {to}"
