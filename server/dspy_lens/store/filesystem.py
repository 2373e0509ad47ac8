"""Whether a folder's file system can hold a store."""

import fcntl
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

FULL = "has no room"


def check_file_system(path: Path) -> str | None:
    """What a folder's file system refuses, as one sentence and one thing to do; None when all is well."""
    try:
        with tempfile.TemporaryDirectory(prefix=".check-", dir=path) as folder:
            problem = locks_problem(Path(folder)) or wal_problem(Path(folder))
    except OSError as error:
        return f"{path} cannot be written ({error.strerror}). Set DSPY_LENS_STATE to a folder of your own."
    if problem is None:
        return None
    cure = "Make room on it" if problem == FULL else "Set DSPY_LENS_STATE to a folder on a local disk"
    return f"The file system of {path} {problem}. {cure}."


def locks_problem(folder: Path) -> str | None:
    with (folder / "lock").open("w") as one, (folder / "lock").open("w") as two:
        try:
            fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return "refuses locks"
        try:
            fcntl.flock(two, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return None
        return "grants the same lock twice"


def wal_problem(folder: Path) -> str | None:
    try:
        with closing(sqlite3.connect(folder / "check.db", isolation_level=None)) as db:
            mode = db.execute("pragma journal_mode = wal").fetchone()[0]
            db.execute("create table it (value)")
    except sqlite3.Error as error:
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        return FULL if full else f"cannot hold a database ({error})"
    return None if mode == "wal" else "refuses write-ahead logs (WAL)"
