"""Actions that bring what a target lacks: an example out of a literal call, a metric that fits."""

import asyncio
import json
from pathlib import PurePosixPath

from lsprotocol import types

from dspy_lens.lsp.commands.creating import naming, snake
from dspy_lens.lsp.edits import read, versions_matter, workspace_edit
from dspy_lens.lsp.session import Session
from dspy_lens.source.fitting import fitting_metrics
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.definition import Span
from dspy_lens.values.target import Target
from dspy_lens.workspace import Snapshot

LINES = (".jsonl", ".ndjson")
DRAFTS = 10


async def example_actions(session: Session, path: str, cell: int | None, line: int) -> list[types.CodeAction]:
    """An action for each literal call of a target on a line that counts from 1."""
    snapshot = await session.snapshot()
    found = await asyncio.to_thread(snapshot.project.literal_calls, path, line, cell)
    actions = []
    for name, values in found:
        target = await snapshot.target(name)
        if (
            target is not None
            and fits(target, values)
            and (edit := await _edit(session, snapshot, target, values))
        ):
            title = f"Add example from this call to {place_of(target)}"
            actions.append(types.CodeAction(title=title, kind=types.CodeActionKind.Refactor, edit=edit))
    return actions


async def metric_actions(session: Session, path: str, cell: int | None, line: int) -> list[types.CodeAction]:
    """For a target without a metric on a line that counts from 1: the built-in ones that fit, as comments above it."""
    snapshot = await session.snapshot()
    actions = []
    for target in await snapshot.targets(path):
        span = target.definition.span
        if target.metric is not None or (span.cell, span.line) != (cell, line):
            continue
        for name in fitting_metrics(example_fields(target.definition)[1]):
            if (edit := naming(target.definition, name)) is not None:
                change = await workspace_edit(session, {path: (edit,)})
                title = f"Use the metric {name}"
                actions.append(types.CodeAction(title=title, kind=types.CodeActionKind.Refactor, edit=change))
    return actions


async def draft_actions(session: Session, path: str, cell: int | None, line: int) -> list[types.CodeAction]:
    """For a target without examples on a line that counts from 1: asks the model for drafts, after its price is told."""
    snapshot = await session.snapshot()
    if session.restricted:
        return []
    here = [it for it in await snapshot.targets(path) if it.definition.span.line == line]
    title = f"Create examples: ask the model for {DRAFTS} drafts…"
    return [
        types.CodeAction(
            title=title,
            kind=types.CodeActionKind.Refactor,
            command=types.Command(
                title, "dspyLens.createExamples", arguments=[{"target": it.name, "drafts": DRAFTS}]
            ),
        )
        for it in here
        if it.definition.span.cell == cell and not it.wanted and not (it.examples and it.examples.examples)
    ]


def fits(target: Target, values: dict[str, object]) -> bool:
    """Whether the values are the target's inputs, all that are needed and nothing else."""
    inputs, _ = example_fields(target.definition)
    needed = {it.name for it in inputs if it.required}
    return needed <= values.keys() <= {it.name for it in inputs}


def place_of(target: Target) -> str:
    """The JSONL file that the target's examples come from, else the one that would be created."""
    files = [it for it in (target.examples.files if target.examples else ()) if it.endswith(LINES)]
    usual = PurePosixPath(target.definition.span.path).parent / f"evals/{snake(target.definition)}.jsonl"
    return next(iter(files), usual.as_posix())


def record(target: Target, values: dict[str, object]) -> str:
    """The line: labels are null, which is no label, until somebody writes what is right."""
    _, outputs = example_fields(target.definition)
    columns = target.settings.map
    made = {columns.get(name, name): it for name, it in values.items()}
    made |= {columns.get(it.name, it.name): None for it in outputs}
    return json.dumps(made, ensure_ascii=False)


async def _edit(
    session: Session, snapshot: Snapshot, target: Target, values: dict[str, object]
) -> types.WorkspaceEdit | None:
    path = place_of(target)
    own = session.content(path)
    text = own if own is not None else await asyncio.to_thread(read, session.workspace.root / path)
    if text is None and not can_create(session.capabilities):
        return None
    lines = (text or "").split("\n")
    end = Span(path, len(lines), len(lines), len(lines[-1]), len(lines[-1]))
    start = "\n" if lines[-1] else ""
    edit = await workspace_edit(session, {path: (TextEdit(end, f"{start}{record(target, values)}\n"),)})
    if text is None and edit.document_changes is not None:
        edit.document_changes = [types.CreateFile(session.uri(path)), *edit.document_changes]
    return edit


def can_create(capabilities: types.ClientCapabilities) -> bool:
    """Whether an edit may bring a new file."""
    edit = capabilities.workspace.workspace_edit if capabilities.workspace else None
    kinds = edit.resource_operations if edit else None
    return versions_matter(capabilities) and types.ResourceOperationKind.Create in (kinds or ())
