"""Markdown pages that a window opens: written to the state folder, never into the repository."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from lsprotocol import types

from dspy_lens.lsp.session import Session


async def open_page(session: Session, name: str, page: Callable[[], str]) -> None:
    """Opens a page where the client can show documents; the terminal shows the answer itself."""
    if session.client == "terminal" or not can_show(session.capabilities):
        return
    path = session.workspace.paths.state / "pages" / name
    await asyncio.to_thread(write, path, page)
    await show(session, path)


async def show(session: Session, path: Path) -> bool:
    """Asks the window to open a file; False where it cannot."""
    if not can_show(session.capabilities):
        return False
    params = types.ShowDocumentParams(uri=path.as_uri(), take_focus=True)
    answer = await session.ask(types.WINDOW_SHOW_DOCUMENT, params)
    return bool(isinstance(answer, dict) and answer.get("success"))


def can_show(capabilities: types.ClientCapabilities) -> bool:
    window = capabilities.window
    return bool(window and window.show_document and window.show_document.support)


def write(path: Path, page: Callable[[], str]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(page() + "\n", "utf-8")
