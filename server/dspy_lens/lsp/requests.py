"""The requests for rich clients and for the terminal."""

import asyncio
import time
from typing import Any

from pydantic import ValidationError

from dspy_lens.lsp.asking import find_run
from dspy_lens.lsp.commands import wrong_argument
from dspy_lens.lsp.commands.creating import target_of
from dspy_lens.lsp.commands.looking import document_of, runs_to_compare
from dspy_lens.lsp.commands.running import request_of
from dspy_lens.lsp.follow import follow
from dspy_lens.lsp.protocol import (
    Json,
    estimate_json,
    optimizer_json,
    refusal,
    run_json,
    standing_json,
    target_json,
)
from dspy_lens.lsp.session import Session
from dspy_lens.lsp.texts import run_text, target_text
from dspy_lens.pages.record import Record, record_of
from dspy_lens.values.figures import estimated
from dspy_lens.values.request import Refused
from dspy_lens.workspace import choices as choosing
from dspy_lens.workspace.linking import match_json, offered
from dspy_lens_worker.optimizers import all_optimizers


async def targets(session: Session, params: Json) -> Json:
    """Every target of the root, or of one file, with how it stands; all of them once the first index is complete."""
    if not isinstance(params.get("path"), str):
        await session.workspace.indexed()
    snapshot = await session.snapshot()
    path = params.get("path")
    found = await snapshot.targets(path) if isinstance(path, str) else await snapshot.all_targets()
    said = []
    for it in found:
        standing = await session.workspace.standing(it, snapshot)
        estimate = await session.workspace.estimate_known(it, snapshot)
        text = target_text(it, standing, estimate, time.time())
        said.append({**target_json(it, snapshot.shown(it.all_problems)), **standing_json(standing), **text})
    return {"root": str(session.workspace.root), "targets": said}


async def runs(session: Session, params: Json) -> Json:
    """Runs of all targets or of one, the newest first."""
    target = params.get("target")
    if isinstance(target, str):
        target = getattr((await session.snapshot()).find(target), "name", target)
    found, now = await session.workspace.runs(target), time.time()
    return {"runs": [{**run_json(it), "text": run_text(it, now)} for it in found]}


async def run(session: Session, params: Json) -> Json:
    found = await find_run(session, str(params.get("run", "")))
    if found is None:
        return no_run(params)
    return await document_of(session, found)


async def page(session: Session, params: Json) -> Json:
    """The run, or several side by side, as one self-contained page of HTML."""
    if params.get("runs") or params.get("target"):
        return await comparison_page(session, params)
    found = await find_run(session, str(params.get("run", "")))
    if found is None:
        return no_run(params)
    record = await record_of(session.workspace, found)
    return {"run": found.id, "html": await asyncio.to_thread(html_of, record)}


async def comparison_page(session: Session, params: Json) -> Json:
    """`{runs}`, or `{target}` for all its results that compare."""
    found = await runs_to_compare(session, params)
    if isinstance(found, Refused):
        return refusal(found)
    records = [await record_of(session.workspace, it) for it in found]
    return {"runs": [it.id for it in found], "html": await asyncio.to_thread(compared_html, records)}


def compared_html(records: list[Record]) -> str:
    from dspy_lens.pages.compare_page import compare_page

    return compare_page(records)


def html_of(record: Record) -> str:
    # Jinja loads when the first page is asked for, so that a daemon starts quickly.
    from dspy_lens.pages.page import page

    return page(record)


def no_run(params: Json) -> Json:
    message = f"There is no run {params.get('run')}. `dspy-lens runs` lists what there is."
    return refusal(Refused("missing", message))


async def estimate(session: Session, params: Json) -> Json:
    try:
        request = request_of(params)
        if request.yes:
            await session.workspace.consent.agree_to_measuring()
        found = await session.workspace.estimate(request)
    except ValidationError as error:
        found = Refused("used", wrong_argument(error))
    return (
        refusal(found) if isinstance(found, Refused) else {**estimate_json(found), "text": estimated(found)}
    )


async def choices(session: Session, params: Json) -> Json:
    """Every optimizer with its estimate, three of them with a role; of those that do not work here, why."""
    try:
        request = request_of(params)
        if request.yes:
            await session.workspace.consent.agree_to_measuring()
        found = await choosing.choices(session.workspace.plan, request)
    except ValidationError as error:
        found = Refused("used", wrong_argument(error))
    if isinstance(found, Refused):
        return refusal(found)
    left_out = [{"optimizer": name, **refusal(why)["refused"]} for name, why in found.left_out]
    return {"choices": [offer_json(it) for it in found.offers], "left_out": left_out}


def offer_json(it: choosing.Offer) -> Json:
    return {
        "contender": it.contender,
        "optimizer": it.optimizer,
        "given": it.parameters,
        "roles": list(it.roles),
        "estimate": estimate_json(it.estimate),
        "text": estimated(it.estimate),
    }


async def matches(session: Session, params: Json) -> Json:
    """The files that may hold a target's examples, each with its mapped columns and their first values."""
    target = await target_of(session, params, "Choose the examples of which one?")
    if isinstance(target, Refused):
        return refusal(target)
    found = offered(target, await (await session.snapshot()).matches(target))
    return {"target": target.name, "matches": [match_json(it) for it in found]}


async def optimizers(session: Session, params: Json) -> Json:
    return {"optimizers": [optimizer_json(it) for it in all_optimizers()]}


async def follow_run(session: Session, params: Json) -> Json:
    """The run as it is; its events come as notifications from now on."""
    found = await find_run(session, str(params.get("run", "")))
    if found is None:
        return no_run(params)
    after = params.get("after", 0)
    session.own(follow(session, found.id, after if isinstance(after, int) else 0))
    return {"run": found.id, "state": found.state.value}


def as_object(params: Any) -> Json:
    return params if isinstance(params, dict) else {}
