"""What the source of a root says: no daemon, no trust, nothing executed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from dspy_lens.cli.errors import Ended
from dspy_lens.cli.places import relative, target_text
from dspy_lens.paths import Paths
from dspy_lens.source.files import find_files
from dspy_lens.source.kept import Kept
from dspy_lens.source.python import PYTHON
from dspy_lens.values.definition import Definition
from dspy_lens.values.request import Ambiguous
from dspy_lens.workspace.index import Index, read_files
from dspy_lens.workspace.snapshot import Snapshot


async def read_root(root: Path, below: str = "") -> Snapshot:
    """What the source of a root says, or that below one folder of it."""
    paths = Paths.of(root)
    index = Index(root, paths.user_settings, Kept(paths.sources), below)
    await index.scan()
    return index.snapshot


async def read_paths(root: Path, below: str, paths: Sequence[Path]) -> tuple[Snapshot, tuple[str, ...]]:
    """What the source of a root says below a folder, and which files `paths` name there.

    A file or folder that is named is read even where ignore rules leave it out.
    """
    snapshot = await read_root(root, below)
    exclude = tuple(snapshot.settings.exclude)
    listed = frozenset(await asyncio.to_thread(lambda: list(find_files(root, exclude, below=below))))
    files = tuple(dict.fromkeys(file for path in paths for file in _files_of(path, root, listed)))
    left_out = [it for it in files if it not in listed and it.endswith(PYTHON)]
    return snapshot.with_overlay(await asyncio.to_thread(read_files, root, left_out)), files


def _files_of(path: Path, root: Path, listed: frozenset[str]) -> list[str]:
    if path.is_file():
        return [relative(path, root)]
    below = "" if path == root else f"{relative(path, root)}/"
    found = sorted(it for it in listed if it.startswith(below))
    return found or sorted(relative(path / it, root) for it in find_files(path, ()))


def find(snapshot: Snapshot, text: str) -> Definition:
    """The definition that TARGET names; ends the verb with candidates when it is none or several."""
    found = snapshot.find(target_text(text, snapshot.root))
    if isinstance(found, Ambiguous):
        raise Ended(f"{text} could be {' or '.join(found.candidates)}. Name one of them in full.")
    if found is None:
        near = snapshot.nearest(text)
        hint = f"Did you mean {' or '.join(near)}?" if near else "`dspy-lens targets` lists what there is."
        raise Ended(f"There is no target {text}. {hint}")
    return found
