"""*Create examples* filled by the model: a run whose drafts go into the example file, marked as unreviewed."""

import asyncio
from pathlib import Path

from lsprotocol import types

from dspy_lens.lsp.adding import place_of
from dspy_lens.lsp.commands.running import NOT_OURS, Argument, price_agreed, request_of, started
from dspy_lens.lsp.edits import read
from dspy_lens.lsp.pages import show
from dspy_lens.lsp.session import Session
from dspy_lens.source.drafts import draft_records, with_drafts
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.figures import count, is_practice
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Run, Verb
from dspy_lens.values.target import Target

CRUDE = " The practice model made them out of words, to try this out: take a real model for drafts worth a review."


async def create_drafts(session: Session, argument: Argument, target: Target) -> Argument | Refused:
    """Asks the model for drafts, after its price was shown and agreed to; they are written once the run has ended.

    A terminal takes them from the run itself.
    """
    given = {key: it for key, it in argument.items() if key not in ("path", *NOT_OURS)}
    given["verb"] = Verb.DRAFT
    request = request_of(given)
    what = f"{count(request.drafts or 0, 'draft')} of examples for {target.definition.qualname} are asked for"
    if (refused := await price_agreed(session, request, what)) is not None:
        return refused
    answer = await started(session, given, "")
    if not isinstance(answer, Refused) and session.client != "terminal":
        path = argument.get("path")
        place = path if isinstance(path, str) and path else place_of(target)
        session.own(write_when_done(session, target, answer["run"], place))
        return {**answer, "path": place}
    return answer


async def write_when_done(session: Session, target: Target, run: str, path: str) -> None:
    """Writes what a run drafted as soon as it has ended, opens it, and says what has to be done with it."""
    ended = await end_of(session, run)
    if ended is None or not (records := await drafts_of(session, ended, target)):
        return  # that it failed is told where runs are
    absolute = session.workspace.root / path
    if not absolute.resolve().is_relative_to(session.workspace.root):
        session.say(f"{path} lies outside of the workspace. Name a place inside.", types.MessageType.Warning)
        return
    inputs = [target.settings.map.get(it.name, it.name) for it in target.definition.inputs]
    try:
        new = await asyncio.to_thread(write, absolute, records, inputs)
    except OSError as error:
        session.say(
            f"{path} cannot be written: {error.strerror}. Make it writable.", types.MessageType.Warning
        )
        return
    await session.workspace.take_in(frozenset({path}))
    await show(session, absolute)
    crude = CRUDE if is_practice(ended) else ""
    session.say(f"{count(new, 'draft')} in {path} to be reviewed: they are left out until you say so.{crude}")


async def end_of(session: Session, run: str) -> Run | None:
    """A run once it has ended; None where it is gone."""
    changed = asyncio.Event()
    leave = session.workspace.subscribe(lambda it: changed.set() if run in it.runs else None)
    try:
        while (found := await session.workspace.run(run)) is not None and not found.state.finished:
            await changed.wait()
            changed.clear()
        return found
    finally:
        leave()


async def drafts_of(session: Session, run: Run, target: Target) -> list[dict[str, object]]:
    fields = [it.name for side in example_fields(target.definition) for it in side]
    answers = [it.answer for it in await session.workspace.held_out(run.id)]
    return draft_records(answers, fields, target.settings.map)


def write(path: Path, records: list[dict[str, object]], inputs: list[str]) -> int:
    """Puts drafts behind what a file holds; says how many are new."""
    after, new = with_drafts(read(path) or "", records, inputs)
    if new:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(after, encoding="utf-8")
    return new
