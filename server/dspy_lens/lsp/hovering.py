"""The hover of a place in the source: what is known of its target, gathered."""

import asyncio
import time
from dataclasses import replace
from typing import Any

from lsprotocol import types

from dspy_lens.lsp.cursor import cursor
from dspy_lens.lsp.hovers import Known, behind, hover
from dspy_lens.lsp.navigation import starts_at, target_at
from dspy_lens.lsp.protocol import event_json, remarks_json
from dspy_lens.lsp.session import Session
from dspy_lens.pages.advice import advice
from dspy_lens.pages.cautions import telling
from dspy_lens.pages.record import record_of
from dspy_lens.source.python import PYTHON
from dspy_lens.values.run import Run
from dspy_lens.values.standing import Never
from dspy_lens.values.target import Target
from dspy_lens.workspace import Snapshot
from dspy_lens.workspace.standings import current_instructions
from dspy_lens_worker.messages import Trial

MOST_REMARKS = 4  # of each kind in a hover; the result page has them all


async def source_hover(session: Session, uri: str, position: types.Position) -> str | None:
    """Markdown of the targets that begin in this line, else of the signature behind the place."""
    snapshot = await session.snapshot()
    at = await cursor(session, uri, position)
    if at is None:
        return None
    here = [it for it in await snapshot.targets(at.path) if starts_at(it.definition.span, at.cell, at.line)]
    if here:
        return "\n\n---\n\n".join([await hover_text(session, snapshot, it) for it in here])
    target = await target_at(snapshot, at) if at.path.endswith(PYTHON) else None
    return behind(target.definition) if target else None


async def hover_text(session: Session, snapshot: Snapshot, target: Target) -> str:
    workspace = session.workspace
    target = replace(target, problems=snapshot.shown(await workspace.told(target, snapshot)))
    standing = await workspace.standing(target, snapshot)
    if isinstance(standing, Never):
        return hover(target, Known(standing, await workspace.estimate_known(target, snapshot)), time.time())
    run = standing.run
    known = Known(
        standing,
        await workspace.estimated(run.id),
        [event_json(it) for it in await workspace.events(run.id) if isinstance(it, Trial)],
        program=await workspace.program(run.id),
        instructions=current_instructions(target.definition),
        remarks=await remarks_of(session, run) if run.state.finished else {},
        pictures=session.shows_pictures,
    )
    return hover(target, known, time.time())


async def remarks_of(session: Session, run: Run) -> dict[str, Any]:
    """Cautions and advice for a hover: those that say more than the hover does anyway."""
    record = await record_of(session.workspace, run)
    said = await asyncio.to_thread(lambda: remarks_json(telling(record), advice(record)))
    return {name: it[:MOST_REMARKS] for name, it in said.items()}
