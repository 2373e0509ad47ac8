"""Reads an example file of any format we know; what is wrong with it becomes problems at their lines."""

import contextlib
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from dspy_lens.source.examples.documents import read_json
from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.lines import read_lines
from dspy_lens.source.examples.parquet import parquet_columns, read_parquet
from dspy_lens.source.examples.tables import read_csv, read_tsv
from dspy_lens.source.examples.unreadable import Unreadable
from dspy_lens.source.examples.yaml import read_yaml
from dspy_lens.values.definition import Severity
from dspy_lens.values.examples import ExampleFile

LARGEST = 256 * 1024 * 1024
HEAD = 256 * 1024  # enough of a file to know its columns

Reader = Callable[[str, Found], None]

READERS: dict[str, Reader] = {
    ".json": read_json,
    ".jsonl": read_lines,
    ".ndjson": read_lines,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".yaml": read_yaml,
    ".yml": read_yaml,
}
PARQUET = ".parquet"
SUFFIXES = frozenset({*READERS, PARQUET})

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def read_examples(root: Path, path: str) -> ExampleFile:
    """What an example file holds. Whatever is wrong with it is among its problems; nothing is raised."""
    found = Found(path)
    digest = ""
    try:
        suffix = _suffix(path)
        content = _content(root, path)
        digest = hashlib.sha256(content).hexdigest()
        if suffix == PARQUET:
            read_parquet(content, found)
        else:
            READERS[suffix](_text(content, path), found)
        if not found.number and not found.problems:
            raise Unreadable("examples/empty", f"{path} holds no examples. Add one record for each example.")
    except Unreadable as error:
        # What only an installation could mend is told where the file is named, as if it were not there.
        digest = "" if error.code == "examples/parquet" else digest
        found.problem(error.line, error.code, error.message, Severity.ERROR)
    return ExampleFile(path, tuple(found.columns), tuple(found.rows), digest, found.problems)


def parse_examples(path: str, text: str) -> ExampleFile:
    """What a file of this name would hold with this text, as a window has it before it is saved."""
    found = Found(path)
    with contextlib.suppress(Unreadable, KeyError):
        READERS[_suffix(path)](text.removeprefix("\ufeff"), found)
    return ExampleFile(path, tuple(found.columns), tuple(found.rows), "", found.problems)


def is_as_read(root: Path, file: ExampleFile) -> bool:
    """Whether the bytes of a file are still those that were read; false for one that could not be."""
    try:
        return bool(file.digest) and hashlib.sha256(_content(root, file.path)).hexdigest() == file.digest
    except Unreadable:
        return False


def peek_columns(root: Path, path: str) -> tuple[str, ...]:
    """The columns of a file's first records, from its head alone where that tells them."""
    found = Found(path)
    try:
        suffix = _suffix(path)
        if suffix == PARQUET:
            with _place(root, path).open("rb") as file:
                return parquet_columns(file, found)
        content = _content(root, path, HEAD)
        if len(content) == HEAD and path.lower().endswith((".json", ".jsonl", ".ndjson", ".csv", ".tsv")):
            # Cut where no line, and so no character, is torn.
            READERS[suffix](_text(content[: content.rfind(b"\n") + 1], path), found)
    except (Unreadable, OSError):
        return ()
    return tuple(found.columns) or read_examples(root, path).columns


def _suffix(path: str) -> str:
    suffix = os.path.splitext(path)[1].lower()  # noqa: PTH122
    if suffix not in SUFFIXES:
        known = ", ".join(it[1:] for it in (*READERS, PARQUET))
        raise Unreadable(
            "examples/unsupported", f"{path} is of no format that can be read. Use one of {known}."
        )
    return suffix


def _content(root: Path, path: str, size: int = -1) -> bytes:
    place = _place(root, path)
    try:
        with place.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise _unreadable(path, error) from None


def _place(root: Path, path: str) -> Path:
    """Where a file of the root is that can be read."""
    place = root / path
    try:
        # A symlink may lead out of the root as well as `..`; a pipe or device could block for ever.
        if not place.resolve().is_relative_to(root.resolve()):
            raise Unreadable(
                "examples/outside", f"{path} lies outside the root. Copy it into the repository."
            )
        about = place.stat()
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable("examples/unreadable", f"{path} is not a file. Name a file that holds examples.")
        if about.st_size > LARGEST:
            raise Unreadable("examples/too-large", f"{path} is larger than 256 MB. Use a part of it.")
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(path, error) from None
    return place


def _unreadable(path: str, error: Exception) -> Unreadable:
    if isinstance(error, FileNotFoundError):
        return Unreadable("examples/missing", f"{path} does not exist. Create it, or name another file.")
    why = (getattr(error, "strerror", None) or str(error)).lower()
    return Unreadable("examples/unreadable", f"{path} can not be read ({why}). Check its permissions.")


def _text(content: bytes, path: str) -> str:
    encoding = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    if encoding in ("utf-8", "utf-8-sig") and b"\0" in content[:8192]:
        raise Unreadable("examples/binary", f"{path} is a binary file. Export it as JSON Lines or CSV.")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            "examples/encoding", f"{path} is not {encoding.upper()} (line {line}). Save it as UTF-8.", line
        ) from None
