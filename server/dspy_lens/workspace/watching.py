"""Keeps a workspace's index up with the disk, for as long as the workspace is open."""

import asyncio
import contextlib
from typing import TYPE_CHECKING

from dspy_lens.source.watch import WatchUnavailable, watch
from dspy_lens.workspace.index import Index

if TYPE_CHECKING:
    from dspy_lens.workspace.workspace import Workspace


async def keep_up(workspace: "Workspace", index: Index, stop: asyncio.Event) -> None:
    """Reads everything once, then takes in each change until `stop` is set."""
    try:
        async with contextlib.aclosing(watch(workspace.root, index.ignore, stop)) as changes:
            async for changed in changes:
                # The first report says that watching has begun: what is read now cannot be missed.
                await (index.update(changed) if index.complete.is_set() else index.scan())
                workspace.files_changed(changed)
    except WatchUnavailable as problem:
        # Windows go on with what editors report; doctor says why nothing else is seen.
        workspace.watch_problem = str(problem)
        await index.scan()
        workspace.files_changed(frozenset())
        await stop.wait()
