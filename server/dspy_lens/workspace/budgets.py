"""Whether a run fits into the budget of its period."""

import time

from dspy_lens.runs.budget import decide
from dspy_lens.store.store import Store
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Caps
from dspy_lens.values.settings import Settings


async def budget_refusal(store: Store, settings: Settings, estimate: Estimate, caps: Caps) -> Refused | None:
    """Why the budget does not allow this run, None when it does or there is no budget."""
    if settings.budget is None:
        return None
    spent = await store.spent(period_start(settings.budget.per, time.time()))
    return decide(settings.budget, spent, estimate, caps)


def period_start(per: str, now: float) -> float:
    """When the current day, week (from Monday) or month began, in local time, in seconds since the epoch."""
    it = time.localtime(now)
    day = {"day": it.tm_mday, "week": it.tm_mday - it.tm_wday, "month": 1}[per]
    return time.mktime((it.tm_year, it.tm_mon, day, 0, 0, 0, 0, 0, -1))
