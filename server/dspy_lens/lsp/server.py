"""One session's language server: which handler answers what. Everything worth a test is below it."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from dspy_lens.lsp import notebooks, protocol, requests, ways
from dspy_lens.lsp.actions import quick_fixes
from dspy_lens.lsp.adding import draft_actions, example_actions, metric_actions
from dspy_lens.lsp.completion import TRIGGERS, completions
from dspy_lens.lsp.convert import path_of
from dspy_lens.lsp.documents import Document
from dspy_lens.lsp.hovering import source_hover
from dspy_lens.lsp.lenses import lenses, shown
from dspy_lens.lsp.problems import Problems
from dspy_lens.lsp.progress import ProgressBars
from dspy_lens.lsp.refresh import Refresher
from dspy_lens.lsp.rows import Rows, markdown
from dspy_lens.lsp.session import Session
from dspy_lens.lsp.wire import LensProtocol
from dspy_lens.source.python import PYTHON
from dspy_lens.values.request import Changed
from dspy_lens.values.target import Target
from dspy_lens.workspace import Snapshot, Workspace
from dspy_lens.workspace.marks import is_example_file

log = logging.getLogger(__name__)
NAME = "dspy-lens"
LAST_WORDS = 2.0  # seconds that answers may still take when a client has closed its end
# Building a converter takes longer than the rest of a session; it has no state of its own.
CONVERTER = default_converter()  # type: ignore[no-untyped-call]


class LensServer(LanguageServer):
    """A session with its protocol. `exited` is set by the client's `exit`, which ends this session only."""

    protocol: LensProtocol

    def __init__(
        self, workspace: Workspace, environment: Mapping[str, str], folder: str, version: str
    ) -> None:
        super().__init__(
            NAME,
            version,
            notebook_document_sync=notebooks.SYNC,
            protocol_cls=LensProtocol,
            converter_factory=lambda: CONVERTER,
        )
        self.exited = False
        self.session = Session(self, workspace, environment, folder)
        self.problems = Problems(self.session)
        self.bars = ProgressBars(self.session)
        self.rows = Rows(self.session)
        self.refresher = Refresher(self.session, self._also)
        self._unsubscribe: Callable[[], None] = _nothing

    def begin(self) -> None:
        """The client is ready: from now on it is told what changes."""
        self._unsubscribe = self.session.workspace.subscribe(self.refresher.changed)
        self.session.own(self.problems.keep_up())
        self.session.own(self.bars.keep_up())
        self.problems.look_again()
        self.session.own(self.session.workspace.supply(self.session.environment))

    async def answered(self) -> None:
        """Waits a little for answers that are still being made."""
        pending = [] if self.exited else self.protocol.unanswered()
        if pending:
            await asyncio.wait(pending, timeout=LAST_WORDS)

    async def close(self) -> None:
        self._unsubscribe()
        self.refresher.close()
        pending = self.protocol.unanswered()
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await self.session.close()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Errors are answered and logged; pygls would show each in the window."""
        log.error("%s: %s", getattr(source, "__name__", source), error)

    def _also(self, changed: Changed) -> None:
        self.problems.look_again()
        self.bars.look_again(changed.runs)


def _nothing() -> None:
    """What there is to undo before anything was done."""


def lens_server(
    workspace: Workspace, environment: Mapping[str, str], folder: str, version: str
) -> LensServer:
    """A server for one connection, with every handler."""
    server = LensServer(workspace, environment, folder, version)
    for method, handler in HANDLERS.items():
        server.feature(method)(handler)
    server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))(code_lens)
    server.feature(types.TEXT_DOCUMENT_INLAY_HINT, types.InlayHintOptions(resolve_provider=False))(
        inlay_hints
    )
    completing = types.CompletionOptions(trigger_characters=TRIGGERS)
    server.feature(types.TEXT_DOCUMENT_COMPLETION, completing)(complete)
    kinds = types.CodeActionOptions(
        code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.Refactor]
    )
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)(code_actions)
    server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=False))(did_save)
    server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))(ways.rename)
    for method, answer in REQUESTS.items():
        server.feature(method)(custom(answer))
    return server


async def initialize(ls: LensServer, params: types.InitializeParams) -> None:
    options = params.initialization_options
    ls.session.options = options if isinstance(options, dict) else {}
    interpreter = ls.session.options.get("interpreter")
    if isinstance(interpreter, str) and interpreter:
        ls.session.workspace.consent.prefer_interpreter(interpreter)
    if ls.session.options.get("trusted") is True and not ls.session.workspace.consent.trusted:
        await ls.session.workspace.consent.trust()


def initialized(ls: LensServer, params: types.InitializedParams) -> None:
    ls.begin()


def did_open(ls: LensServer, params: types.DidOpenTextDocumentParams) -> None:
    it = params.text_document
    path = path_of(it.uri, ls.session.workspace.root)
    if path is not None:
        ls.session.documents.open(Document(it.uri, path, it.text, it.version))
        ls.problems.look_again()


def did_change(ls: LensServer, params: types.DidChangeTextDocumentParams) -> None:
    it = params.text_document
    path = path_of(it.uri, ls.session.workspace.root)
    if path is not None:
        ls.session.documents.edit(path, ls.workspace.get_text_document(it.uri).source, it.version)
        ls.problems.look_again()


def did_save(ls: LensServer, params: types.DidSaveTextDocumentParams) -> None:
    if (path := path_of(params.text_document.uri, ls.session.workspace.root)) is not None:
        ls.session.take_in(path)


def did_close(ls: LensServer, params: types.DidCloseTextDocumentParams) -> None:
    if (path := path_of(params.text_document.uri, ls.session.workspace.root)) is not None:
        ls.session.documents.close(path)
        ls.problems.look_again()


async def code_lens(ls: LensServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    session = ls.session
    place = session.place(params.text_document.uri)
    if place is None:
        return []
    path, cell = place
    snapshot = await session.snapshot()
    if not shown(snapshot.settings_for(path).code_lens, path):
        return []
    if is_example_file(path):
        return await ls.rows.lenses(path)
    found = []
    for target in await snapshot.targets(path):
        if target.definition.span.cell == cell:
            found += await lenses_of(session, snapshot, target)
    return found


async def lenses_of(session: Session, snapshot: Snapshot, target: Target) -> list[types.CodeLens]:
    standing = await session.workspace.standing(target, snapshot)
    estimate = await session.workspace.estimate_known(target, snapshot)
    span = target.definition.span
    where = session.text(span.path, span.cell).lens_range(span)
    return [
        types.CodeLens(range=where, command=types.Command(it.title, it.command, arguments=[it.argument]))
        for it in lenses(target, standing, estimate, time.time())
    ]


async def hover_at(ls: LensServer, params: types.HoverParams) -> types.Hover | None:
    place = ls.session.place(params.text_document.uri)
    if place is None:
        return None
    if is_example_file(place[0]):
        return await ls.rows.hover(place[0], params.position.line + 1)
    text = await source_hover(ls.session, params.text_document.uri, params.position)
    return types.Hover(markdown(text)) if text else None


async def inlay_hints(ls: LensServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    path = path_of(params.text_document.uri, ls.session.workspace.root)
    return await ls.rows.hints(path, params.range) if path is not None and is_example_file(path) else []


async def complete(ls: LensServer, params: types.CompletionParams) -> list[types.CompletionItem]:
    path = path_of(params.text_document.uri, ls.session.workspace.root)
    if path is None or not is_example_file(path):
        return []
    return await completions(ls.session, path, params.position)


async def code_actions(ls: LensServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    place = ls.session.place(params.text_document.uri)
    if place is None:
        return []
    wanted = params.context.only or ()
    made = await quick_fixes(ls.session, *place, params.range)
    if place[0].endswith(PYTHON):
        line = params.range.start.line + 1
        made += await example_actions(ls.session, *place, line)
        made += await metric_actions(ls.session, *place, line)
        made += await draft_actions(ls.session, *place, line)
    return [it for it in made if not wanted or any(is_of(it, kind) for kind in wanted)]


def is_of(action: types.CodeAction, kind: types.CodeActionKind | str) -> bool:
    """Whether an action is of a kind or of one below it."""
    own, wanted = (str(getattr(it, "value", it)) for it in (action.kind, kind))
    return own == wanted or own.startswith(f"{wanted}.")


async def cancel_progress(ls: LensServer, params: types.WorkDoneProgressCancelParams) -> None:
    await ls.bars.cancel(params.token)


def custom(answer: Any) -> Any:
    async def handler(ls: LensServer, params: Any) -> Any:
        return await answer(ls.session, requests.as_object(params))

    return handler


HANDLERS: Mapping[str, Any] = {
    types.INITIALIZE: initialize,
    types.INITIALIZED: initialized,
    types.TEXT_DOCUMENT_DID_OPEN: did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: did_change,
    types.TEXT_DOCUMENT_DID_CLOSE: did_close,
    **notebooks.HANDLERS,
    types.TEXT_DOCUMENT_HOVER: hover_at,
    **ways.HANDLERS,
    types.WINDOW_WORK_DONE_PROGRESS_CANCEL: cancel_progress,
}

REQUESTS: Mapping[str, Any] = {
    protocol.TARGETS: requests.targets,
    protocol.RUNS: requests.runs,
    protocol.RUN: requests.run,
    protocol.PAGE: requests.page,
    protocol.ESTIMATE: requests.estimate,
    protocol.CHOICES: requests.choices,
    protocol.MATCHES: requests.matches,
    protocol.OPTIMIZERS: requests.optimizers,
    protocol.FOLLOW: requests.follow_run,
}
