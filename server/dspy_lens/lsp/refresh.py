"""Tells a window that what it shows is out of date: at once, then at most a few times a second."""

import asyncio
from collections.abc import Callable

from lsprotocol import types

from dspy_lens.lsp.protocol import CHANGED
from dspy_lens.lsp.session import Session
from dspy_lens.values.request import Changed

PAUSE = 0.25  # seconds between refreshes: after one, an editor asks every provider again


class Refresher:
    """Collects what changed. It has a timer only while something waits to be said."""

    def __init__(self, session: Session, also: Callable[[Changed], None]) -> None:
        self._session = session
        self._also = also
        self._waiting = Changed()
        self._timer: asyncio.TimerHandle | None = None

    def changed(self, changed: Changed) -> None:
        self._waiting = Changed(
            self._waiting.targets | changed.targets,
            self._waiting.runs | changed.runs,
            self._waiting.files | changed.files,
        )
        if self._timer is None:
            self._say()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _say(self) -> None:
        changed, self._waiting = self._waiting, Changed()
        self._timer = asyncio.get_running_loop().call_later(PAUSE, self._pause_over)
        names = {"targets": sorted(changed.targets), "runs": sorted(changed.runs)}
        self._session.notify(CHANGED, names)
        if can_refresh(self._session.capabilities):
            self._session.own(self._session.ask(types.WORKSPACE_CODE_LENS_REFRESH, None))
        if changed.runs and can_refresh_hints(self._session.capabilities):
            self._session.own(self._session.ask(types.WORKSPACE_INLAY_HINT_REFRESH, None))
        self._also(changed)

    def _pause_over(self) -> None:
        self._timer = None
        if self._waiting != Changed():
            self._say()


def can_refresh(capabilities: types.ClientCapabilities) -> bool:
    lens = capabilities.workspace.code_lens if capabilities.workspace else None
    return bool(lens and lens.refresh_support)


def can_refresh_hints(capabilities: types.ClientCapabilities) -> bool:
    hints = capabilities.workspace.inlay_hint if capabilities.workspace else None
    return bool(hints and hints.refresh_support)
