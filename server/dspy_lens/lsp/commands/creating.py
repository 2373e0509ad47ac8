"""Skeletons to start from, and the examples there are."""

import asyncio
import re
from pathlib import Path, PurePosixPath

from lsprotocol import types

from dspy_lens.lsp.asking import named_target
from dspy_lens.lsp.commands.running import Argument
from dspy_lens.lsp.edits import can_apply, workspace_edit
from dspy_lens.lsp.pages import show
from dspy_lens.lsp.session import Session
from dspy_lens.source.python import module_name
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.source.skeletons import examples_skeleton, metric_skeleton
from dspy_lens.values.definition import Definition, Kind, Span
from dspy_lens.values.request import Refused
from dspy_lens.values.target import Target


async def create_examples(session: Session, argument: Argument) -> Argument | Refused:
    """Writes an example file with the right fields beside the target, and opens it."""
    target = await target_of(session, argument, "Create examples for which one?")
    if isinstance(target, Refused):
        return target
    if argument.get("drafts") is not None:
        from dspy_lens.lsp.commands.drafting import create_drafts

        return await create_drafts(session, {**argument, "target": target.name}, target)
    path = place(argument, f"evals/{snake(target.definition)}.jsonl", target.definition)
    return await create(session, target, path, examples_skeleton(target.definition))


async def create_metric(session: Session, argument: Argument) -> Argument | Refused:
    """Writes a metric with the right fields beside the target, opens it, and offers to name it there."""
    target = await target_of(session, argument, "Create a metric for which one?")
    if isinstance(target, Refused):
        return target
    path = place(argument, f"{snake(target.definition)}_metric.py", target.definition)
    text = metric_skeleton(target.definition)
    answer = await create(session, target, path, text)
    if isinstance(answer, Refused):
        return answer
    metric = f"{module_name(path)}:{last_function(text)}"
    return {**answer, "metric": metric, "joined": await join_metric(session, target.definition, metric)}


def last_function(text: str) -> str:
    """The function that a skeleton is about; helpers stand before it."""
    return str(re.findall(r"^def (\w+)", text, re.MULTILINE)[-1])


async def join_metric(session: Session, definition: Definition, metric: str) -> bool:
    """Writes the metric into the comment above a definition, as an edit; False where that is not to be done."""
    named = naming(definition, metric)
    if named is None or not can_apply(session.capabilities):
        return False
    change = await workspace_edit(session, {named.span.path: (named,)})
    params = types.ApplyWorkspaceEditParams(edit=change, label="Name the metric")
    answer = await session.ask(types.WORKSPACE_APPLY_EDIT, params)
    return bool(isinstance(answer, dict) and answer.get("applied"))


def naming(definition: Definition, metric: str) -> TextEdit | None:
    """The edit that names the metric; None where one is named already, or a comment might not fit."""
    comment, span = definition.comment, definition.span
    if definition.kind is Kind.STRING or (comment is not None and comment.metric is not None):
        return None
    if comment is not None:
        end = comment.span.end_column
        return TextEdit(Span(span.path, comment.span.line, comment.span.line, end, end), f" metric={metric}")
    indent = " " * span.column
    place = Span(span.path, span.line, span.line, span.column, span.column)
    return TextEdit(place, f"# dspy-lens: metric={metric}\n{indent}")


async def open_examples(session: Session, argument: Argument) -> Argument | Refused:
    """Opens the file that a target's examples come from."""
    target = await target_of(session, argument, "Whose examples?")
    if isinstance(target, Refused):
        return target
    if target.examples is None:
        return Refused("examples", f"{target.name} has no examples. Create some first.")
    first = next(iter(target.examples.files), target.examples.source)
    path = session.workspace.root / first
    opened = await show(session, path) if await asyncio.to_thread(path.is_file) else False
    return {"path": first, "opened": opened}


async def target_of(session: Session, argument: Argument, message: str) -> Target | Refused:
    name = await named_target(session, argument.get("target"), message)
    if isinstance(name, Refused):
        return name
    snapshot = await session.snapshot()
    found = snapshot.find(name)
    target = await snapshot.target(found.name) if isinstance(found, Definition) else None
    return target or Refused(
        "missing", f"There is no target {name}. `dspy-lens targets` lists what there is."
    )


async def create(session: Session, target: Target, path: str, text: str) -> Argument | Refused:
    """Writes a file that is not there yet; one that is there is opened as it is."""
    absolute = session.workspace.root / path
    if not absolute.resolve().is_relative_to(session.workspace.root):
        return Refused("used", f"{path} lies outside of the workspace. Name a place inside.")
    try:
        created = await asyncio.to_thread(write_new, absolute, text)
    except OSError as error:
        return Refused("missing", f"{path} cannot be written: {error.strerror}. Choose another place.")
    if created:
        await session.workspace.take_in(frozenset({path}))
    await show(session, absolute)
    return {"target": target.name, "path": path, "created": created}


def write_new(path: Path, text: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def place(argument: Argument, usual: str, definition: Definition) -> str:
    """Where to write, relative to the root: as asked, else beside the definition."""
    if isinstance(asked := argument.get("path"), str) and asked:
        return asked
    return (PurePosixPath(definition.span.path).parent / usual).as_posix()


def snake(definition: Definition) -> str:
    """`HistoricEvent` -> `historic_event`."""
    name = definition.qualname.rpartition(".")[2].partition("@")[0].partition("#")[0]
    spaced = "".join(
        f"_{it.lower()}" if it.isupper() and at and not name[at - 1].isupper() else it.lower()
        for at, it in enumerate(name)
    )
    return "".join(it if it.isalnum() else "_" for it in spaced).strip("_") or "target"
