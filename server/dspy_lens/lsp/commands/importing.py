"""*Import*: records of another file or of a dataset, put into a target's own example file with its fields."""

import asyncio
from pathlib import Path
from typing import Any

from dspy_lens.elsewhere.hub import HubProblem, download
from dspy_lens.lsp.adding import place_of
from dspy_lens.lsp.asking import DECLINED, agreed, choose
from dspy_lens.lsp.commands.creating import target_of
from dspy_lens.lsp.commands.drafting import write
from dspy_lens.lsp.commands.running import Argument
from dspy_lens.lsp.pages import show
from dspy_lens.lsp.session import Session
from dspy_lens.source.examples import map_examples, read_examples
from dspy_lens.source.examples.found import Found
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.elsewhere import HUB, Elsewhere
from dspy_lens.values.examples import ExampleFile
from dspy_lens.values.request import Refused
from dspy_lens.values.target import Target
from dspy_lens.workspace.getting import question_about

NO_SOURCE = "No other data file lies near {}. Name one as `source`: a path, or hf:owner/name."


async def import_examples(session: Session, argument: Argument) -> Argument | Refused:
    """Adds the records of `source` that the target's file lacks, and opens it; `map` is field -> column."""
    target = await target_of(session, argument, "Import examples for which one?")
    if isinstance(target, Refused):
        return target
    source = argument.get("source") or await near_source(session, target)
    if isinstance(source, Refused):
        return source
    file = await source_file(session, str(source), argument.get("yes") is True)
    if isinstance(file, Refused):
        return file
    columns = argument.get("map")
    records = records_of(file, target, columns if isinstance(columns, dict) else {})
    if isinstance(records, Refused):
        return records
    return await add(session, target, records)


async def near_source(session: Session, target: Target) -> str | Refused:
    """The data file that the user picks among those near the target."""
    near = (await session.snapshot()).data_files(target.definition)
    own = target.examples.files if target.examples else ()
    others = [it for it in near if it not in own]
    if not others:
        return Refused("used", NO_SOURCE.format(target.definition.qualname))
    picked = await choose(session, "Import examples from which file?", others)
    return picked or DECLINED


async def source_file(session: Session, source: str, yes: bool) -> ExampleFile | Refused:
    """What a source holds; a dataset is downloaded after a yes only."""
    if source.startswith(HUB):
        return await dataset(session, source, yes)
    path = session.workspace.root / source
    if not await asyncio.to_thread(path.is_file):
        return Refused("missing", f"There is no file {source}. Name one, or hf:owner/name.")
    resolved = path.resolve()
    return await asyncio.to_thread(read_examples, resolved.parent, resolved.name)


async def dataset(session: Session, source: str, yes: bool) -> ExampleFile | Refused:
    asked = question_about(Elsewhere(source))
    if isinstance(asked, Refused):
        return asked
    if not yes and not await agreed(session, asked):
        return DECLINED
    try:
        got = await asyncio.to_thread(download, source, session.environment)
    except HubProblem as problem:
        return Refused("examples", str(problem))
    found = Found(source)
    for at, record in enumerate(got.records, 1):
        found.row(at, dict(record))
    return ExampleFile(source, tuple(found.columns), tuple(found.rows), "", found.problems)


def records_of(file: ExampleFile, target: Target, columns: dict[str, str]) -> list[dict[str, Any]] | Refused:
    """The records under the columns of the target's own file; a refusal says why there is none."""
    inputs, outputs = example_fields(target.definition)
    examples, problems = map_examples(file, inputs, outputs, columns)
    if not examples:
        why = next((it.message for it in (*problems, *file.problems)), f"{Path(file.path).name} is empty.")
        return Refused("examples", f"{why} The names of columns are mapped by `map`.")
    own = target.settings.map
    return [
        {own.get(name, name): it for name, it in {**one.inputs, **one.labels}.items()} for one in examples
    ]


async def add(session: Session, target: Target, records: list[dict[str, Any]]) -> Argument | Refused:
    path = place_of(target)
    absolute = session.workspace.root / path
    inputs = [target.settings.map.get(it.name, it.name) for it in target.definition.inputs]
    if unsaved := await session.documents.unsaved(frozenset({path})):
        return Refused("unsaved", f"{' and '.join(unsaved)} has unsaved changes. Save and try again.")
    try:
        added = await asyncio.to_thread(write, absolute, records, inputs)
    except OSError as error:
        return Refused("missing", f"{path} cannot be written: {error.strerror}. Make it writable.")
    await session.workspace.take_in(frozenset({path}))
    await show(session, absolute)
    return {"target": target.name, "path": path, "added": added}
