"""*Choose examples*: the files that may hold a target's examples, and the link to the one that is chosen."""

import asyncio
from collections.abc import Mapping

from lsprotocol import types

from dspy_lens.lsp.adding import can_create
from dspy_lens.lsp.asking import DECLINED, MOST, choose
from dspy_lens.lsp.commands.changing import edit
from dspy_lens.lsp.commands.creating import target_of
from dspy_lens.lsp.commands.running import Argument
from dspy_lens.lsp.edits import read, workspace_edit
from dspy_lens.lsp.session import Session
from dspy_lens.source.linking import CannotEdit
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.values.request import Refused
from dspy_lens.values.target import Target
from dspy_lens.workspace.linking import (
    Link,
    by_hand,
    changed_lines,
    link_in_comment,
    link_in_settings,
    offered,
)

LABEL = "Choose examples"
NONE_FIT = "No file here has columns for {}. Create examples, or import them from elsewhere."


async def choose_examples(session: Session, argument: Argument) -> Argument | Refused:
    """Links `source` (with `map`, field -> column) to the target; asks which file where none is named."""
    target = await target_of(session, argument, "Choose the examples of which one?")
    if isinstance(target, Refused):
        return target
    chosen = await chosen_link(session, target, argument)
    return chosen if isinstance(chosen, Refused) else await write_link(session, target, chosen)


async def chosen_link(session: Session, target: Target, argument: Argument) -> Link | Refused:
    snapshot = await session.snapshot()
    found = [it.match for it in offered(target, await snapshot.matches(target))]
    source, columns = argument.get("source"), argument.get("map")
    if not source:
        fitting = [it for it in found if it.fits][:MOST]
        if not fitting:
            return Refused("examples", NONE_FIT.format(target.definition.qualname))
        titles = {f"{it.path} · {it.text}": it for it in fitting}
        picked = await choose(session, f"Examples of {target.definition.qualname}?", list(titles))
        if picked is None:
            return DECLINED
        source = titles[picked].path
    proposed: Mapping[str, str] = next((it.map for it in found if it.path == source), {})
    return Link(str(source), dict(columns) if isinstance(columns, dict) else proposed)


async def write_link(session: Session, target: Target, link: Link) -> Argument | Refused:
    if not await asyncio.to_thread((session.workspace.root / link.source).is_file):
        return Refused("missing", f"There is no file {link.source}. Name one of the repository.")
    change = link_in_comment(target, link) or await settings_change(session, target, link)
    if isinstance(change, Refused):
        return change
    path = change.span.path
    made = await workspace_edit(session, {path: (change,)})
    if path != target.definition.span.path and not await is_there(session, path):
        if made.document_changes is None or not can_create(session.capabilities):
            home = (await session.snapshot()).settings_home(target)
            return Refused("missing", by_hand(target, link, home))
        made.document_changes = [types.CreateFile(uri=session.uri(path)), *made.document_changes]
    applied = await edit(session, made, LABEL)
    if isinstance(applied, Refused):
        return applied
    return {"target": target.name, "source": link.source, "map": dict(link.columns), "path": path}


async def settings_change(session: Session, target: Target, link: Link) -> TextEdit | Refused:
    home = (await session.snapshot()).settings_home(target)
    before = session.content(home.path)
    if before is None:
        before = await asyncio.to_thread(read, session.workspace.root / home.path) or ""
    try:
        after = link_in_settings(target, link, home, before)
    except CannotEdit:
        return Refused("used", by_hand(target, link, home))
    return changed_lines(home.path, before, after)


async def is_there(session: Session, path: str) -> bool:
    return session.documents.at(path) is not None or await asyncio.to_thread(
        (session.workspace.root / path).is_file
    )
