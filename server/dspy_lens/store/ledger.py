"""The ledger of what was spent; it outlives the runs."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from dspy_lens.store.database import Database
from dspy_lens.values.estimate import Share
from dspy_lens.values.money import Micros, dollars

SPENT = "select coalesce(sum(micros), 0) as micros from charge where at >= :since"

# What runs that wait or go on may still spend, by their caps.
COMMITTED = """
    select coalesce(sum(max(0, cap - spent)), 0) as micros
      from (select json_extract(caps, '$.dollars') as cap,
                   (select coalesce(sum(micros), 0) from charge where charge.run = run.id) as spent
              from run where state in ('queued', 'running'))
     where cap is not null
"""

SUMS = """
           count(*) as requests, sum(input) as input, sum(output) as output,
           sum(micros) as micros, sum(micros is null) as unpriced, max(at) as at
"""

SPENDING = {
    "run": f"select run as name, target, {SUMS} from charge group by run order by at desc",
    "model": f"select model as name, null as target, {SUMS} from charge group by model order by micros desc",
    "role": f"select role as name, null as target, {SUMS} from charge group by role order by micros desc",
    "month": f"""
        select strftime('%Y-%m', at, 'unixepoch', 'localtime') as name, null as target, {SUMS}
          from charge group by name order by name desc
    """,
}

CHARGES = "select run, sequence, at, target, role, model, input, output, micros from charge"

BY_ROLE = """
    select run, role, count(*) as requests, coalesce(sum(input), 0) as input, coalesce(sum(output), 0) as output,
           max(at) - min(at) as seconds
      from charge where target = :target group by run, role
"""

KEEP_CHARGE = """
    insert into charge (run, sequence, at, target, role, model, input, output, micros)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (run, sequence) do nothing
"""


class Ledger(Database):
    """Charges: one for each billed request."""

    async def spent(self, since: float = 0.0) -> Micros:
        """What was spent since a moment, in seconds since the epoch; requests without a price count 0."""
        row = await self.fetch_one(SPENT, {"since": since})
        return Micros(row["micros"] if row else 0)

    async def committed(self) -> Micros:
        """What unfinished runs may still spend by their caps."""
        row = await self.fetch_one(COMMITTED)
        return Micros(row["micros"] if row else 0)

    async def spending(self, by: str = "run") -> tuple[dict[str, Any], ...]:
        """The ledger summed by run, model, role or month, as JSON; raises ValueError for another word.

        `dollars` is null where no request had a price; `unpriced` counts requests without one.
        """
        if by not in SPENDING:
            raise ValueError(f"Spending is summed by {', '.join(SPENDING)}, not by {by}.")
        return tuple(
            {
                "name": row["name"],
                **({"target": row["target"]} if by == "run" else {}),
                "requests": row["requests"],
                "tokens": {"input": row["input"], "output": row["output"]},
                "dollars": None if row["micros"] is None else dollars(Micros(row["micros"])),
                "unpriced": row["unpriced"],
                "at": row["at"],
            }
            for row in await self.fetch(SPENDING[by])
        )

    async def by_role(self, target: str) -> dict[str, dict[str, Share]]:
        """What each run of a target was billed for, by role."""
        found: dict[str, dict[str, Share]] = {}
        for row in await self.fetch(BY_ROLE, {"target": target}):
            found.setdefault(row["run"], {})[row["role"]] = Share(
                row["requests"], row["input"], row["output"], row["seconds"]
            )
        return found

    async def salvage(self) -> int:
        """Takes over the charges of the damaged database, as far as they can be read; says how many."""
        if self.damaged is None:
            return 0
        rows = await asyncio.to_thread(readable_charges, self.damaged)
        async with self.transaction() as db:
            await db.executemany(KEEP_CHARGE, rows)
        return len(rows)


def readable_charges(path: Path) -> list[tuple[Any, ...]]:
    """The charges in a damaged file up to the first place that cannot be read."""
    rows: list[tuple[Any, ...]] = []
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as db:
        for row in db.execute(CHARGES):
            rows.append(row)  # noqa: PERF402 - what came before the damage is kept
    return rows
