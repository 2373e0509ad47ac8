"""Diagnostics: of open documents, of the example files of their targets, and of settings files."""

import asyncio
import logging

from lsprotocol import types

from dspy_lens.lsp.convert import Text, diagnostic
from dspy_lens.lsp.edits import on_disk
from dspy_lens.lsp.session import Session
from dspy_lens.values.definition import Problem
from dspy_lens.workspace import Snapshot

log = logging.getLogger(__name__)


class Problems:
    """Publishes what is wrong, and takes it back when it is not any more. Coalesces: one round at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._published: dict[str, list[types.Diagnostic]] = {}
        self._wake = asyncio.Event()

    def look_again(self) -> None:
        self._wake.set()

    async def keep_up(self) -> None:
        """Runs for as long as the session; waits while nothing changes."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._round()
            except Exception:
                # One file that cannot be judged must not end it for all others, nor for good.
                log.exception("Problems could not be published.")

    async def _round(self) -> None:
        snapshot = await self._session.snapshot()
        found = await problems_by_path(self._session, snapshot)
        for path in sorted(found.keys() | self._published.keys()):
            await self._publish(path, found.get(path, ()))

    async def _publish(self, path: str, problems: tuple[Problem, ...]) -> None:
        text = await text_for(self._session, path) if problems else None
        made = [diagnostic(it, text) for it in problems] if text else []
        if made == self._published.get(path, []):
            return
        if made:
            self._published[path] = made
        else:
            self._published.pop(path, None)
        document = self._session.documents.at(path)
        params = types.PublishDiagnosticsParams(
            uri=self._session.uri(path), diagnostics=made, version=document.version if document else None
        )
        self._session.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)


async def problems_by_path(session: Session, snapshot: Snapshot) -> dict[str, tuple[Problem, ...]]:
    """Problems of open documents, with those elsewhere that their targets suffer from."""
    found: dict[str, dict[Problem, None]] = {}
    for document in session.documents:
        for problem in await snapshot.problems(document.path):
            found.setdefault(problem.span.path, {})[problem] = None
        if not document.is_python:
            continue
        for target in await snapshot.targets(document.path):
            elsewhere = target.examples.problems if target.examples else ()
            for problem in (*elsewhere, *target.problems):
                found.setdefault(problem.span.path, {})[problem] = None
    for problem in snapshot.settings_problems:
        found.setdefault(problem.span.path, {})[problem] = None
    return {path: tuple(it) for path, it in found.items()}


async def text_for(session: Session, path: str) -> Text:
    return session.text(path) if session.documents.at(path) else await on_disk(session, path)
