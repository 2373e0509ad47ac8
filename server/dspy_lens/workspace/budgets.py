"""Whether a run fits into its caps and into the budget of its period."""

from datetime import datetime

from dspy_lens.runs.budget import Allowed, decide, period_start
from dspy_lens.store.store import Store
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.money import Micros
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Caps
from dspy_lens.values.settings import Settings


async def allowed(store: Store, settings: Settings, estimate: Estimate, caps: Caps) -> Allowed | Refused:
    """The caps under which the run may start: never more than the budget still holds."""
    budget = settings.budget
    if budget is None:
        return decide(estimate, caps, None, Micros(0), Micros(0))
    spent = await store.spent(period_start(budget, datetime.now().astimezone()))
    return decide(estimate, caps, budget, spent, await store.committed())
