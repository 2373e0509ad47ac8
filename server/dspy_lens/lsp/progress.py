"""Work-done progress: each window shows the runs that go on, with Cancel, also those it did not start."""

import asyncio
import logging
from collections.abc import Iterable

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from dspy_lens.lsp.lenses import doing, failure, joined, left
from dspy_lens.lsp.session import Session
from dspy_lens.values.figures import headline, of_cap, spent
from dspy_lens.values.run import Run, RunState, Verb

log = logging.getLogger(__name__)
VERBS = {
    Verb.OPTIMIZE: "Optimizing",
    Verb.EVALUATE: "Evaluating",
    Verb.DRAFT: "Drafting examples for",
}


class ProgressBars:
    """One bar for each run that goes on. A bar that was begun is always ended, unless the window has gone."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._shown: dict[str, str] = {}  # run -> token
        self._dirty: set[str] = set()
        self._wake = asyncio.Event()

    def look_again(self, runs: Iterable[str]) -> None:
        self._dirty.update(runs)
        if self._dirty:
            self._wake.set()

    async def keep_up(self) -> None:
        """Runs for as long as the session; waits while nothing changes."""
        self.look_again(it.id for it in self._session.workspace.running)
        while True:
            await self._wake.wait()
            self._wake.clear()
            dirty, self._dirty = self._dirty, set()
            for run in sorted(dirty):
                try:
                    await self._update(run)
                except Exception:
                    # A bar that cannot be drawn must not keep the others from being ended.
                    log.exception("The progress of %s could not be shown.", run)

    async def cancel(self, token: types.ProgressToken) -> None:
        """Stops the run whose bar was cancelled."""
        run = next((run for run, own in self._shown.items() if own == token), None)
        if run is not None:
            await self._session.workspace.cancel(run)

    async def _update(self, name: str) -> None:
        run = await self._session.workspace.run(name)
        if run is None or run.state.finished:
            if name in self._shown:
                self._end(name, run)
            if run is not None:
                self._announce(run)
        elif name in self._shown:
            self._report(run)
        elif can_show(self._session.capabilities):
            await self._begin(run)

    async def _begin(self, run: Run) -> None:
        token = f"dspy-lens/{run.id}"
        try:
            await self._session.server.protocol.send_request_async(
                types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
            )
        except JsonRpcException:
            return  # the client will not show this one
        self._shown[run.id] = token
        verb = VERBS[run.verb]
        self._send(
            token,
            types.WorkDoneProgressBegin(
                title=f"{verb} {short(run)}",
                message=message(run),
                cancellable=True,
                percentage=percentage(run),
            ),
        )

    def _report(self, run: Run) -> None:
        said = types.WorkDoneProgressReport(
            message=message(run), percentage=percentage(run), cancellable=True
        )
        self._send(self._shown[run.id], said)

    def _end(self, name: str, run: Run | None) -> None:
        self._send(self._shown.pop(name), types.WorkDoneProgressEnd(message=ended(run) if run else None))

    def _announce(self, run: Run) -> None:
        """Tells the window that asked for the run how it ended."""
        if run.id not in self._session.started or self._session.client == "terminal":
            return
        if run.verb is Verb.DRAFT and run.state.has_result:
            return  # what came of it is told where it was written
        self._session.started.discard(run.id)
        kind = types.MessageType.Info if run.state.has_result else types.MessageType.Warning
        self._session.say(f"{short(run)}: {ended(run)}", kind)

    def _send(self, token: str, value: object) -> None:
        self._session.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))


def short(run: Run) -> str:
    return run.target.partition(":")[2]


def message(run: Run) -> str:
    """`trial 4/10 · best 78 % · $0.02 of $0.50 · 3 min left`."""
    return joined(doing(run), None if run.state is RunState.QUEUED else of_cap(run), left(run))


def percentage(run: Run) -> int | None:
    progress = run.progress
    if not progress.of:
        return 0 if not progress.trial else None
    return min(100, progress.trial * 100 // progress.of)


def ended(run: Run) -> str:
    if not run.state.has_result:
        return failure(run)
    early = "stopped early" if run.state is RunState.STOPPED else None
    if run.verb is Verb.DRAFT:
        return joined("drafts made", early, spent(run.usage))
    return joined(headline(run) or "no score", early, spent(run.usage))


def can_show(capabilities: types.ClientCapabilities) -> bool:
    return bool(capabilities.window and capabilities.window.work_done_progress)
