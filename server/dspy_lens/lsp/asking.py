"""Questions to the user, by `window/showMessageRequest`: a few choices, the most useful first."""

from collections.abc import Sequence

from lsprotocol import types

from dspy_lens.lsp.session import Session
from dspy_lens.values.definition import Definition
from dspy_lens.values.request import Question, Refused
from dspy_lens.values.run import Run

MOST = 5  # buttons that a message can bear
DECLINED = Refused("declined", "Nothing was started, since the question was answered with no.")


async def choose(session: Session, message: str, choices: Sequence[str]) -> str | None:
    """The choice that was picked; None when the question was closed or could not be asked."""
    actions = [types.MessageActionItem(title=it) for it in choices[:MOST]]
    params = types.ShowMessageRequestParams(type=types.MessageType.Info, message=message, actions=actions)
    answer = await session.ask(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
    title = answer.get("title") if isinstance(answer, dict) else None
    return title if title in choices else None


async def agreed(session: Session, question: Question) -> bool:
    return await choose(session, question.message, [question.yes]) == question.yes


async def named_target(session: Session, named: object, message: str = "Which one?") -> str | Refused:
    """The target that an argument names; one that names none is asked about, the nearest first."""
    if isinstance(named, str) and named:
        return named
    snapshot = await session.snapshot()
    here = [it.path for it in session.documents][::-1]
    every = sorted(
        (it for it in snapshot.project.all()),
        key=lambda it: (here.index(it.span.path) if it.span.path in here else len(here), it.span),
    )
    if not every:
        return Refused("missing", "There is no signature or program here. Open a folder that uses DSPy.")
    if len(every) == 1:
        return every[0].name
    picked = await choose(session, message, [it.name for it in every])
    return picked if picked is not None else DECLINED


async def named_run(
    session: Session, argument: dict[str, object], message: str = "Which run?"
) -> Run | Refused:
    """The run that an argument names, the newest of the target it names, or the one that the user picks."""
    if isinstance(named := argument.get("run"), str) and named:
        found = await find_run(session, named)
        return found or Refused("missing", f"There is no run {named}. `dspy-lens runs` lists what there is.")
    if isinstance(target := argument.get("target"), str) and target:
        return await newest_of(session, target)
    runs = await session.workspace.runs()
    if not runs:
        return Refused("missing", "There is no run yet. Optimize a signature first.")
    if len(runs) == 1:
        return runs[0]
    titles = {f"{it.target.partition(':')[2]} · {it.state} · {it.id}": it for it in runs[:MOST]}
    picked = await choose(session, message, list(titles))
    return titles[picked] if picked is not None else DECLINED


async def find_run(session: Session, named: str) -> Run | None:
    """The run of this id, or of the only id that ends or begins so."""
    if (run := await session.workspace.run(named)) is not None:
        return run
    fits = [it for it in await session.workspace.runs() if it.id.startswith(named) or it.id.endswith(named)]
    return fits[0] if len(fits) == 1 else None


async def newest_of(session: Session, target: str) -> Run | Refused:
    snapshot = await session.snapshot()
    found = snapshot.find(target)
    name = found.name if isinstance(found, Definition) else target
    runs = await session.workspace.runs(name)
    return runs[0] if runs else Refused("missing", f"{target} has no run yet. Optimize it first.")
