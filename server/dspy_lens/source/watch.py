"""What changes in a root: the system's reports, checked against the disk where these can be wrong."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from dspy_lens.source.files import GITIGNORE, Ignore, Stat, snapshot, stat_of

DEBOUNCE_MS = 400  # the longest that changes are gathered before they are reported
STEP_MS = 200  # how often the watching thread looks up; the default of 50 wakes 20 times a second
TIMEOUT_MS = 60_000
STORM = 500  # reports in one batch from which on some may have been dropped without a word
GAP_SECONDS = TIMEOUT_MS / 1000 + 15  # a batch that took longer than its own timeout: we were asleep


class WatchUnavailable(Exception):
    """Changes on disk can not be watched; its text says why and what to do."""


async def watch(root: Path, ignore: Ignore, stop: asyncio.Event) -> AsyncGenerator[frozenset[str], None]:
    """The relative paths that changed, batch by batch; one that is gone or ignored by now is among them.

    The first batch is empty and says that watching has begun: what is read after it can not be missed.
    Overflow is silent, so a storm of reports, and a gap in time, are followed by a walk over the tree.
    Whoever iterates closes it (`contextlib.aclosing`), or sets `stop`.
    """
    halt = threading.Event()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1, "watch") as thread, contextlib.ExitStack() as on_exit:
        on_exit.callback(halt.set)
        stopping = asyncio.create_task(_passed_on(stop, halt))
        on_exit.callback(stopping.cancel)
        reports = await loop.run_in_executor(thread, _Reports, root)
        on_exit.callback(reports.close)
        tree = await loop.run_in_executor(thread, Tree, root, ignore)
        yield frozenset()
        while not halt.is_set():
            changes = await loop.run_in_executor(thread, _batch, reports, tree, halt)
            if changes:
                yield changes


class Tree:
    """What is known of the files of a root, and what turns out to have changed since."""

    def __init__(self, root: Path, ignore: Ignore) -> None:
        self.root = root.resolve()
        self.ignore = ignore
        self.known = snapshot(root, ignore)

    def walked(self) -> frozenset[str]:
        """What a walk over the whole tree finds changed."""
        self.ignore.forget()
        found = snapshot(self.root, self.ignore)
        changed = {path for path, stat in found.items() if self.known.get(path) != stat}
        changed |= self.known.keys() - found.keys()
        self.known = found
        return frozenset(changed)

    def settled(self, reported: Iterable[str]) -> frozenset[str]:
        """What has changed of what was reported: git shows a rewritten file as deleted and added."""
        reported = {path for path in reported if not self.ignore.ignores(path)}
        # A folder that came or went is one report: its files are found on disk, or in what was known.
        folders = {path for path in reported if (self.root / path).is_dir()}
        files = {path: stat_of(self.root / path) for path in reported - folders}
        gone = tuple(f"{path}/" for path, stat in files.items() if stat is None and path not in self.known)
        changed = {path for path in self.known if gone and path.startswith(gone)}
        for path in changed:
            del self.known[path]
        for folder in folders:
            if not self.ignore.ignores_folder(folder):
                changed |= self._folder(folder)
        for path, stat in files.items():
            if stat is not None or path in self.known:
                self._know(path, stat)
                changed.add(path)
        return frozenset(changed)

    def _folder(self, folder: str) -> set[str]:
        found = snapshot(self.root, self.ignore, folder)
        before = {path for path in self.known if path.startswith(f"{folder}/")}
        changed = {path for path, stat in found.items() if self.known.get(path) != stat} | (
            before - found.keys()
        )
        for path in changed:
            self._know(path, found.get(path))
        return changed

    def _know(self, path: str, stat: Stat | None) -> None:
        if stat is None:
            self.known.pop(path, None)
        else:
            self.known[path] = stat


class _Reports:
    """The system's reports of one root. What goes wrong in between is mended by starting anew."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._notify = self._started()

    def next(self, halt: threading.Event) -> list[str] | None:
        """The paths reported next, none after a while; None when some may have been lost."""
        # The wall clock goes on while the machine sleeps; the monotonic one may not.
        began = time.time()
        try:
            raw = self._notify.watch(DEBOUNCE_MS, STEP_MS, TIMEOUT_MS, halt)
        except WatchfilesRustInternalError:
            # One name that is not UTF-8 ends all reports of a watcher.
            self.close()
            self._notify = self._started()
            return None
        if time.time() - began > GAP_SECONDS or len(raw) >= STORM:
            return None
        prefix = f"{self._root.as_posix().rstrip('/')}/"
        found = [] if isinstance(raw, str) else [path for _, path in raw]
        return [path.removeprefix(prefix) for path in found if path.startswith(prefix)]

    def close(self) -> None:
        self._notify.close()

    def _started(self) -> RustNotify:
        if not self._root.is_dir():
            raise WatchUnavailable(f"{self._root} can not be watched: it is no folder. Open one that exists.")
        try:
            return self._new(False)
        except PermissionError:
            # Only now: told to ignore these, watchfiles is silent about the limit of watches, too.
            return self._new(True)
        except OSError as error:
            raise WatchUnavailable(_why(self._root, error)) from error

    def _new(self, ignore_permission_denied: bool) -> RustNotify:
        return RustNotify([str(self._root)], False, False, 0, True, ignore_permission_denied)


def _batch(reports: _Reports, tree: Tree, halt: threading.Event) -> frozenset[str]:
    """The next changes: what was reported, or what a walk finds where reports can not be trusted."""
    reported = reports.next(halt)
    if reported is None:
        return tree.walked()
    if any(path.rpartition("/")[2] == GITIGNORE for path in reported):
        return tree.walked() | tree.settled(reported)
    return tree.settled(reported)


def _why(root: Path, error: OSError) -> str:
    if "limit" in str(error).lower() or error.errno == 28:
        return (
            "The system's limit on watched folders is reached, so changes on disk are not noticed. "
            "Raise it (`sudo sysctl fs.inotify.max_user_watches=524288`), or exclude folders."
        )
    return f"{root} can not be watched ({error}). Changes are noticed when files are saved in the editor."


async def _passed_on(stop: asyncio.Event, halt: threading.Event) -> None:
    await stop.wait()
    halt.set()
