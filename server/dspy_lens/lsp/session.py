"""One attached window or terminal: its documents, what it said of itself, and the tasks it owns."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from dspy_lens.lsp.convert import Text, path_of
from dspy_lens.lsp.documents import Documents
from dspy_lens.lsp.notebooks import Cell, Notebook
from dspy_lens.workspace import Snapshot, Workspace

if TYPE_CHECKING:
    from dspy_lens.lsp.server import LensServer

log = logging.getLogger(__name__)
INDEX_SECONDS = 2.0  # a first answer waits this long for a first index; after that, a refresh brings the rest


class Session:
    """What handlers work on. `environment` may hold keys: it goes to workers only."""

    def __init__(
        self, server: "LensServer", workspace: Workspace, environment: Mapping[str, str], folder: str
    ) -> None:
        self.server = server
        self.workspace = workspace
        self.environment = environment
        self.folder = folder
        self.documents = Documents(workspace.root)
        self.options: Mapping[str, Any] = {}
        self.started: set[str] = set()  # runs that this window asked for
        self._saves: set[asyncio.Task[Any]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._seen: tuple[Snapshot, int, Snapshot] | None = None
        self._viewing = asyncio.Lock()
        self._texts: dict[tuple[str, int | None], tuple[str, Text]] = {}

    @property
    def client(self) -> str:
        """`vscode`, `terminal`, or whatever else the client says it is."""
        return str(self.options.get("client", ""))

    @property
    def restricted(self) -> bool:
        """Whether the window itself distrusts the folder: then nothing runs from it, whatever others agreed to."""
        return self.client == "vscode" and self.options.get("trusted") is False

    @property
    def shows_pictures(self) -> bool:
        """Whether a picture in a hover is seen there: VS Code's show those of `data:` addresses."""
        return self.client == "vscode"

    @property
    def shows_comparisons(self) -> bool:
        """Whether the client shows a comparison itself when it is told of one: then no Markdown is made of it."""
        return self.client == "vscode"

    @property
    def tells_refusals(self) -> bool:
        """Whether the client shows refusals and results itself."""
        return self.client in ("vscode", "terminal")

    @property
    def capabilities(self) -> types.ClientCapabilities:
        return self.server.client_capabilities

    async def snapshot(self) -> Snapshot:
        """What the source says with this window's documents in it."""
        await self._indexed()
        # One at a time: whatever is asked after a keystroke waits for the same view.
        async with self._viewing:
            revision = self.documents.revision
            saved = self.workspace.saved
            if self._seen is not None and self._seen[0] is saved and self._seen[1] == revision:
                return self._seen[2]
            view = await self.workspace.view(await self.documents.overlay())
            self._seen = (saved, revision, view)
            return view

    async def _indexed(self) -> None:
        try:
            # Not wait_for: when it is cancelled as it ends, Python 3.11 forgets about the cancelling.
            async with asyncio.timeout(INDEX_SECONDS):
                await self.workspace.indexed()
        except TimeoutError:
            log.info("Answering before the first index is complete.")

    def text(self, path: str, cell: int | None = None) -> Text:
        """The text of an open document, or of one of its cells; unknown otherwise."""
        content, codec = self.content(path, cell), self.server.workspace.position_codec
        if content is None:
            self._texts.pop((path, cell), None)
            return Text(None, codec)
        known = self._texts.get((path, cell))
        if known is None or known[0] is not content:
            known = self._texts[path, cell] = (content, Text(content, codec))
        return known[1]

    def content(self, path: str, cell: int | None = None) -> str | None:
        """What an open document, or one of its cells, holds; None where it is not open."""
        document = self.documents.at(path)
        if cell is not None or isinstance(document, Notebook):
            inside = self.cell(path, cell)
            return inside.text if inside else None
        return document.text if document else None

    def uri(self, path: str, cell: int | None = None) -> str:
        """The URI as the client writes it, where the document or its cell is open."""
        inside = self.cell(path, cell)
        if inside is not None:
            return inside.uri
        document = self.documents.at(path)
        return document.uri if document else (self.workspace.root / path).as_uri()

    def cell(self, path: str, index: int | None) -> Cell | None:
        """A cell of a notebook that is open."""
        document = self.documents.at(path)
        return document.cell(index) if isinstance(document, Notebook) else None

    def place(self, uri: str) -> tuple[str, int | None] | None:
        """The path behind a URI, with the index of the cell where it is one; None outside of the root."""
        path = path_of(uri, self.workspace.root)
        if path is not None:
            return path, None
        for document in self.documents:
            if isinstance(document, Notebook):
                for index, it in enumerate(document.cells):
                    if it.uri == uri:
                        return document.path, index
        return None

    def own(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Starts work that ends with the session at the latest."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def take_in(self, path: str) -> None:
        """Lets the workspace read a file that was just saved, without waiting for the watcher."""
        saving = self.own(self.workspace.take_in(frozenset({path})))
        self._saves.add(saving)
        saving.add_done_callback(self._saves.discard)

    async def saved(self) -> None:
        """Waits until the workspace has read what this window saved."""
        if self._saves:
            await asyncio.wait(tuple(self._saves))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("Work for a window failed.", exc_info=error)

    def notify(self, method: str, params: Any) -> None:
        self.server.protocol.notify(method, params)

    async def ask(self, method: str, params: Any) -> Any:
        return await self.server.protocol.ask(method, params)

    def say(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        self.notify(types.WINDOW_SHOW_MESSAGE, types.ShowMessageParams(type=kind, message=message))
