"""Keeps a workspace's index up with the disk, for as long as the workspace is open."""

import asyncio
from typing import TYPE_CHECKING

from dspy_lens.source.watch import WatchUnavailable, watch

if TYPE_CHECKING:
    from dspy_lens.workspace.workspace import Workspace


async def keep_up(workspace: "Workspace", stop: asyncio.Event) -> None:
    """Scans once, then takes in each change until `stop` is set."""
    index = workspace.index
    await index.scan()
    workspace.files_changed(frozenset())
    try:
        async for changed in watch(workspace.root, index.ignore, stop):
            await index.update(changed)
            workspace.files_changed(changed)
    except WatchUnavailable as problem:
        # Windows go on with what editors report; doctor and the status say why nothing else is seen.
        workspace.watch_problem = str(problem)
        await stop.wait()
