"""*Compare Optimizers and Models*: runs what has not been run yet, after one price for all, and then compares."""

from collections.abc import Sequence
from typing import Any

from dspy_lens.lsp.asking import DECLINED, choose, named_target
from dspy_lens.lsp.commands.drafting import end_of
from dspy_lens.lsp.commands.looking import compare
from dspy_lens.lsp.commands.running import (
    NOT_OURS,
    RESTRICTED,
    Argument,
    agreed_plan,
    refuse_unsaved,
    refuse_without_examples,
)
from dspy_lens.lsp.protocol import range_json, refusal
from dspy_lens.lsp.session import Session
from dspy_lens.values.estimate import ZERO
from dspy_lens.values.figures import count_range, headline, held_out, money_range, score
from dspy_lens.values.request import Answered, ContestRequest, Refused, RunRequest
from dspy_lens.values.run import Run
from dspy_lens.workspace.choices import Offer, choices
from dspy_lens.workspace.contest import Contest, Entry, contest, questions

SHOW = "Show Comparison"


async def compare_with(session: Session, argument: Argument) -> Argument | Refused:
    """Starts a run for each optimizer with each model; `{"runs"}` at once, the comparison when all have ended."""
    if session.restricted:
        return RESTRICTED
    name = await named_target(session, argument.get("target"), "Whose optimizers shall be compared?")
    if isinstance(name, Refused):
        return name
    given = {key: it for key, it in argument.items() if key not in NOT_OURS}
    request = ContestRequest.model_validate({**given, "target": name})
    refused = await refuse_unsaved(session, name) or await refuse_without_examples(session, name, request.yes)
    if refused is not None:
        return refused
    if not (request.optimizers or request.models):
        picked = await ask_contenders(session, request)
        if isinstance(picked, Refused):
            return picked
        request = request.model_copy(update={"optimizers": picked})
    agreed_to = await agreed_plan(
        session,
        request,
        lambda asked: contest(session.workspace, asked),
        lambda found, asked: questions(session.workspace, found, asked),
    )
    if isinstance(agreed_to, Refused):
        return agreed_to
    found, request = agreed_to
    return await started(session, found, request.over_budget)


async def ask_contenders(session: Session, request: ContestRequest) -> list[str] | Refused:
    """The optimizers that the user picks: those that stand out, or all that work here."""
    alone = RunRequest(**request.model_dump(include={"target", "model", "prompt_model"}, exclude_none=True))
    found = await choices(session.workspace.plan, alone)
    if isinstance(found, Refused):
        return found
    every, leading = found.offers, [it for it in found.offers if it.roles]
    titles = {
        f"The cheapest, the recommended and the strongest: {told(leading)}": leading,
        f"All that work here: {told(every)}": every,
    }
    picked = await choose(session, "Which optimizers shall be compared?", list(titles))
    return DECLINED if picked is None else [it.contender for it in titles[picked]]


def told(offers: Sequence[Offer]) -> str:
    """`labeled, bootstrap_rs, miprov2 auto=heavy · est. $0.10–0.50`."""
    estimates = [it.estimate for it in offers]
    names = ", ".join(it.contender for it in offers) if len(offers) < 5 else f"{len(offers)} runs"
    if all(it.dollars for it in estimates) and any(it.dollars.high for it in estimates if it.dollars):
        return f"{names} · est. {money_range(sum((it.dollars for it in estimates if it.dollars), ZERO))}"
    return f"{names} · est. {count_range(sum((it.requests for it in estimates), ZERO), 'call')}"


async def started(session: Session, found: Contest, over_budget: bool) -> Argument:
    """Starts what is not stored; what was refused at the last moment is left out, with the reason."""
    answer: Argument = {"target": found.entries[0].planned.recipe.target, "runs": [], "left_out": []}
    for entry in found.entries:
        request = entry.request.model_copy(update={"over_budget": over_budget})
        match await session.workspace.start(entry.planned, request, session.environment):
            case Refused() as refused:
                answer["left_out"].append({**said(entry), **refusal(refused)["refused"]})
            case Answered(run):
                answer["runs"].append({"run": run.id, **said(entry), "stored": True})
            case Run() as run:
                answer["runs"].append({"run": run.id, **said(entry), "stored": False})
    if session.client != "terminal":
        session.own(tell_when_done(session, [it["run"] for it in answer["runs"]]))
    return {
        **answer,
        "requests": range_json(found.requests),
        "dollars": None if found.dollars is None else range_json(found.dollars),
    }


def said(entry: Entry) -> dict[str, Any]:
    estimate = entry.planned.estimate
    offer = Offer(estimate.optimizer, entry.request.parameters, estimate)
    return {"contender": offer.contender, "optimizer": estimate.optimizer, "model": estimate.model}


async def tell_when_done(session: Session, runs: Sequence[str]) -> None:
    """Offers the comparison once all of its runs have ended."""
    ended = [await end_of(session, it) for it in runs]
    results = tuple(it for it in ended if it is not None and it.state.has_result)
    if len(results) < 2:
        return  # why they failed is told where runs are
    best = max(results, key=rank)
    said = f"{best.recipe.optimizer} does best of {len(results)}: {headline(best) or 'no score'}."
    if await choose(session, said, [SHOW]) == SHOW:
        await compare(session, {"runs": [it.id for it in results]})


def rank(run: Run) -> float:
    """The held-out score; below all of them where there is none."""
    found = score(held_out(run))
    return -1.0 if found is None else found
