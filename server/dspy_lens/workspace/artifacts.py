"""Exported programs against what the source says now."""

from functools import lru_cache
from pathlib import Path

from dspy_lens.runs.artifact import (
    SHAPE,
    Artifact,
    BadArtifact,
    Current,
    field_names,
    freshness,
    read_artifact,
)
from dspy_lens.values.definition import Kind, Problem, Severity
from dspy_lens.values.examples import digest
from dspy_lens.values.settings import Settings
from dspy_lens.values.target import Target
from dspy_lens.workspace.recipes import pieces_digest, shape_of, source_digests, wrapper_of
from dspy_lens.workspace.results import artifact_path
from dspy_lens.workspace.snapshot import Snapshot
from dspy_lens.workspace.standings import current_instructions

STALE = "artifact/stale"


def current(target: Target, snapshot: Snapshot) -> Current:
    """What the source says of a target now, as its recipe would have it."""
    definition, metric = target.definition, target.metric
    return Current(
        source={**source_digests(definition.pieces), SHAPE: digest(shape_of(definition))},
        fields=field_names(definition),
        instructions=current_instructions(definition),
        examples=[it.digest for it in target.examples.examples] if target.examples else None,
        metric=(metric.name, pieces_digest(metric.pieces)) if metric else None,
        noun=definition.noun,
        wrapper=None if definition.kind is Kind.PROGRAM else wrapper_of(target),
        code=snapshot.code_now,
    )


def artifact_problem(snapshot: Snapshot, target: Target, settings: Settings) -> Problem | None:
    """What is wrong with a target's exported program, at the target; None where there is none or it fits.

    Fields that no longer fit are an error: DSPy maps them by position and says nothing.
    """
    path = artifact_path(settings, target.definition)
    artifact = read(snapshot.root, path)
    if not isinstance(artifact, Artifact) or artifact.provenance.target != target.name:
        return None
    now = current(target, snapshot)
    reasons = freshness(artifact, now)
    if not reasons:
        return None
    unfit = artifact.provenance.fields and {**artifact.provenance.fields} != {
        name: list(it) for name, it in now.fields.items()
    }
    said = f"{path}, exported from {target.definition.qualname}, no longer fits: {', '.join(reasons)}."
    if unfit:
        danger = "Loading it would mix up the fields in silence. Run and export it again."
        return Problem(target.definition.span, STALE, f"{said} {danger}", Severity.ERROR)
    return Problem(target.definition.span, STALE, f"{said} Run and export it again.", Severity.INFORMATION)


def read(root: Path, path: str) -> Artifact | BadArtifact | None:
    """The artifact, read once for each content; None where there is no such file."""
    try:
        found = (root / path).stat()
    except OSError:
        return None
    return read_once(root, path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=256)
def read_once(root: Path, path: str, changed: int, size: int) -> Artifact | BadArtifact:
    return read_artifact(root, root / path)
