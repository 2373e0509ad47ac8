"""Starting a run: plan, ask what must be asked, start."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from dspy_lens.lsp.asking import DECLINED, agreed, choose, named_target
from dspy_lens.lsp.lenses import joined
from dspy_lens.lsp.session import Session
from dspy_lens.values.definition import Definition
from dspy_lens.values.figures import estimated
from dspy_lens.values.request import Answered, Question, Refused, RunRequest
from dspy_lens.values.run import Run, Verb
from dspy_lens.workspace.choices import choices

Argument = dict[str, Any]
RESTRICTED = Refused("untrusted", "This folder is not trusted in this window. Trust it there, then run it.")
DRY = 3  # examples that a dry run asks
NOT_OURS = ("uri", "line", "run")  # what clients add to find the folder that a command belongs to
Plan = TypeVar("Plan")
Asked = TypeVar("Asked", bound=RunRequest)


async def optimize(session: Session, argument: Argument) -> Argument | Refused:
    return await started(session, {**argument, "verb": Verb.OPTIMIZE}, "Which one shall be optimized?")


async def evaluate(session: Session, argument: Argument) -> Argument | Refused:
    return await started(session, {**argument, "verb": Verb.EVALUATE}, "Which one shall be evaluated?")


async def dry_run(session: Session, argument: Argument) -> Argument | Refused:
    """Asks a few examples, after its own price was shown and agreed to."""
    name = await named_target(session, argument.get("target"), "Of which one shall three examples be asked?")
    if isinstance(name, Refused):
        return name
    given = {"sample": DRY, **argument, "target": name, "verb": Verb.EVALUATE}
    request = request_of(given)
    refused = await price_agreed(session, request, f"A dry run asks {request.sample} examples")
    return refused or await started(session, given, "")


async def price_agreed(session: Session, request: RunRequest, what: str) -> Refused | None:
    """Shows what a run of its own would take and asks, whatever the threshold; a refusal where that was a no.

    Nothing is asked where it has run before, or where it will not be started anyway.
    """
    if request.yes or session.restricted or await session.workspace.finished(request) is not None:
        return None
    planned = await session.workspace.plan(request)
    if isinstance(planned, Refused):
        return planned
    question = f"{what} ({estimated(planned.estimate)}). Start it?"
    return None if await agreed(session, Question("spend", question, "Start")) else DECLINED


async def optimize_with(session: Session, argument: Argument) -> Argument | Refused:
    """Asks for the optimizer, each with what it would take."""
    name = await named_target(session, argument.get("target"), "Which one shall be optimized?")
    if isinstance(name, Refused):
        return name
    if argument.get("optimizer") is None:
        picked = await ask_optimizer(session, request_of({**argument, "target": name}))
        if isinstance(picked, Refused):
            return picked
        argument = {**argument, **picked}
    return await optimize(session, {**argument, "target": name})


async def ask_optimizer(session: Session, request: RunRequest) -> Argument | Refused:
    """The optimizer and its parameters: the cheapest, the recommended and the strongest choice come first."""
    found = await choices(session.workspace.plan, request)
    if isinstance(found, Refused):
        return found
    titles = {
        joined(*(it.roles and (" and ".join(it.roles),)), it.contender, estimated(it.estimate)): it
        for it in sorted(found.offers, key=lambda it: not it.roles)
    }
    picked = await choose(session, "With which optimizer?", list(titles))
    if picked is None:
        return DECLINED
    return {"optimizer": titles[picked].optimizer, "parameters": titles[picked].parameters}


async def started(session: Session, argument: Argument, message: str) -> Argument | Refused:
    """`{"run"}` of a run that was started, goes on already, or is answered from the store."""
    if session.restricted:
        return RESTRICTED
    name = await named_target(session, argument.get("target"), message)
    if isinstance(name, Refused):
        return name
    request = request_of({**argument, "target": name})
    if (unsaved := await refuse_unsaved(session, name)) is not None:
        return unsaved
    if (without := await refuse_without_examples(session, name, request.yes)) is not None:
        return without
    # First of all, since a plan has to be measured, which takes seconds in a fresh daemon.
    if (done := await session.workspace.finished(request)) is not None:
        return {"run": done.id, "target": done.target, "stored": True}
    agreed_to = await agreed_plan(session, request, session.workspace.plan, session.workspace.questions)
    if isinstance(agreed_to, Refused):
        return agreed_to
    planned, request = agreed_to
    match await session.workspace.start(planned, request, session.environment):
        case Refused() as refused:
            return refused
        case Answered(run):
            return {"run": run.id, "target": run.target, "stored": True}
        case Run() as run:
            session.started.add(run.id)
            return {"run": run.id, "target": run.target, "stored": False}


def request_of(argument: Argument) -> RunRequest:
    return RunRequest.model_validate({key: it for key, it in argument.items() if key not in NOT_OURS})


async def agreed_plan(
    session: Session,
    request: Asked,
    plan: Callable[[Asked], Awaitable[Plan | Refused]],
    questions: Callable[[Plan, Asked], Awaitable[Sequence[Question]]],
) -> tuple[Plan, Asked] | Refused:
    """The plan, once every question about it is answered with yes, and the request as the answers left it."""
    while True:
        planned = await plan(request)
        if isinstance(planned, Refused):
            return planned
        learnt = False
        for question in await questions(planned, request):
            if question.kind == "budget":
                if (refused := await over_budget(session, question, request)) is not None:
                    return refused
                request = request.model_copy(update={"over_budget": True})
            elif not request.yes and not await agreed(session, question):
                return DECLINED
            await session.workspace.consent.agree(question)
            if question.kind in ("trust", "interpreter"):
                learnt = True
                break
        # Only what may be started tells its DSPy and its prices: what follows is planned and asked anew.
        if not learnt:
            return planned, request


async def over_budget(session: Session, question: Question, request: RunRequest) -> Refused | None:
    """Why the budget stands: a terminal says so by an option, and a general yes does not mean money beyond it."""
    if session.client == "terminal":
        return Refused("budget", f"{question.message} `--over-budget` starts it all the same.")
    if request.yes:
        return Refused("budget", question.message)
    return None if await agreed(session, question) else DECLINED


async def refuse_without_examples(session: Session, name: str, yes: bool) -> Refused | None:
    """Gets examples that are elsewhere, after a yes; a refusal where that is not to be."""
    from dspy_lens.lsp.commands.getting import get_all

    snapshot = await session.snapshot()
    found = snapshot.find(name)
    target = await snapshot.target(found.name) if isinstance(found, Definition) else None
    got = await get_all(session, target.wanted, yes) if target is not None and target.wanted else []
    return got if isinstance(got, Refused) else None


async def refuse_unsaved(session: Session, name: str) -> Refused | None:
    """A run is made of saved files; a refusal when this window holds another text of one it needs."""
    await session.saved()
    snapshot = await session.snapshot()
    found = snapshot.find(name)
    if not isinstance(found, Definition):
        return None
    target = await snapshot.target(found.name)
    paths = {found.span.path, *(it.path for it in found.pieces)}
    if target is not None:
        paths |= {it.path for it in target.metric.pieces} if target.metric else set()
        paths |= set(target.examples.files) if target.examples else set()
    unsaved = await session.documents.unsaved(frozenset(paths))
    if not unsaved:
        return None
    verb = "has" if len(unsaved) == 1 else "have"
    return Refused("unsaved", f"{' and '.join(unsaved)} {verb} unsaved changes. Save and try again.")
