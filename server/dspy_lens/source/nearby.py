"""Example files of a root: what they hold, read again only when they change, and which lie near a definition."""

import os
import re
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from dspy_lens.source.examples import SUFFIXES, is_as_read, peek_columns, read_examples
from dspy_lens.source.files import Ignore, Stat, is_text, stat_of
from dspy_lens.source.kept import Kept
from dspy_lens.values.definition import Definition, Problem
from dspy_lens.values.examples import ExampleFile, ExampleSet

FOLDERS = ("data", "evals", "examples", "datasets")
SOURCES = (".py", ".ipynb")
UNREAD = frozenset(
    f"examples/{it}"
    for it in ("empty", "encoding", "binary", "unreadable", "too-large", "broken-row", "parquet")
)
MOST_SETS = 256
MOST_FILES = 1_000  # that one glob may name
GLOB = re.compile(r"[*?\[]")
LOOK_AGAIN = 0.2  # seconds that a listing holds unseen: joining one file asks for it many times
SETTLED_NS = 2_000_000_000  # a file that changed just now may change again within one tick of its clock


@dataclass(frozen=True, slots=True)
class Listed:
    """What a folder holds that is not ignored, and when each folder in it last changed."""

    times: dict[str, int]
    settled: bool  # whether none of them may change again within one tick of its clock
    data: tuple[str, ...]
    sources: tuple[str, ...]


class ExampleFiles:
    """The example files of a root. Reading one again costs a stat, unless it has changed."""

    def __init__(
        self, root: Path, exclude: Sequence[str] = (), kept: Kept | None = None, below: str = ""
    ) -> None:
        self.root = root
        self._below = below
        self._top = str(root)
        self.kept = kept or Kept(None)
        self._ignore = Ignore(root, exclude)
        self._read: dict[str, tuple[Stat, ExampleFile]] = {}
        self._fresh: dict[str, ExampleFile] = {}
        self._columns: dict[str, tuple[Stat, tuple[str, ...]]] = {}
        self._listed: dict[str, Listed] = {}
        self._looked: dict[str, float] = {}
        self._sets: dict[Hashable, ExampleSet] = {}

    def remember(self, key: Hashable, make: Callable[[], ExampleSet]) -> ExampleSet:
        """The set that was made before for this key, else the one that `make` makes."""
        if key not in self._sets:
            while len(self._sets) >= MOST_SETS:
                self._sets.pop(next(iter(self._sets)), None)
            self._sets[key] = make()
        return self._sets[key]

    def look_again(self) -> None:
        """Looks at the folders again when they are next needed: something on disk has changed."""
        self._looked.clear()

    def forget(self) -> None:
        """Lists folders anew when they are next needed: what is ignored has changed."""
        self._ignore.forget()
        self._listed.clear()
        self._looked.clear()

    def read(self, path: str) -> ExampleFile:
        """What a file holds; one that is missing or broken says so in its problems."""
        stat = stat_of(self.root / path)
        known = self._read.get(path)
        if known is not None and known[0] == stat:
            return known[1]
        # While it may still change within one tick, it is only parsed again when its bytes are others.
        fresh = self._fresh.get(path)
        if fresh is None or not is_as_read(self.root, fresh):
            fresh = read_examples(self.root, path)
        self._fresh[path] = fresh
        if stat is not None and _settled(stat[0]):
            self._read[path] = (stat, fresh)
            self._fresh.pop(path, None)
        return fresh

    def columns(self, path: str) -> tuple[str, ...]:
        """The columns of a file's first records."""
        stat = stat_of(self.root / path)
        known = self._columns.get(path)
        if known is not None and known[0] == stat:
            return known[1]
        columns = peek_columns(self.root, path)
        if stat is not None and _settled(stat[0]):
            self._columns[path] = (stat, columns)
        return columns

    def unread(self, path: str) -> tuple[Problem, ...]:
        """Why a file gives no records at all, where it is one that could have."""
        if self.columns(path):
            return ()
        return tuple(it for it in self.read(path).problems if it.code in UNREAD)[:1]

    def named(self, name: str) -> tuple[str, ...]:
        """The files that a path or a glob names, in the order of their names; none where there is none.

        Ignore rules do not count: who names a file wants it, and data is often kept out of git.
        """
        if stat_of(self.root / name) is not None:
            return (name,)
        if not GLOB.search(name) or ".." in name.split("/") or name.startswith("/"):
            return ()
        found = (it.relative_to(self.root).as_posix() for it in self.root.glob(name))
        return tuple(sorted(islice((it for it in found if _is_data(it)), MOST_FILES)))

    def beside(self, path: str) -> tuple[str, ...]:
        """The Python files in the folder of a file, itself left out."""
        folder = _parent(path)
        return tuple(it for it in self._files(folder, deep=False).sources if it != path)

    def rings(self, definition: Definition) -> Iterator[tuple[str, ...]]:
        """Data files around a definition, ring by ring, the nearest first.

        First the definition's own folder, then what lies under `data`, `evals`, `examples` or `datasets`
        beside it, then under these beside each folder that its package lies in, up to where the
        package is imported from (and past `src`).
        """
        folder = _parent(definition.span.path)
        yield self._files(folder, deep=False).data
        for above in _above(definition):
            usual = [f"{above}/{name}" if above else name for name in FOLDERS]
            yield tuple(path for it in usual for path in self._files(it, deep=True).data)

    def every(self) -> tuple[str, ...]:
        """Every data file of the root, or below the folder of it that is read, that is not ignored, by name."""
        return self._files(self._below, deep=True).data

    def _files(self, folder: str, deep: bool) -> "Listed":
        """The files of a folder, listed again when a folder has changed."""
        key = f"{folder}/**" if deep else folder
        known = self._listed.get(key)
        now = time.monotonic()
        if known is not None and now - self._looked.get(key, -LOOK_AGAIN) < LOOK_AGAIN:
            return known
        if (
            known is not None
            and known.settled
            and all(self._changed(it) == at for it, at in known.times.items())
        ):
            self._looked[key] = now
            return known
        if folder and self._ignore.ignores_folder(folder):
            return Listed({}, True, (), ())
        self._ignore.forget()
        folders, found = self._walked(folder, deep)
        sources = tuple(it for it in found if it.endswith(SOURCES))
        times = {it: self._changed(it) for it in folders}
        settled = all(_settled(it) for it in times.values())
        self._listed[key] = Listed(times, settled, tuple(filter(_is_data, found)), sources)
        self._looked[key] = now
        return self._listed[key]

    def _walked(self, folder: str, deep: bool) -> tuple[list[str], tuple[str, ...]]:
        """The folders looked into, and the files in them that are not ignored."""
        folders, files = [folder], []
        for inner in folders:
            try:
                with os.scandir(self.root / inner) as entries:
                    found = sorted(
                        (it.name, it.is_dir(follow_symlinks=False)) for it in entries if is_text(it.name)
                    )
            except OSError:
                continue
            paths = [(f"{inner}/{name}" if inner else name, is_folder) for name, is_folder in found]
            folders += [
                it for it, is_folder in paths if is_folder and deep and not self._ignore.ignores_folder(it)
            ]
            files += [it for it, is_folder in paths if not is_folder and not self._ignore.ignores_file(it)]
        return folders, tuple(sorted(files))

    def _changed(self, folder: str) -> int:
        try:
            return os.stat(f"{self._top}/{folder}").st_mtime_ns  # noqa: PTH116 (asked thousands of times)
        except OSError:
            return 0


def _settled(changed_ns: int) -> bool:
    return changed_ns + SETTLED_NS < time.time_ns()


def _is_data(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in SUFFIXES


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _above(definition: Definition) -> Iterator[str]:
    """The folder of a definition and those around it, up to where its package is imported from."""
    folder = _parent(definition.span.path)
    levels = 0 if definition.span.cell is not None else definition.module.count(".")
    if definition.span.path.endswith("/__init__.py"):
        levels += 1
    for _ in range(levels + 1):
        yield folder
        if not folder:
            return
        name, folder = folder.rpartition("/")[2], _parent(folder)
    if name == "src":
        yield folder
