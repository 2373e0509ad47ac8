"""What git tracks: the paths in its index, whatever a .gitignore says of them."""

from collections.abc import Iterable
from pathlib import Path

_FIXED = 62  # bytes of an entry before its name: times, owner, size, SHA-1, flags
_EXTENDED = 0x4000


class Tracked:
    """What git tracks in a work tree: read when it is first asked for, and again when the index has changed."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stamp: tuple[int, int] | None = None
        self._known: tuple[frozenset[str], frozenset[str]] | None = None
        self._sure = False

    def forget(self) -> None:
        """Looks at the index again when it is next needed."""
        self._sure = False

    @property
    def files(self) -> frozenset[str]:
        return self._read()[0]

    @property
    def folders(self) -> frozenset[str]:
        """The folders that hold tracked files, at any depth."""
        return self._read()[1]

    def _read(self) -> tuple[frozenset[str], frozenset[str]]:
        if self._known is None or not self._sure:
            index = index_of(self._root)
            stamp = _stamp(index)
            if self._known is None or stamp != self._stamp:
                files = tracked(index)
                self._known, self._stamp = (files, frozenset(_above(files))), stamp
            self._sure = True
        return self._known


def _stamp(index: Path) -> tuple[int, int] | None:
    try:
        stat = index.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _above(files: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for it in files:
        folder = it.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def index_of(root: Path) -> Path:
    """Where the index of a work tree lies."""
    git = root / ".git"
    try:
        told = git.read_text("utf-8", errors="replace") if git.is_file() else ""
    except OSError:
        told = ""
    return (root / told.removeprefix("gitdir:").strip() if told.startswith("gitdir:") else git) / "index"


def tracked(index: Path) -> frozenset[str]:
    """The paths in an index of git's; none where there is no index, or none that is read here.

    https://git-scm.com/docs/index-format, versions 2 and 3; 4, which is rare, is not read.
    """
    try:
        data = index.read_bytes()
        version = int.from_bytes(data[4:8])
        count = int.from_bytes(data[8:12])
        return (
            frozenset(_names(data, version, count))
            if data[:4] == b"DIRC" and version in (2, 3)
            else frozenset()
        )
    except (OSError, ValueError, IndexError):
        return frozenset()


def _names(data: bytes, version: int, count: int) -> list[str]:
    names: list[str] = []
    at = 12
    for _ in range(count):
        flags = int.from_bytes(data[at + _FIXED - 2 : at + _FIXED])
        start = at + _FIXED + (2 if version == 3 and flags & _EXTENDED else 0)
        end = data.index(b"\0", start)
        names.append(data[start:end].decode("utf-8", "replace"))
        at += (end - at) // 8 * 8 + 8
    return names
