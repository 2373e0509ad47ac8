"""The ledger of what was spent; it outlives the runs."""

from typing import Any, Literal

from dspy_lens.store.database import Database
from dspy_lens.values.money import Micros, dollars

By = Literal["run", "model", "month"]

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
    "month": f"""
        select strftime('%Y-%m', at, 'unixepoch', 'localtime') as name, null as target, {SUMS}
          from charge group by name order by name desc
    """,
}


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
        """The ledger summed by run, model or month, as JSON; raises ValueError for another word.

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
