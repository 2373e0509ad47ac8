"""Which root a verb works on, and paths as seen from there."""

import os
from argparse import Namespace
from pathlib import Path

from dspy_lens.cli.errors import Ended
from dspy_lens.paths import root_of


def root_for(args: Namespace) -> Path:
    """`--root`, else the repository's top above the current folder, else the folder itself."""
    if args.root is None:
        return root_of(Path.cwd())
    folder: Path = args.root.resolve()
    if not folder.is_dir():
        raise Ended(f"There is no folder {args.root}. Name the workspace with --root DIR.")
    return folder


def existing(path: Path) -> Path:
    """The path with symlinks resolved; ends the verb when there is nothing."""
    if not path.exists():
        raise Ended(f"There is no {path}. Name a file or a folder that exists.")
    return path.resolve()


def target_text(text: str, root: Path) -> str:
    """A TARGET as the daemon reads it: `path.py:QA` counts from the root, not from the current folder."""
    head, separator, tail = text.rpartition(":")
    here = Path.cwd() / head
    if not (separator and head.endswith((".py", ".ipynb")) and here.is_file()):
        return text
    return f"{relative(here.resolve(), root)}:{tail}"


def relative(path: Path, root: Path) -> str:
    """A path as the JSON gives it: from the root, with `/`."""
    return Path(os.path.relpath(path, root)).as_posix()
