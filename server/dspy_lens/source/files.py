"""What lies in a root: its files, without those that are ignored, and when they last changed."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from dspy_lens.paths import root_of
from dspy_lens.source.tracked import Tracked

__all__ = ["Ignore", "Stat", "find_files", "is_text", "root_of", "snapshot", "stat_of"]

Stat = tuple[int, int]
"""When a file was last changed, in nanoseconds, and its size in bytes."""

GITIGNORE = ".gitignore"

ALWAYS = frozenset(
    {".git", ".hg", ".svn", ".venv", "node_modules", "__pycache__", "site-packages"}
    | {".tox", ".nox", ".eggs", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".ipynb_checkpoints"}
)
# Names that people also use for packages of their own: a package, a folder right inside of one, or a `!build/` in a
# .gitignore is read.
USUALLY = frozenset({"venv", "build", "dist"})


class Ignore:
    """Which paths of a root are not read: built-in folders, .gitignore files at any depth, the user's globs.

    What git tracks it does not ignore, whatever a .gitignore says. Rules are read when they are first needed and
    kept until `forget`. Paths are relative to the root,
    with `/`.
    """

    def __init__(self, root: Path, exclude: Sequence[str] = ()) -> None:
        self.root = root
        self._exclude = _spec(exclude)
        self._rules: dict[str, GitIgnoreSpec] = {}
        self._folders: dict[str, bool] = {"": False}
        self._partly: set[str] = set()  # folders that git ignores but for what it tracks there
        self._tracked = Tracked(root)

    def forget(self) -> None:
        """Reads the .gitignore files and git's index again when they are next needed."""
        self._rules, self._folders, self._partly = {}, {"": False}, set()
        self._tracked.forget()

    def ignores(self, path: str) -> bool:
        """Whether a file is not read; nothing inside an ignored folder ever is."""
        return self.ignores_folder(path.rpartition("/")[0]) or self.ignores_file(path)

    def ignores_folder(self, folder: str) -> bool:
        verdicts = self._folders
        known = verdicts.get(folder)
        if known is None:
            known = self.ignores_folder(folder.rpartition("/")[0]) or self._folder(folder)
            verdicts[folder] = known
        return known

    def ignores_file(self, path: str) -> bool:
        """Whether a file is ignored, when its folder is not."""
        if self._excludes(path):
            return True
        ignored = path.rpartition("/")[0] in self._partly or self._verdict(path)
        return bool(ignored) and path not in self._tracked.files

    def _folder(self, folder: str) -> bool:
        name = folder.rpartition("/")[2]
        place = self.root / folder
        if name in ALWAYS or name.endswith(".egg-info") or _exists(place / "pyvenv.cfg"):
            return True
        if self._excludes(folder + "/"):
            return True
        verdict = folder.rpartition("/")[0] in self._partly or self._verdict(folder + "/")
        if verdict and folder in self._tracked.folders:
            self._partly.add(folder)
            return False
        if verdict is not None or name not in USUALLY:
            return bool(verdict)
        return not any(_exists(it / "__init__.py") for it in (place, place.parent))

    def _excludes(self, path: str) -> bool:
        """Whether the user's globs name a path."""
        return bool(self._exclude.check_file(path).include)

    def _verdict(self, path: str) -> bool | None:
        """What the deepest .gitignore that speaks of a path says of it."""
        folder = path.rstrip("/").rpartition("/")[0]
        while True:
            rules = self._rules_of(folder)
            if len(rules):
                verdict = rules.check_file(path[len(folder) + 1 :] if folder else path).include
                if verdict is not None:
                    return verdict
            if not folder:
                return None
            folder = folder.rpartition("/")[0]

    def _rules_of(self, folder: str) -> GitIgnoreSpec:
        rules = self._rules.get(folder)
        if rules is None:
            lines = _lines(self.root / folder / GITIGNORE)
            if not folder:
                lines = _lines(self.root / ".git" / "info" / "exclude") + lines
            rules = self._rules[folder] = _spec(lines)
        return rules


def find_files(
    root: Path, exclude: Sequence[str] = (), *, ignore: Ignore | None = None, below: str = ""
) -> Iterator[str]:
    """The files of a root that are not ignored, as relative paths with `/`, in the order of their names."""
    for path, _ in _walk(root, ignore or Ignore(root, exclude), below):
        yield path


def snapshot(root: Path, ignore: Ignore, below: str = "") -> dict[str, Stat]:
    """When each file that is not ignored last changed, and its size; `below` limits it to one folder."""
    found: dict[str, Stat] = {}
    for path, entry in _walk(root, ignore, below):
        try:
            stat = entry.stat()
        except OSError:
            continue
        found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def stat_of(path: Path) -> Stat | None:
    """When a file last changed, and its size; None where there is no file."""
    try:
        stat = path.stat()
    except (OSError, ValueError):
        return None
    return (stat.st_mtime_ns, stat.st_size) if path.is_file() else None


def _walk(root: Path, ignore: Ignore, below: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Files below a folder. Folders that are symlinks are left out, so that no cycle can be walked."""
    waiting = [below]
    while waiting:
        folder = waiting.pop()
        prefix = f"{folder}/" if folder else ""
        inner: list[str] = []
        for entry in _entries(root / folder):
            path = prefix + entry.name
            if _is_folder(entry):
                if not ignore.ignores_folder(path):
                    inner.append(path)
            elif _is_file(entry) and not ignore.ignores_file(path):
                yield path, entry
        waiting += reversed(inner)


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted((it for it in entries if is_text(it.name)), key=lambda it: it.name)
    except OSError:
        return []


def is_text(name: str) -> bool:
    """Whether a name is text. Others can be neither shown nor sent, so such files are not read."""
    try:
        return name.isascii() or bool(name.encode())
    except UnicodeEncodeError:
        return False


def _exists(path: Path) -> bool:
    """Whether there is a file; one that may not be looked at is none."""
    try:
        return path.exists()
    except OSError:
        return False


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return []


def matches(globs: Sequence[str], path: str) -> bool:
    """Whether one of some globs, read as a .gitignore reads its lines, means this path of the root."""
    return bool(globs) and _spec(globs).match_file(path)


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    """The rules of some lines; as git does, a line that is no pattern counts for nothing."""
    patterns: list[GitIgnoreSpecPattern] = []
    for line in lines:
        try:
            patterns += GitIgnoreSpec.from_lines([line]).patterns
        except GitIgnorePatternError:
            continue
    return GitIgnoreSpec(patterns)
