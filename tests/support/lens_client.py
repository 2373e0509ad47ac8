"""An editor for tests: the real pump over stdio, a user who clicks, and waiting by deadline instead of sleeping."""

import asyncio
import os
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.protocol import (
    JsonRPCNotification,
    JsonRPCRequestMessage,
    JsonRPCResponseMessage,
    default_converter,
)
from pytest_lsp import LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES
from pytest_lsp.protocol import LanguageClientProtocol

from dspy_lens.daemon.connect import stop
from dspy_lens.paths import Paths

DEADLINE = 30.0
PUMP = (sys.executable, "-P", "-m", "dspy_lens.daemon.pump")
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_START", "PYTHONPATH")


class Protocol(LanguageClientProtocol):
    """Wakes whoever waits for something, after each message."""

    _server: "Client"

    def handle_message(self, message: Any) -> None:
        super().handle_message(message)
        self._server.news.set()


class Client(LanguageClient):
    def __init__(self) -> None:
        self.news = asyncio.Event()
        super().__init__(protocol_cls=Protocol, converter_factory=plain_converter)


def plain_converter() -> Any:
    """A converter that leaves our own messages as they came."""
    converter = default_converter()  # type: ignore[no-untyped-call]
    for kind in (JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage):
        converter.register_structure_hook(kind, lambda given, to: to(**given))
    # lsprotocol takes every action that has a command for a bare command.
    converter.register_structure_hook(
        types.Command | types.CodeAction,
        lambda given, _: converter.structure(
            given, types.Command if isinstance(given.get("command"), str) else types.CodeAction
        ),
    )
    return converter


@dataclass
class Home:
    """One user's machine: a repository, and where state, cache and settings go."""

    root: Path
    base: Path
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, base: Path, files: dict[str, str] | None = None) -> "Home":
        root = base / "repo"
        (root / ".git").mkdir(parents=True)
        home = cls(root.resolve(), base)
        for path, text in (files or {}).items():
            home.write(path, text)
        return home

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        places = {f"DSPY_LENS_{name}": str(self.base / name.lower()) for name in ("STATE", "CACHE", "CONFIG")}
        # The interpreter of these tests is the one on PATH, so that workers find DSPy.
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
        return {**kept, **places, "PATH": path, **self.extra}

    @property
    def paths(self) -> Paths:
        return Paths.of(self.root, self.environment)

    def write(self, path: str, text: str) -> Path:
        absolute = self.root / path
        absolute.parent.mkdir(parents=True, exist_ok=True)
        absolute.write_text(textwrap.dedent(text), "utf-8")
        return absolute

    def daemon_log(self) -> str:
        return self.paths.log.read_text("utf-8") if self.paths.log.exists() else ""


class Editor:
    """One window. `answers` are the buttons that the user clicks next; without one, questions are closed."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.client = Client()
        self.answers: list[str] = []
        self.questions: list[types.ShowMessageRequestParams] = []
        self.events: list[dict[str, Any]] = []
        self.changes: list[dict[str, Any]] = []
        self.compared: list[Any] = []
        self.edits: list[types.WorkspaceEdit] = []
        self.refreshes = 0
        self.texts: dict[str, str] = {}
        self.cells: dict[str, list[str]] = {}  # the URIs of the cells of open notebooks
        self._versions: dict[str, int] = {}
        for method, handler in DEFAULT_CLIENT_FEATURES.items():
            self.client.feature(method)(handler)
        self.client.feature("dspyLens/event")(lambda params: self.events.append(params))
        self.client.feature("dspyLens/changed")(lambda params: self.changes.append(params))
        self.client.feature("dspyLens/compared")(lambda params: self.compared.append(params))
        self.client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)(lambda params: self._asked(params))
        self.client.feature(types.WORKSPACE_APPLY_EDIT)(lambda params: self._edited(params))
        self.client.feature(types.WORKSPACE_CODE_LENS_REFRESH)(lambda params: self._refreshed(params))
        self.client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)(lambda params: None)

    # Starting and ending.

    async def start(self, argv: Sequence[str] = PUMP) -> None:
        await self.client.start_io(*argv, env=self.home.environment, cwd=self.home.root)

    async def initialize(
        self, capabilities: types.ClientCapabilities | str = "visual_studio_code", **options: Any
    ) -> types.InitializeResult:
        if isinstance(capabilities, str):
            capabilities = client_capabilities(capabilities)
        params = types.InitializeParams(
            capabilities=capabilities,
            root_uri=self.home.root.as_uri(),
            workspace_folders=[types.WorkspaceFolder(self.home.root.as_uri(), "repo")],
            initialization_options=options or None,
        )
        async with asyncio.timeout(DEADLINE):
            return await self.client.initialize_session(params)

    async def leave(self) -> None:
        """Shuts the session down in good order; a pump that has gone already needs nothing."""
        async with asyncio.timeout(DEADLINE):
            try:
                if self.process.returncode is None and not self.client.stopped:
                    await self.client.shutdown_session()
            except RuntimeError:
                # The pump was on its way out already, as it is when its daemon was stopped.
                await self.process.wait()
            await self.client.stop()  # type: ignore[no-untyped-call]

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self.client._server is not None
        return self.client._server

    # Documents.

    def uri(self, path: str) -> str:
        """The URI of a file, or of a cell that is written `path#index`."""
        notebook, mark, index = path.partition("#")
        return self.cells[notebook][int(index)] if mark else (self.home.root / path).as_uri()

    def open(self, path: str, text: str | None = None) -> None:
        """Opens a file as the disk has it, or with another text."""
        said = (self.home.root / path).read_text("utf-8") if text is None else textwrap.dedent(text)
        self.texts[path], self._versions[path] = said, 1
        document = types.TextDocumentItem(self.uri(path), "python", 1, said)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))

    def change(self, path: str, text: str) -> None:
        """Replaces the whole text of an open document."""
        self.texts[path] = textwrap.dedent(text)
        self._versions[path] += 1
        document = types.VersionedTextDocumentIdentifier(self._versions[path], self.uri(path))
        whole = types.TextDocumentContentChangeWholeDocument(self.texts[path])
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))

    def save(self, path: str) -> None:
        """Writes an open document to disk and says so."""
        (self.home.root / path).write_text(self.texts[path], "utf-8")
        document = types.TextDocumentIdentifier(self.uri(path))
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(document))

    # Notebooks. A cell is written `path#index`; markdown cells begin with `# `.

    def open_notebook(self, path: str, *cells: str) -> None:
        """Opens a notebook as VS Code does: all its cells, under URIs that only the editor knows."""
        made = [self._new_cell(path, text) for text in cells]
        self.cells[path] = [it.document for it, _ in made]
        document = types.NotebookDocument(self.uri(path), "jupyter-notebook", 1, cells=[it for it, _ in made])
        params = types.DidOpenNotebookDocumentParams(document, [text for _, text in made])
        self.client.notebook_document_did_open(params)

    def insert_cell(self, path: str, index: int, text: str) -> None:
        cell, document = self._new_cell(path, text)
        self.cells[path].insert(index, cell.document)
        array = types.NotebookCellArrayChange(index, 0, [cell])
        structure = types.NotebookDocumentCellChangeStructure(array, did_open=[document])
        self._cells_change(path, types.NotebookDocumentCellChanges(structure=structure))

    def change_cell(self, path: str, index: int, text: str) -> None:
        uri = self.cells[path][index]
        self._versions[uri] += 1
        document = types.VersionedTextDocumentIdentifier(self._versions[uri], uri)
        whole = types.TextDocumentContentChangeWholeDocument(textwrap.dedent(text).strip("\n"))
        content = types.NotebookDocumentCellContentChanges(document, [whole])
        self._cells_change(path, types.NotebookDocumentCellChanges(text_content=[content]))

    def close_notebook(self, path: str) -> None:
        documents = [types.TextDocumentIdentifier(it) for it in self.cells.pop(path)]
        notebook = types.NotebookDocumentIdentifier(self.uri(path))
        self.client.notebook_document_did_close(types.DidCloseNotebookDocumentParams(notebook, documents))

    def _new_cell(self, path: str, text: str) -> tuple[types.NotebookCell, types.TextDocumentItem]:
        text = textwrap.dedent(text).strip("\n")
        place = self.uri(path).removeprefix("file:")
        uri = f"vscode-notebook-cell:{place}#W{len(self._versions)}sZmlsZQ%3D%3D"
        self._versions[uri] = 1
        is_code = not text.startswith("# ")
        kind = types.NotebookCellKind.Code if is_code else types.NotebookCellKind.Markup
        language = "python" if is_code else "markdown"
        return types.NotebookCell(kind, uri), types.TextDocumentItem(uri, language, 1, text)

    def _cells_change(self, path: str, change: types.NotebookDocumentCellChanges) -> None:
        notebook = types.VersionedNotebookDocumentIdentifier(2, self.uri(path))
        params = types.DidChangeNotebookDocumentParams(
            notebook, types.NotebookDocumentChangeEvent(cells=change)
        )
        self.client.notebook_document_did_change(params)

    # Asking.

    async def code_lenses(self, path: str) -> list[types.CodeLens]:
        params = types.CodeLensParams(types.TextDocumentIdentifier(self.uri(path)))
        async with asyncio.timeout(DEADLINE):
            return list(await self.client.text_document_code_lens_async(params) or ())

    async def lenses(self, path: str) -> dict[int, str]:
        """`{line: "first | second"}`; lines count from 1."""
        by_line: dict[int, list[str]] = {}
        for it in await self.code_lenses(path):
            assert it.command is not None
            by_line.setdefault(it.range.start.line + 1, []).append(it.command.title)
        return {line: " | ".join(titles) for line, titles in by_line.items()}

    async def hover(self, path: str, line: int) -> str | None:
        """The Markdown at a line that counts from 1."""
        position = types.Position(line - 1, 0)
        params = types.HoverParams(types.TextDocumentIdentifier(self.uri(path)), position)
        async with asyncio.timeout(DEADLINE):
            found = await self.client.text_document_hover_async(params)
        if found is None:
            return None
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value

    def at(self, path: str, text: str, nth: int = 1, into: int = 0) -> dict[str, Any]:
        """The position of the nth time that a text stands in a file, as the open document or the disk has it."""
        said = self.texts.get(path) or (self.home.root / path).read_text("utf-8")
        place = -1
        for _ in range(nth):
            place = said.index(text, place + 1)
        before = said[: place + into]
        column = len(before.rpartition("\n")[2].encode("utf-16-le")) // 2
        position = {"line": before.count("\n"), "character": column}
        return {"textDocument": {"uri": self.uri(path)}, "position": position}

    async def places(self, method: str, asked: dict[str, Any]) -> list[tuple[str, int, str]]:
        """Where `textDocument/METHOD` leads: path, line from 1, and the text that is meant."""
        more = {"context": {"includeDeclaration": True}} if method == "references" else {}
        found = await self.request(f"textDocument/{method}", {**asked, **more})
        return [self._shown(it.uri, it.range) for it in found or ()]

    async def renamed(self, asked: dict[str, Any], new: str) -> dict[str, str]:
        """The files that a rename changes, as they are afterwards."""
        edit = await self.request("textDocument/rename", {**asked, "newName": new})
        changed = {}
        for it in edit.document_changes or ():
            path = self._path(it.text_document.uri)
            said = self.texts.get(path) or (self.home.root / path).read_text("utf-8")
            changed[path] = _with_edits(said, it.edits)
        return changed

    def _path(self, uri: str) -> str:
        return uri.removeprefix(self.home.root.as_uri() + "/")

    def _shown(self, uri: str, where: types.Range) -> tuple[str, int, str]:
        path = self._path(uri)
        said = self.texts.get(path) or (self.home.root / path).read_text("utf-8")
        lines = said.split("\n")
        if where.start.line != where.end.line:
            return path, where.start.line + 1, lines[where.start.line][where.start.character :]
        return (
            path,
            where.start.line + 1,
            lines[where.start.line][where.start.character : where.end.character],
        )

    async def command(self, name: str, **argument: Any) -> Any:
        """What `dspyLens.NAME` answers to one object; without any argument it gets none."""
        given = (argument,) if argument else None
        params = types.ExecuteCommandParams(f"dspyLens.{name}", given)
        async with asyncio.timeout(DEADLINE):
            return await self.client.workspace_execute_command_async(params)

    async def request(self, method: str, params: Any = None) -> Any:
        protocol: Any = self.client.protocol
        if isinstance(params, dict) and (known := types.METHOD_TO_TYPES.get(method)) is not None:
            params = protocol._converter.structure(params, known[2])
        async with asyncio.timeout(DEADLINE):
            return await protocol.send_request_async(method, params if params is not None else {})

    # Waiting.

    async def until(self, come: Callable[[], Any], seconds: float = DEADLINE) -> Any:
        """What `come()` gives once it gives something; it is asked after each message of the server."""
        async with asyncio.timeout(seconds):
            while not (found := come()):
                self.client.news.clear()
                await self.client.news.wait()
        return found

    async def until_lens(self, path: str, wanted: Callable[[str], bool]) -> str:
        """The lens texts of a file, joined, once they are as wanted; asked again after each change."""
        async with asyncio.timeout(DEADLINE):
            while True:
                seen = len(self.changes)
                text = "\n".join((await self.lenses(path)).values())
                if wanted(text):
                    return text
                await self.until(lambda seen=seen: len(self.changes) > seen)  # type: ignore[misc]

    async def finished(self, run: str) -> dict[str, Any]:
        """Follows a run to its end and returns its `finished` event."""
        await self.request("dspyLens/follow", {"run": run})
        return await self.until(  # type: ignore[no-any-return]
            lambda: next((it for it in self.events if it["event"] == "finished" and it["run"] == run), None)
        )

    # What the server asks of the window.

    def _asked(self, params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
        self.questions.append(params)
        if not self.answers:
            return None
        wanted = self.answers.pop(0)
        offered = [it.title for it in params.actions or ()]
        picked = next((it for it in offered if wanted in it), None)
        assert picked is not None, f"{wanted} is not among {offered}"
        return types.MessageActionItem(picked)

    def _edited(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.edits.append(params.edit)
        return types.ApplyWorkspaceEditResult(applied=True)

    def _refreshed(self, params: None) -> None:
        self.refreshes += 1


def _with_edits(text: str, edits: Sequence[types.TextEdit]) -> str:
    """The text with edits in it whose columns count UTF-16, as LSP has it."""
    lines = text.split("\n")
    for it in sorted(edits, key=lambda it: (it.range.start.line, it.range.start.character), reverse=True):
        line = lines[it.range.start.line].encode("utf-16-le")
        start, end = it.range.start.character * 2, it.range.end.character * 2
        lines[it.range.start.line] = (line[:start] + it.new_text.encode("utf-16-le") + line[end:]).decode(
            "utf-16-le"
        )
    return "\n".join(lines)


@asynccontextmanager
async def editors(home: Home) -> AsyncIterator[Callable[..., Any]]:
    """Opens windows on a machine; ends them all afterwards, and then the daemon."""
    opened: list[Editor] = []

    async def open_one(capabilities: str = "visual_studio_code", **options: Any) -> Editor:
        editor = Editor(home)
        opened.append(editor)
        await editor.start()
        await editor.initialize(capabilities, **options)
        return editor

    try:
        yield open_one
    finally:
        try:
            for editor in opened:
                await editor.leave()
        finally:
            await asyncio.to_thread(stop, home.paths)
