"""Runs that were: rerun one, rerun what is stale, stop one."""

from typing import Any

from dspy_lens.lsp.asking import DECLINED, choose, find_run, named_run
from dspy_lens.lsp.commands.running import Argument, started
from dspy_lens.lsp.protocol import refusal
from dspy_lens.lsp.session import Session
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Run, Verb
from dspy_lens.values.standing import Stale


async def rerun(session: Session, argument: Argument) -> Argument | Refused:
    """The same optimizer, parameters and seed on what the source says now."""
    run = await last_run(session, argument)
    if isinstance(run, Refused):
        return run
    given = {key: it for key, it in argument.items() if key not in ("run", "target")}
    return await started(session, {**again(run), **given}, "")


async def last_run(session: Session, argument: Argument) -> Run | Refused:
    if argument.get("run") or argument.get("target"):
        return await named_run(session, argument)
    runs = await session.workspace.runs()
    return runs[0] if runs else Refused("missing", "There is no run yet. Optimize a signature first.")


def again(run: Run) -> dict[str, Any]:
    """The request that a run came from, as far as its recipe tells; models come from the settings."""
    request: dict[str, Any] = {"target": run.target, "verb": run.verb, "seed": run.recipe.seed}
    if run.verb is Verb.OPTIMIZE:
        request |= {"optimizer": run.recipe.optimizer, "parameters": run.recipe.parameters}
    elif run.verb is Verb.DRAFT:
        request |= {"drafts": run.recipe.parameters["drafts"]}
    return request


async def rerun_stale(session: Session, argument: Argument) -> Argument | Refused:
    """Starts every stale target again; what was refused is left out, with the reason."""
    snapshot = await session.snapshot()
    answer: Argument = {"runs": [], "left_out": []}
    for target in await snapshot.all_targets():
        standing = await session.workspace.standing(target, snapshot)
        if not isinstance(standing, Stale):
            continue
        one = await started(session, {**again(standing.run), **argument}, "")
        if isinstance(one, Refused):
            answer["left_out"].append({"target": target.name, **refusal(one)["refused"]})
        else:
            answer["runs"].append(one["run"])
    return answer


async def cancel(session: Session, argument: Argument) -> Argument | Refused:
    """Stops a run, which keeps its best; with several going on, asks which."""
    run = await running_one(session, argument)
    if isinstance(run, Refused):
        return run
    if not await session.workspace.cancel(run.id):
        return Refused(
            "missing", f"Run {run.id} is not running any more. `dspy-lens show {run.id}` tells how it ended."
        )
    return {"run": run.id, "cancelled": True}


async def running_one(session: Session, argument: Argument) -> Run | Refused:
    if isinstance(named := argument.get("run"), str):
        found = await find_run(session, named)
        return found or Refused("missing", f"There is no run {named}. `dspy-lens runs` lists what there is.")
    going_on = [it for it in session.workspace.running if argument.get("target") in (None, it.target)]
    if not going_on:
        return Refused("missing", "No run is going on. `dspy-lens runs` lists what there is.")
    if len(going_on) == 1:
        return going_on[0]
    titles = {f"{it.target.partition(':')[2]} · {it.id}": it for it in going_on}
    picked = await choose(session, "Which run shall stop?", list(titles))
    return titles[picked] if picked is not None else DECLINED
