"""The index of what the disk holds: read once, then kept up by what the watcher sees."""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from dspy_lens.source.files import Ignore, Stat, find_files, stat_of
from dspy_lens.source.join import ExampleFiles
from dspy_lens.source.kept import Kept
from dspy_lens.source.python import PYTHON, FileFacts, Project, decoded, read_python
from dspy_lens.source.settings import SettingsTree
from dspy_lens.workspace.snapshot import Overlay, Snapshot

SETTINGS = ("pyproject.toml", "dspy-lens.toml")
GITIGNORE = ".gitignore"
MANY = 400  # files beyond which a child process reads, so that hovers keep their idle latency


def read_file(root: Path, path: str) -> FileFacts | None:
    """The facts of one file; None when it is gone or cannot be read."""
    try:
        text = decoded((root / path).read_bytes())
    except OSError:
        return None
    return read_python(path, text)


def read_files(root: Path, paths: Iterable[str]) -> dict[str, FileFacts]:
    """The facts of many files; those that cannot be read are left out."""
    facts = ((path, read_file(root, path)) for path in paths)
    return {path: it for path, it in facts if it is not None}


class Index:
    """The disk as last seen, or what lies `below` a folder of it.

    `snapshot` is replaced, never changed, so readers are never surprised.
    """

    def __init__(self, root: Path, user_settings: Path, kept: Kept | None = None, below: str = "") -> None:
        self.root = root
        self._below = below
        self.kept = kept or Kept(None)
        self._user_settings = user_settings
        self._turn = asyncio.Lock()
        settings = self._read_settings()
        self._files = ExampleFiles(root, settings.settings.exclude, self.kept, below)
        self.snapshot = Snapshot(root, Project({}), settings, self._files)
        self.complete = asyncio.Event()

    @property
    def ignore(self) -> Ignore:
        return Ignore(self.root, tuple(self.snapshot.settings.exclude))

    async def scan(self) -> None:
        """Reads everything that is not ignored; windows see it when all of it is there."""
        async with self._turn:
            paths = await asyncio.to_thread(self._python_files)
            facts = await self._read(paths)
            await self._publish(Project(facts), await asyncio.to_thread(self._read_settings))
        self.complete.set()

    async def update(self, changed: frozenset[str]) -> None:
        """Takes in what changed on disk: a file, a settings file, or examples."""
        async with self._turn:
            await self._update(changed)

    async def catch_up(self, paths: frozenset[str]) -> None:
        """Takes in what these files and the settings say now, whatever the watcher has reported so far."""
        async with self._turn:
            await self._update(await asyncio.to_thread(self._moved_on, paths))

    async def _update(self, changed: frozenset[str]) -> None:
        python = [path for path in changed if path.endswith(PYTHON)]
        ignore = self.ignore
        read = await self._read([path for path in python if not ignore.ignores(path)])
        changes: Mapping[str, FileFacts | None] = {path: read.get(path) for path in python}
        settings = self.snapshot._settings
        self._files.look_again()
        if any(path.rpartition("/")[2] == GITIGNORE for path in changed):
            self._files.forget()
        if any(path.rpartition("/")[2] in SETTINGS for path in changed):
            settings = await asyncio.to_thread(self._read_settings)
            self._files = ExampleFiles(self.root, settings.settings.exclude, self.kept, self._below)
        await self._publish(self.snapshot.project.with_files(changes), settings)

    async def view(self, overlay: Overlay) -> Snapshot:
        """The disk with a window's documents over it."""
        if not overlay:
            return self.snapshot
        made = self.snapshot.with_overlay(overlay)
        await asyncio.to_thread(made.project.all)
        return made

    def _moved_on(self, paths: frozenset[str]) -> frozenset[str]:
        """Which of these files, and of the settings files at the top, are not as they were read."""
        known = self.snapshot.project.files
        read = read_files(self.root, (it for it in paths if it.endswith(PYTHON)))
        changed = {it for it, facts in read.items() if it not in known or known[it].text != facts.text}
        changed |= {it for it in paths if it in known and it not in read}
        return frozenset(changed | (set(SETTINGS) if self._settings_stats() != self._stats else set()))

    def _read_settings(self) -> SettingsTree:
        self._stats = self._settings_stats()
        return SettingsTree.read(self.root, self._user_settings)

    def _settings_stats(self) -> list[Stat | None]:
        return [stat_of(it) for it in (*(self.root / name for name in SETTINGS), self._user_settings)]

    async def _publish(self, project: Project, settings: SettingsTree) -> None:
        # Reading the definitions of a large root takes seconds; handlers find them read.
        await asyncio.to_thread(project.all)
        self.snapshot = Snapshot(self.root, project, settings, self._files)

    def _python_files(self) -> list[str]:
        exclude = self.snapshot.settings.exclude
        found = find_files(self.root, exclude, below=self._below)
        return [path for path in found if path.endswith(PYTHON)]

    async def _read(self, paths: list[str]) -> dict[str, FileFacts]:
        if len(paths) <= MANY:
            return await asyncio.to_thread(read_files, self.root, paths)
        loop = asyncio.get_running_loop()
        with contextlib.closing(_Child()) as child:
            return await loop.run_in_executor(child.pool, read_files, self.root, paths)


class _Child:
    """One child process for one long reading, gone afterwards."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def close(self) -> None:
        self.pool.shutdown(wait=False)
