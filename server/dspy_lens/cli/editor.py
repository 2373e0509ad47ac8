"""What an editor would show of a file: asked of the daemon by LSP, printed in the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from dspy_lens.cli.connection import Connection

AROUND = 6  # lines of source shown below a lens


@dataclass(frozen=True, slots=True)
class Editor:
    """One open file."""

    connection: Connection
    path: Path

    @classmethod
    def opened(cls, connection: Connection, path: Path) -> "Editor":
        text = path.read_text(encoding="utf-8")
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        connection.notify("textDocument/didOpen", {"textDocument": document})
        return cls(connection, path)

    def lenses(self) -> dict[int, list[dict[str, Any]]]:
        """The lenses with their commands, by the line that they stand above (from 0)."""
        found: dict[int, list[dict[str, Any]]] = {}
        for lens in self.connection.request("textDocument/codeLens", self._document()) or ():
            whole = lens if lens.get("command") else self.connection.request("codeLens/resolve", lens)
            found.setdefault(whole["range"]["start"]["line"], []).append(whole)
        return found

    def hover(self, line: int, character: int) -> str:
        """The Markdown of a hover; empty when there is none."""
        position = {"position": {"line": line, "character": character}}
        found = self.connection.request("textDocument/hover", {**self._document(), **position})
        contents = (found or {}).get("contents") or ""
        return contents if isinstance(contents, str) else str(contents.get("value", ""))

    def line_of(self, text: str) -> int:
        """The first line (from 0) that holds a text."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        return next(number for number, line in enumerate(lines) if text in line)

    def view(self, line: int) -> Iterator[Text]:
        """A few lines of the source with the lenses above their first."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        titles = [it["command"]["title"] for it in self.lenses().get(line, [])]
        yield Text(f"        {' | '.join(titles)}", style="italic magenta")
        for number, text in enumerate(lines[line : line + AROUND], line + 1):
            yield Text.assemble((f"  {number:>4}  ", "dim"), text)
        yield Text("        …", style="dim")

    def _document(self) -> dict[str, Any]:
        return {"textDocument": {"uri": self.path.as_uri()}}
