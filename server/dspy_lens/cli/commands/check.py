"""`check`: exported programs against the source, for CI. No store, no daemon, no model."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from dspy_lens.cli.errors import Exit
from dspy_lens.cli.places import existing, relative, root_for
from dspy_lens.cli.reading import read_root
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.words import plural
from dspy_lens.runs.artifact import Artifact, BadArtifact, freshness, read_artifacts
from dspy_lens.source.files import find_files
from dspy_lens.workspace.artifacts import current
from dspy_lens.workspace.snapshot import Snapshot

SIGNS = {"fresh": ("✓", "green"), "stale": ("⚠", "yellow"), "broken": ("✗", "red")}


def check_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="artifacts or folders; else all of the root"
    )


def check(args: Namespace, terminal: Terminal) -> Exit:
    root = root_for(args)
    found = asyncio.run(_check(root, [existing(it) for it in args.paths]))
    fresh = all(it["state"] == "fresh" for it in found)
    terminal.document({"root": str(root), "fresh": fresh, "artifacts": found})
    for it in found:
        sign, style = SIGNS[it["state"]]
        terminal.show(
            Text.assemble((f"{sign} {it['path']}", style), f"  {', '.join(it['reasons']) or 'fresh'}")
        )
    if not found:
        terminal.say("No exported programs here. `dspy-lens export RUN` writes one.")
    elif not fresh:
        stale = sum(it["state"] != "fresh" for it in found)
        terminal.warn(f"{plural(stale, 'artifact')} of {len(found)} no longer fit. Run and export again.")
    return Exit.DONE if fresh else Exit.NO


async def _check(root: Path, paths: Sequence[Path]) -> list[dict[str, Any]]:
    artifacts = _artifacts(root, paths)
    snapshot = await read_root(root)
    return [await _judged(it, snapshot) for it in artifacts]


def _artifacts(root: Path, paths: Sequence[Path]) -> tuple[Artifact | BadArtifact, ...]:
    """Those that are named; without a name, all that are not ignored."""
    if paths:
        return read_artifacts(root, [relative(it, root) for it in paths])
    every = read_artifacts(root, [it for it in find_files(root, ()) if it.endswith(".json")])
    return tuple(it for it in every if isinstance(it, Artifact))


async def _judged(artifact: Artifact | BadArtifact, snapshot: Snapshot) -> dict[str, Any]:
    if isinstance(artifact, BadArtifact):
        return {
            "path": artifact.path,
            "target": None,
            "run": None,
            "state": "broken",
            "reasons": [artifact.message],
        }
    made = artifact.provenance
    target = await snapshot.target(made.target)
    reasons = freshness(artifact, None if target is None else current(target, snapshot))
    return {
        "path": artifact.path,
        "target": made.target,
        "run": made.run,
        "state": "stale" if reasons else "fresh",
        "reasons": list(reasons),
        "model": made.model,
        "practice": made.practice,
        "best": made.best,
    }
