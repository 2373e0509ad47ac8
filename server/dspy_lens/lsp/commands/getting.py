"""Getting examples that no file of the root holds, after a yes to each source."""

from lsprotocol import types

from dspy_lens.lsp.asking import DECLINED, agreed
from dspy_lens.lsp.commands.creating import target_of
from dspy_lens.lsp.commands.running import RESTRICTED, Argument
from dspy_lens.lsp.session import Session
from dspy_lens.source.named import elsewhere
from dspy_lens.values.elsewhere import Elsewhere, is_elsewhere
from dspy_lens.values.request import Question, Refused
from dspy_lens.values.target import Target
from dspy_lens.workspace.consent import trust_question
from dspy_lens.workspace.getting import question_about


async def get_examples(session: Session, argument: Argument) -> Argument | Refused:
    """Gets what a target's examples come from; with `again`, also what was got before."""
    target = await target_of(session, argument, "Whose examples?")
    if isinstance(target, Refused):
        return target
    wanted = await sources_of(session, target) if argument.get("again") is True else target.wanted
    got = await get_all(session, wanted, argument.get("yes") is True)
    if isinstance(got, Refused):
        return got
    snapshot = await session.snapshot()
    now = await snapshot.target(target.name)
    count = len(now.examples.examples) if now and now.examples else 0
    return {"target": target.name, "got": got, "count": count}


async def sources_of(session: Session, target: Target) -> tuple[Elsewhere, ...]:
    """All sources of a target that are no files, got or not."""
    project = (await session.snapshot()).project
    named = target.examples.files if target.examples else ()
    known = [it for name in named if is_elsewhere(name) and (it := elsewhere(name, project)) is not None]
    return (*known, *target.wanted)


async def get_all(session: Session, wanted: tuple[Elsewhere, ...], yes: bool) -> list[str] | Refused:
    """What was got of each source, in a few words; the first no or failure ends it."""
    if wanted and session.restricted:
        return RESTRICTED
    got = []
    for it in wanted:
        answer = await get_one(session, it, yes)
        if isinstance(answer, Refused):
            return answer
        session.say(f"Got {answer}.", types.MessageType.Info)
        got.append(answer)
    return got


async def get_one(session: Session, it: Elsewhere, yes: bool) -> str | Refused:
    question = question_about(it)
    if isinstance(question, Refused):
        return question
    if not it.on_the_hub:
        for asked in await code_questions(session):
            if not yes and not await agreed(session, asked):
                return DECLINED
            await session.workspace.consent.agree(asked)
    if not yes and not await agreed(session, question):
        return DECLINED
    return await session.workspace.get_examples(it, session.environment)


async def code_questions(session: Session) -> tuple[Question, ...]:
    """What is asked once before any code of the user's runs."""
    workspace = session.workspace
    trust = () if workspace.consent.trusted else (trust_question(workspace.root),)
    interpreter = await workspace.consent.interpreter_question()
    return (*trust, interpreter) if interpreter else trust
