"""`targets`: what the source declares. Needs no daemon, no trust and no project."""

import asyncio
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dspy_lens.cli.errors import Exit
from dspy_lens.cli.places import existing, relative, root_for
from dspy_lens.cli.reading import read_paths
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.targets import targets_view
from dspy_lens.lsp.protocol import problem_json, target_json
from dspy_lens.paths import home_of
from dspy_lens.source.python import PYTHON


def targets_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders; else the whole root"
    )


def targets(args: Namespace, terminal: Terminal) -> Exit:
    document = asyncio.run(
        _document(root_for(args), args.root is not None, [existing(it) for it in args.paths])
    )
    terminal.document(document)
    terminal.show(*targets_view(document))
    return Exit.DONE


Home = tuple[Path, str]
"""A root, and the folder of it that is read."""


async def _document(root: Path, named: bool, paths: Sequence[Path]) -> dict[str, Any]:
    here = named or not _is_no_project(root)
    homes: dict[Home, list[Path]] = {}
    for path in paths or [root]:
        home = (root, "") if not paths or (here and _within(path, root)) else _home(path)
        homes.setdefault(home, []).append(path)
    if not named and (root, "") not in homes:
        root = next(iter(homes))[0]
    read = [(home, await _read(*home, asked)) for home, asked in homes.items()]
    return {
        "root": str(root),
        "targets": [_moved(it, home, root) for (home, _), (targets, _) in read for it in targets],
        "problems": [_moved(it, home, root) for (home, _), (_, problems) in read for it in problems],
    }


async def _read(
    home: Path, below: str, paths: Sequence[Path]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The targets of the paths below one root, and the problems of its files that belong to no target."""
    snapshot, files = await read_paths(home, below, paths)
    targets = [it for path in files if path.endswith(PYTHON) for it in await snapshot.targets(path)]
    own = {it for target in targets for it in snapshot.shown(target.all_problems)}
    speaking = [path for path in files if path.endswith((*PYTHON, ".toml"))]
    problems = [it for path in speaking for it in await snapshot.problems(path) if it not in own]
    problems += [it for it in snapshot.settings_problems if it.span.path.startswith("/")]  # the user's own
    problems += snapshot.missing_keys(os.environ)
    return [target_json(it, snapshot.shown(it.all_problems)) for it in targets], [
        problem_json(it) for it in snapshot.shown(problems)
    ]


def _is_no_project(root: Path) -> bool:
    """Whether a folder holds everything there is, so that being inside of it says nothing."""
    return root == Path(root.anchor) or root in (Path.home(), Path.home().parent)


def _within(path: Path, root: Path) -> bool:
    return path == root or root in path.parents


def _home(path: Path) -> Home:
    return home_of(path if path.is_dir() else path.parent)


def _moved(value: dict[str, Any], home: Path, root: Path) -> dict[str, Any]:
    """The same with its paths counted from `root`."""
    if home == root:
        return value
    return {
        name: relative(home / it, root)
        if name == "path"
        else [_moved(problem, home, root) for problem in it]
        if name == "problems"
        else it
        for name, it in value.items()
    }
