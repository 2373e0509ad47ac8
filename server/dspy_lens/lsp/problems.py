"""Diagnostics: of open documents, of the example files of their targets, and of settings files."""

import asyncio
import logging
from dataclasses import replace

from lsprotocol import types

from dspy_lens.lsp.convert import Text, diagnostic
from dspy_lens.lsp.edits import on_disk
from dspy_lens.lsp.session import Session
from dspy_lens.source.python.metric_problems import ASKING
from dspy_lens.values.definition import Problem, Span
from dspy_lens.workspace import Snapshot
from dspy_lens.workspace.artifacts import artifact_problem

log = logging.getLogger(__name__)


class Problems:
    """Publishes what is wrong, and takes it back when it is not any more. Coalesces: one round at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._published: dict[str, list[types.Diagnostic]] = {}  # by URI
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
        places = {self._session.uri(*place): (place, problems) for place, problems in found.items()}
        for uri in sorted(places.keys() | self._published.keys()):
            if uri in places:
                (path, cell), problems = places[uri]
                await self._publish(uri, path, cell, problems)
            else:
                self._say(uri, [], None)

    async def _publish(self, uri: str, path: str, cell: int | None, problems: tuple[Problem, ...]) -> None:
        text = await text_for(self._session, path, cell)
        document = self._session.documents.at(path)
        version = document.version if document and cell is None else None
        self._say(uri, [diagnostic(it, text) for it in problems], version)

    def _say(self, uri: str, made: list[types.Diagnostic], version: int | None) -> None:
        if made == self._published.get(uri, []):
            return
        if made:
            self._published[uri] = made
        else:
            self._published.pop(uri, None)
        params = types.PublishDiagnosticsParams(uri=uri, diagnostics=made, version=version)
        self._session.notify(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)


Place = tuple[str, int | None]
"""A path, with the index of a cell in a notebook."""


async def problems_by_path(session: Session, snapshot: Snapshot) -> dict[Place, tuple[Problem, ...]]:
    """Problems of open documents, with those elsewhere that their targets suffer from.

    Those in cells of a notebook that is not open are left out: no editor could show them at their place.
    """
    found: dict[Place, dict[Problem, None]] = {}
    for document in session.documents:
        for problem in await snapshot.problems(document.path):
            found.setdefault((problem.span.path, problem.span.cell), {})[problem] = None
        if not document.is_python:
            continue
        for target in await snapshot.targets(document.path):
            elsewhere = target.examples.problems if target.examples else ()
            settings = snapshot.settings_for(document.path)
            exported = await asyncio.to_thread(artifact_problem, snapshot, target, settings)
            for problem in snapshot.shown((*elsewhere, *target.problems, *([exported] if exported else ()))):
                found.setdefault((problem.span.path, problem.span.cell), {})[problem] = None
    keys = await asyncio.to_thread(snapshot.missing_keys, session.environment)
    python = [it.path for it in session.documents if it.is_python]
    packages = await session.workspace.missing_packages(snapshot, python)
    for problem in snapshot.shown((*snapshot.settings_problems, *keys, *packages)):
        found.setdefault((problem.span.path, problem.span.cell), {})[problem] = None
    shown = {place for place in found if place[1] is None or session.cell(*place) is not None}
    asking = {place[0] for place, its in found.items() if any(it.code == ASKING for it in its)}
    prices = await judging(session, snapshot, python, asking) if asking else {}
    return {
        place: tuple(dict.fromkeys(with_price(it, prices) for it in problems))
        for place, problems in found.items()
        if place in shown
    }


def with_price(problem: Problem, prices: dict[Span, str]) -> Problem:
    known = prices.get(problem.span) if problem.code == ASKING else None
    return replace(problem, message=known) if known else problem


async def judging(
    session: Session, snapshot: Snapshot, paths: list[str], asking: set[str]
) -> dict[Span, str]:
    """What is told of metrics that ask a model, by place, with the price of that where it is known.

    `asking` are the files that such metrics stand in.
    """
    told: dict[Span, str] = {}
    for path in paths:
        elsewhere = await snapshot.judged_by(path) if path in asking else ()
        for target in (*await snapshot.targets(path), *elsewhere):
            if any(it.code == ASKING for it in target.problems):
                for it in await session.workspace.told(target, snapshot):
                    if it.code == ASKING:
                        told.setdefault(it.span, it.message)
    return told


async def text_for(session: Session, path: str, cell: int | None) -> Text:
    return session.text(path, cell) if session.documents.at(path) else await on_disk(session, path)
