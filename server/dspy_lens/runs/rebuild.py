"""Filling an empty store from the run folders, after a damaged one was set aside."""

import asyncio
from pathlib import Path

from dspy_lens.runs.events import Place
from dspy_lens.runs.folder import RunFolder
from dspy_lens.store.store import Store
from dspy_lens.values.money import Micros
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.run import Caps, Run, RunState, Verb
from dspy_lens_worker.messages import ORDER, Order


async def rebuild(store: Store, runs: Path) -> int:
    """Adds every run that has a folder with a sound order; says how many.

    What was charged comes from the event files, and from the damaged file as far as it can be read.
    """
    await store.salvage()
    found = await asyncio.to_thread(
        lambda: sorted(runs.glob(f"*/{ORDER}"), key=lambda it: it.stat().st_mtime)
    )
    count = 0
    for path in found:
        folder = RunFolder(path.parent)
        order = await asyncio.to_thread(folder.order)
        if order is not None and (run := run_of(order, path.stat().st_mtime)):
            await store.add_run(run)
            await replay(store, folder)
            count += 1
    return count


async def replay(store: Store, folder: RunFolder) -> None:
    """Records all that a run's event file says."""
    place = Place()
    while True:
        batch = await asyncio.to_thread(folder.read, place)
        await store.record(folder.id, batch.events, batch.offset)
        if batch.finished or batch.place.offset == place.offset:
            return
        place = batch.place


def run_of(order: Order, created: float) -> Run | None:
    """The run that an order asked for; None where its recipe is not inside."""
    try:
        recipe = Recipe.from_parts(order.provenance)
    except (KeyError, TypeError):
        return None
    caps = order.caps
    return Run(
        id=order.run,
        target=order.target.name,
        verb=Verb(order.verb),
        state=RunState.QUEUED,
        recipe=recipe,
        created=created,
        caps=Caps(
            dollars=None if caps.micros is None else Micros(caps.micros),
            calls=caps.calls,
            tokens=caps.tokens,
            minutes=None if caps.seconds is None else caps.seconds / 60,
        ),
    )
