"""What is done with a result: its instructions into the source, its program into the repository."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dspy_lens.runs.artifact import export
from dspy_lens.runs.folder import RunFolder
from dspy_lens.source.python.edits import NotThere, TextEdit, instructions_edit, load_edit
from dspy_lens.values.definition import Definition, Kind
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Run
from dspy_lens.values.settings import Settings
from dspy_lens.workspace.snapshot import Snapshot
from dspy_lens.workspace.standings import current_instructions

RUNS_OTHERWISE = (
    "This result runs in a way that no saved state holds: {0} is written, and {1} beside it, which makes the "
    "program again. Import `build` from there."
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What applying changes: edits by path, files to write, and a sentence that says what and why."""

    edits: Mapping[str, tuple[TextEdit, ...]] = field(default_factory=dict)
    export: str | None = None  # where the program goes, relative to the root, when demos carry the gain
    note: str = ""


async def apply(root: Path, run: Run, snapshot: Snapshot, texts: Mapping[str, str]) -> Changes | Refused:
    """What applying a run would change; files that are not open are read from disk."""
    missing = [path for path in files_of(run, snapshot) if path not in texts]
    try:
        on_disk = await asyncio.to_thread(read_texts, root, missing)
        return changes_of(run, snapshot, {**on_disk, **texts})
    except (OSError, NotThere):
        return Refused("missing", f"The source of {run.target} has moved on. Save it and try again.")


def read_texts(root: Path, paths: Sequence[str]) -> dict[str, str]:
    return {path: (root / path).read_text("utf-8", "replace") for path in paths}


def export_to(folder: RunFolder, run: Run, snapshot: Snapshot, destination: str | None) -> Path | Refused:
    """Writes the run's program where it is told to, else where the settings say."""
    definition = next((it for it in snapshot.project.all() if it.name == run.target), None)
    if destination is None:
        if definition is None:
            return Refused(
                "missing", f"{run.target} is no longer in the source. Say where to write with --to."
            )
        destination = artifact_path(snapshot.settings_for(definition.span.path), definition)
    path = snapshot.root / destination
    try:
        return export(folder, run, path, definition)
    except OSError as error:
        return Refused("missing", f"{path} cannot be written: {error.strerror}. Choose another with --to.")


def changes_of(run: Run, snapshot: Snapshot, texts: Mapping[str, str]) -> Changes | Refused:
    """What applying `run` means. `texts` holds the text of each file, as windows or the disk have it."""
    if not run.state.has_result or not run.outcome:
        return Refused("missing", f"Run {run.id} has no result to apply. Run {run.target} again first.")
    found = [it for it in snapshot.project.all() if it.name == run.target]
    if not found:
        return Refused(
            "missing", f"{run.target} is no longer in the source. Bring it back, or export the run."
        )
    definition = found[0]
    if run.outcome.get("module"):
        artifact = artifact_path(snapshot.settings_for(definition.span.path), definition)
        return Changes({}, artifact, RUNS_OTHERWISE.format(artifact, artifact.removesuffix(".json") + ".py"))
    edits = instruction_edits(run, definition, snapshot, texts)
    demos = sum(run.outcome.get("demos", {}).values())
    if not demos:
        note = (
            "The instructions go into the source." if edits else "The source already has these instructions."
        )
        return Changes(edits, None, note)
    artifact = artifact_path(snapshot.settings_for(definition.span.path), definition)
    loading = load_edit(texts[definition.span.path], definition, artifact)
    if loading is not None:
        return Changes(
            {definition.span.path: (loading,)},
            artifact,
            f"{demos} demos carry this result: {artifact} is written and loaded where the predictor is made.",
        )
    return Changes(
        {},
        artifact,
        f"{demos} demos carry this result: {artifact} is written; load it with "
        f'`program.load("{artifact}")` where the program is made.',
    )


def instruction_edits(
    run: Run, definition: Definition, snapshot: Snapshot, texts: Mapping[str, str]
) -> dict[str, tuple[TextEdit, ...]]:
    """The edits that bring the run's instructions into docstrings and strings, by path."""
    wanted: dict[str, str] = run.outcome.get("instructions", {})
    now = current_instructions(definition)
    changed = {name: text for name, text in wanted.items() if now.get(name) != text.strip()}
    if not changed:
        return {}
    if definition.kind is not Kind.PROGRAM:
        path = definition.span.path
        return {path: (instructions_edit(texts[path], definition, next(iter(changed.values()))),)}
    edits: dict[str, tuple[TextEdit, ...]] = {}
    for name, text in changed.items():
        behind = signature_behind(name, definition, snapshot)
        if behind is not None and behind.span.path in texts:
            edit = instructions_edit(texts[behind.span.path], behind, text)
            edits[behind.span.path] = (*edits.get(behind.span.path, ()), edit)
    return edits


def signature_behind(predictor: str, program: Definition, snapshot: Snapshot) -> Definition | None:
    name = next((it.signature for it in program.predictors if it.name == predictor), None)
    return next((it for it in snapshot.project.all() if it.name == name), None)


def files_of(run: Run, snapshot: Snapshot) -> tuple[str, ...]:
    """The files that applying may touch."""
    names = {run.target}
    for it in snapshot.project.all():
        if it.name == run.target:
            names |= {p.signature for p in it.predictors if p.signature}
    return tuple(dict.fromkeys(it.span.path for it in snapshot.project.all() if it.name in names))


def artifact_path(settings: Settings, definition: Definition) -> str:
    """Where export writes, relative to the root: `optimized/QA.json`."""
    return settings.artifacts.format(name=definition.qualname.rpartition(".")[2], target=definition.qualname)
