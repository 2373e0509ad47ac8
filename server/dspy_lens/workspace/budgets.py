"""Whether a run fits into its caps and into the budget of its period."""

from datetime import datetime
from typing import Any

from dspy_lens.runs.budget import Allowed, decide, period_start
from dspy_lens.store.store import Store
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.money import FREE, Micros, dollars
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Caps
from dspy_lens.values.settings import Settings


async def allowed(
    store: Store,
    settings: Settings,
    estimate: Estimate,
    caps: Caps,
    *,
    over: bool = False,
    taken: Micros = FREE,
) -> Allowed | Refused:
    """The caps under which the run may start: never more than the budget still holds, unless `over` it.

    `taken` is what runs that are about to start may spend.
    """
    budget = settings.budget
    if budget is None or over:
        return decide(estimate, caps, None, Micros(0), Micros(0))
    spent = await store.spent(period_start(budget.per, datetime.now().astimezone()))
    return decide(estimate, caps, budget, spent, Micros(await store.committed() + taken))


async def budget_left(store: Store, settings: Settings) -> dict[str, Any] | None:
    """The budget as JSON, in dollars: what its period has spent, and what running runs may still spend."""
    if settings.budget is None:
        return None
    spent = await store.spent(period_start(settings.budget.per, datetime.now().astimezone()))
    committed = await store.committed()
    left = max(0.0, settings.budget.dollars - dollars(spent) - dollars(committed))
    return {
        "dollars": settings.budget.dollars,
        "per": settings.budget.per,
        "spent": dollars(spent),
        "committed": dollars(committed),
        "left": round(left, 6),
    }
