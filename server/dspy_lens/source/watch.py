"""What changes in a root: the system's reports, checked against the disk where these can be wrong."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from watchfiles._rust_notify import RustNotify

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
        notify = on_exit.enter_context(await loop.run_in_executor(thread, _started, root))
        tree = await loop.run_in_executor(thread, Tree, root, ignore)
        yield frozenset()
        while not halt.is_set():
            changes = await loop.run_in_executor(thread, _batch, notify, tree, halt)
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
        folders = [path for path in reported if (self.root / path).is_dir()]
        files = {path: stat_of(self.root / path) for path in reported.difference(folders)}
        gone = tuple(f"{path}/" for path, stat in files.items() if stat is None and path not in self.known)
        changed = {path for path in self.known if gone and path.startswith(gone)}
        for path in changed:
            del self.known[path]
        for folder in folders:
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


def _batch(
    notify: RustNotify,
    tree: Tree,
    halt: threading.Event,
    clock: Callable[[], float] = time.time,
) -> frozenset[str]:
    """The next changes. The wall clock goes on while the machine sleeps; the monotonic one may not."""
    began = clock()
    raw = notify.watch(DEBOUNCE_MS, STEP_MS, TIMEOUT_MS, halt)
    asleep = clock() - began > GAP_SECONDS
    reports = [] if isinstance(raw, str) else [path for _, path in raw]
    relative = _relative(tree.root, reports)
    if asleep or len(reports) >= STORM or any(_rules_changed(it) for it in relative):
        return tree.walked() | tree.settled(relative)
    return tree.settled(relative)


def _rules_changed(path: str) -> bool:
    return path.rpartition("/")[2] == GITIGNORE


def _relative(root: Path, paths: Iterable[str]) -> list[str]:
    prefix = f"{root.as_posix().rstrip('/')}/"
    return [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]


def _started(root: Path) -> RustNotify:
    try:
        return RustNotify([str(root.resolve())], False, False, 0, True, True)
    except OSError as error:
        raise WatchUnavailable(_why(root, error)) from error


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
