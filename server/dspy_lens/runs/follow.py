"""Following a run: its events as they are written, until it has finished or its worker is gone."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from watchfiles import Change, awatch

from dspy_lens.runs.events import Batch, Place
from dspy_lens.runs.folder import RunFolder
from dspy_lens.runs.leaving import left
from dspy_lens_worker.messages import EVENTS

STEP = 50  # milliseconds of silence that end a batch
LONGEST_BATCH = 200  # milliseconds
RECONCILE = 2_000  # milliseconds: reports may be lost without a word


async def follow(folder: RunFolder, place: Place) -> AsyncGenerator[Batch, None]:
    """Batches of new events after a place, none of them empty.

    Ends with the `finished` event, whatever the worker does after it, or when no worker has the folder
    any more: the last batch then holds no `finished`.
    """
    async with wake_ups(folder) as (wake, gone):
        while True:
            # Asked before reading: what was written before a worker left is still read.
            over = gone.is_set()
            batch = await asyncio.to_thread(folder.read, place)
            if batch.events:
                yield batch
            if batch.finished or (over and batch.place.offset == place.offset):
                return
            if batch.place.offset == place.offset:
                await wake.wait()
                wake.clear()
            place = batch.place


@asynccontextmanager
async def wake_ups(folder: RunFolder) -> AsyncIterator[tuple[asyncio.Event, asyncio.Event]]:
    """An event set whenever there may be news, and one set once the worker is gone."""
    wake, gone = asyncio.Event(), asyncio.Event()
    tasks = (
        asyncio.create_task(watch(folder, wake)),
        asyncio.create_task(wait_for_end(folder, wake, gone)),
    )
    try:
        # The watch begins with its task's first step: nothing is written unseen after the first read.
        await asyncio.sleep(0)
        yield wake, gone
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def wait_for_end(folder: RunFolder, wake: asyncio.Event, gone: asyncio.Event) -> None:
    await left(folder)
    gone.set()
    wake.set()


async def watch(folder: RunFolder, wake: asyncio.Event) -> None:
    try:
        await watch_natively(folder, wake, polling=False)
    except OSError:
        # The system's limit of watches is reached; asking is the only way left.
        await watch_natively(folder, wake, polling=True)


async def watch_natively(folder: RunFolder, wake: asyncio.Event, polling: bool) -> None:
    async for _ in awatch(
        folder.path,
        watch_filter=is_event_file,
        debounce=LONGEST_BATCH,
        step=STEP,
        rust_timeout=RECONCILE,
        yield_on_timeout=True,
        force_polling=polling,
        recursive=False,
    ):
        wake.set()


def is_event_file(_: Change, path: str) -> bool:
    return path.endswith(EVENTS)
