"""Workspace edits, as an editor would take them: shown as a diff, asked about, then written."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rich.text import Text

from dspy_lens.cli.errors import Ended

STYLES = {"+": "green", "-": "red", "@": "cyan"}


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it is and as it would be; `before` is None where there is none yet."""

    path: Path
    before: str | None
    after: str

    def write(self) -> None:
        """Writes the file, line ends as they are."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(self.after.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise Ended(f"{self.path} cannot be written: {error.strerror}. Make it writable.") from error


def changes_of(edit: Mapping[str, Any]) -> tuple[Change, ...]:
    """What a workspace edit would make of each file; nothing is written."""
    before: dict[Path, str | None] = {}
    after: dict[Path, str] = {}
    for uri, edits in _operations(edit):
        path = path_of(uri)
        if path not in before:
            before[path] = _read(path)
            after[path] = before[path] or ""
        after[path] = edited(after[path], edits)
    return tuple(Change(path, before[path], after[path]) for path in before if before[path] != after[path])


def _operations(edit: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
    """(uri, edits) in order; a file to be created is one without edits."""
    for it in edit.get("documentChanges") or ():
        if it.get("kind") == "create":
            yield it["uri"], ()
        elif "textDocument" in it:
            yield it["textDocument"]["uri"], it["edits"]
        else:
            raise Ended(
                f"The daemon wants to {it.get('kind')} a file, which the terminal does not do. Use an editor."
            )
    if not edit.get("documentChanges"):
        yield from (edit.get("changes") or {}).items()


def edited(text: str, edits: Sequence[Mapping[str, Any]]) -> str:
    """The text with LSP edits in it, whose columns count UTF-16 units."""
    starts = line_starts(text)
    places = [
        (
            _offset(text, starts, it["range"]["start"]),
            _offset(text, starts, it["range"]["end"]),
            it["newText"],
        )
        for it in edits
    ]
    for start, end, new in sorted(places, key=lambda it: it[0], reverse=True):
        text = text[:start] + new + text[end:]
    return text


def line_starts(text: str) -> list[int]:
    """Where each line of a text begins."""
    starts = [0]
    for position, character in enumerate(text):
        if character == "\n" or (character == "\r" and text[position + 1 : position + 2] != "\n"):
            starts.append(position + 1)
    return starts


def _offset(text: str, starts: list[int], position: Mapping[str, int]) -> int:
    if position["line"] >= len(starts):
        return len(text)
    at, left = starts[position["line"]], position["character"]
    while left > 0 and at < len(text) and text[at] not in "\r\n":
        left -= 2 if ord(text[at]) > 0xFFFF else 1
        at += 1
    return at


def path_of(uri: str) -> Path:
    """The path of a file URI."""
    return Path(unquote(urlsplit(uri).path))


def diff_view(before: str, after: str, name: str) -> Iterator[Text]:
    """A unified diff, a line at a time."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="")
    for line in lines:
        yield Text(line, style="bold" if line.startswith(("---", "+++")) else STYLES.get(line[:1], ""))


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Ended(f"{path} cannot be read: {error.strerror}. Make it readable.") from error
