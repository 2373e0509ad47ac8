"""The table of runs: what was asked for, how far it is, what became of it."""

import shutil
import sqlite3
from asyncio import to_thread
from collections.abc import Sequence
from pathlib import Path

import aiosqlite

from dspy_lens.store.database import Database
from dspy_lens.store.folding import Story, fold, news
from dspy_lens.store.rows import candidate_from, candidate_text, row_of, run_from, trial_from
from dspy_lens.values.run import Run, RunState, Verb
from dspy_lens.values.trial import Candidate, Trial
from dspy_lens_worker import messages
from dspy_lens_worker.messages import AnyEvent

ADD = """
    insert into run (id, target, key, verb, state, created, started, finished,
                     recipe, caps, progress, usage, outcome)
         values (:id, :target, :key, :verb, :state, :created, :started, :finished,
                 :recipe, :caps, :progress, :usage, :outcome)
    on conflict (id) do nothing
"""

BY_ID = "select * from run where id = :id"

NEWEST = """
    select * from run
     where (:target is null or target = :target)
  order by number desc limit :limit
"""


# A dry run, which alone has parameters without an optimizer, says nothing of how a target stands; nor do drafts.
LATEST_ALL = """
    select * from run
     where number in (
        select max(number) from run
         where verb <> 'draft' and (verb <> 'evaluate' or json_extract(recipe, '$.parameters') = '{}')
         group by target)
"""


FINISHED_WITH = """
    select * from run
     where key = :key and state = 'succeeded' and (:verb is null or verb = :verb)
  order by number desc limit 1
"""

INTERRUPTED_WITH = """
    select * from run
     where key = :key and state in ('stopped', 'lost', 'failed')
  order by number desc limit 1
"""

UNFINISHED = "select * from run where state in ('queued', 'running') order by number"

SET_STATE = """
    update run set state = :state, started = coalesce(:started, started)
     where id = :id and state in ('queued', 'running')
 returning *
"""

OFFSET = "select offset, sequence from run where id = :id"

RECORD = """
    update run
       set state = :state, started = :started, finished = :finished, progress = :progress,
           usage = :usage, candidate = :candidate, outcome = :outcome,
           sequence = :sequence, offset = max(offset, :offset)
     where id = :id
"""

ADD_TRIAL = """
    insert into trial (run, number, score, is_full, best, at)
         values (:run, :number, :score, :is_full, :best, :at)
    on conflict (run, number) do update
            set score = excluded.score, is_full = excluded.is_full, best = excluded.best, at = excluded.at
"""

ADD_CHARGE = """
    insert into charge (run, sequence, at, target, role, model, input, output, micros)
         values (:run, :sequence, :at, :target, :role, :model, :input, :output, :micros)
    on conflict (run, sequence) do nothing
"""

TRIALS = "select * from trial where run = :id order by number"

CLEAR = """
    delete from run
     where state not in ('queued', 'running') and (:before is null or created < :before)
 returning id
"""


class RunTable(Database):
    """Runs, their trials and what their events made of them."""

    async def add_run(self, run: Run) -> None:
        """Remembers a run; one that is known already stays as it is."""
        async with self.transaction() as db:
            await db.execute(ADD, row_of(run))

    async def run(self, id: str) -> Run | None:
        row = await self.fetch_one(BY_ID, {"id": id})
        return run_from(row) if row else None

    async def runs(self, target: str | None = None, limit: int = 1000) -> tuple[Run, ...]:
        """Runs of one target or of all, the newest first."""
        return values(await self.fetch(NEWEST, {"target": target, "limit": limit}))

    async def latest_all(self) -> dict[str, Run]:
        """The newest run of each target, waiting and running ones included."""
        return {it.target: it for it in values(await self.fetch(LATEST_ALL))}

    async def finished_with(self, key: str, verb: Verb | None = None) -> Run | None:
        """The newest run of this recipe that succeeded."""
        row = await self.fetch_one(FINISHED_WITH, {"key": key, "verb": verb})
        return run_from(row) if row else None

    async def interrupted_with(self, key: str) -> Run | None:
        """The newest run of this recipe that ended early: stopped, failed or lost."""
        row = await self.fetch_one(INTERRUPTED_WITH, {"key": key})
        return run_from(row) if row else None

    async def unfinished(self) -> tuple[Run, ...]:
        """Runs that wait or go on, the oldest first."""
        return values(await self.fetch(UNFINISHED))

    async def set_state(self, id: str, state: RunState, started: float | None = None) -> Run | None:
        """Moves an unfinished run to another state; None when there is no such run or it has finished."""
        async with self.transaction() as db:
            rows = await db.execute_fetchall(SET_STATE, {"id": id, "state": state, "started": started})
        return next(iter(values(list(rows))), None)

    async def offset(self, id: str) -> int:
        """How far into the run's event file the store has read."""
        return (await self.place(id))[0]

    async def place(self, id: str) -> tuple[int, int]:
        """The offset, and the sequence of the last event before it."""
        row = await self.fetch_one(OFFSET, {"id": id})
        return (row["offset"], row["sequence"]) if row else (0, 0)

    async def record(self, id: str, events: Sequence[AnyEvent], offset: int) -> Run | None:
        """The run after these events, in one transaction with trials and charges; None if it is unknown.

        An event that was recorded before changes nothing, so a batch may come again.
        """
        async with self.transaction() as db:
            row = await first(db, BY_ID, {"id": id})
            if row is None:
                return None
            story = Story(run_from(row), candidate_from(row["candidate"]), row["sequence"])
            for event in news(story, events):
                await remember(db, story.run, event)
                story = fold(story, event)
            await db.execute(RECORD, recorded(story, offset))
        return story.run

    async def trials(self, id: str) -> tuple[Trial, ...]:
        return tuple(trial_from(it) for it in await self.fetch(TRIALS, {"id": id}))

    async def candidate(self, id: str) -> Candidate | None:
        """The newest candidate that the run kept."""
        row = await self.fetch_one(BY_ID, {"id": id})
        return candidate_from(row["candidate"]) if row else None

    async def clear(self, folder: Path, before: float | None = None) -> int:
        """Forgets finished runs (those made before `before`) with their folders; the ledger stays.

        Says how many.
        """
        async with self.transaction() as db:
            ids = [row["id"] for row in await db.execute_fetchall(CLEAR, {"before": before})]
        for id in ids:
            await to_thread(shutil.rmtree, folder / id, ignore_errors=True)
        return len(ids)


def values(rows: Sequence[sqlite3.Row]) -> tuple[Run, ...]:
    return tuple(run_from(row) for row in rows)


async def first(db: aiosqlite.Connection, sql: str, parameters: dict[str, object]) -> sqlite3.Row | None:
    return next(iter(await db.execute_fetchall(sql, parameters)), None)


def recorded(story: Story, offset: int) -> dict[str, object]:
    kept = ("id", "state", "started", "finished", "progress", "usage", "outcome")
    row = row_of(story.run)
    return {
        **{name: row[name] for name in kept},
        "candidate": candidate_text(story.candidate),
        "sequence": story.sequence,
        "offset": offset,
    }


async def remember(db: aiosqlite.Connection, run: Run, event: AnyEvent) -> None:
    """Writes what an event adds beside its run: a trial, a charge."""
    match event:
        case messages.Trial():
            await db.execute(
                ADD_TRIAL,
                {
                    "run": run.id,
                    "number": event.number,
                    "score": event.score,
                    "is_full": event.full,
                    "best": event.best,
                    "at": event.at,
                },
            )
        case messages.Usage(charge=messages.Charge() as charge):
            stamp = {"run": run.id, "target": run.target, "sequence": event.sequence, "at": event.at}
            await db.execute(ADD_CHARGE, {**stamp, **charge.model_dump()})
        case _:
            pass
