"""Money, memory, health and trust of a workspace."""

from lsprotocol import types

from dspy_lens.lsp.asking import DECLINED, choose
from dspy_lens.lsp.commands.running import Argument
from dspy_lens.lsp.session import Session
from dspy_lens.values.money import dollars, shown
from dspy_lens.values.request import Refused

GROUPS = ("run", "model", "role", "month")
PRICED = "US dollars, at the price of each call when it was made."


async def spend(session: Session, argument: Argument) -> Argument | Refused:
    """What was spent, by run, model, role or month; with what is left of the budget."""
    by = argument.get("by") or "month"
    if by not in GROUPS:
        return Refused("used", f"Spending is shown by {', '.join(GROUPS)}. Name one of them.")
    month = await session.workspace.spent_this_month()
    if not session.tells_refusals:
        session.say(f"{shown(month)} spent this month.")
    rows = await session.workspace.spending(by)
    return {
        "by": by,
        "rows": [dict(it) for it in rows],
        "this_month": dollars(month),
        "currency": "USD",
        "note": PRICED,
        "budget": await session.workspace.budget(),
    }


async def clear(session: Session, argument: Argument) -> Argument | Refused:
    """Forgets results, cached calls, or both; never what was spent."""
    runs, cache = bool(argument.get("runs")), bool(argument.get("cache"))
    if not (runs or cache):
        choices = ["Results", "Cached calls", "Both"]
        picked = await choose(
            session, "What shall be forgotten? The ledger of what was spent stays.", choices
        )
        if picked is None:
            return DECLINED
        runs, cache = picked in ("Results", "Both"), picked in ("Cached calls", "Both")
    older = argument.get("older")
    days = float(older) if isinstance(older, int | float) else None
    return await session.workspace.clear(runs=runs, cache=cache, older_days=days)


async def doctor(session: Session, argument: Argument) -> Argument:
    """What a run needs here, and whether it is there."""
    checks = await session.workspace.doctor(session.environment)
    wrong = [it for it in checks if not it.ok]
    if session.client != "terminal":
        kind = types.MessageType.Warning if wrong else types.MessageType.Info
        session.say(" ".join(it.message for it in wrong) or "DSPy Lens finds nothing wrong here.", kind)
    return {
        "ok": not wrong,
        "checks": [{"name": it.name, "ok": it.ok, "message": it.message} for it in checks],
    }


async def install(session: Session, argument: Argument) -> Argument | Refused:
    """What chosen optimizers need and the user's Python lacks, with the command that installs it. Nothing is run."""
    missing = await session.workspace.missing_everywhere(await session.snapshot())
    if missing is None and session.client != "terminal":
        session.say("No optimizer that is chosen here lacks a package.")
    return missing or {"missing": []}


async def trust(session: Session, argument: Argument) -> Argument:
    """Lets runs execute this workspace's code from now on. The command itself is the yes."""
    await session.workspace.consent.trust()
    return {"trusted": True}
