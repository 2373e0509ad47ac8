"""Optimized programs as files: DSPy's JSON state with its provenance inside."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dspy_lens.runs.folder import RunFolder, write_whole
from dspy_lens.runs.stale import SHAPE, code_reasons, examples_reason, source_reason, stale_reasons
from dspy_lens.values.definition import Definition, Kind
from dspy_lens.values.examples import digest
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Run
from dspy_lens_worker.messages import MODULE_MARK, Order

KEY = "dspy_lens"
"""Under `metadata` of DSPy's state, which `program.load` does not mind."""
LARGEST = 64 * 1024 * 1024

Fields = Mapping[str, Sequence[str]]
"""Field names by predictor, inputs before outputs; a bare signature's predictor is called ""."""


class Provenance(BaseModel):
    """Where an artifact comes from. `digest` is that of the state, `fields` what it was made for."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    run: str
    target: str
    key: str
    recipe: dict[str, Any]
    fields: dict[str, list[str]] = {}
    instructions: dict[str, str] = {}
    model: str = ""
    practice: bool = False
    baseline: dict[str, Any] | None = None
    best: dict[str, Any] | None = None
    validation: dict[str, Any] | None = None
    running: dict[str, Any] | None = Field(None, description="What the module beside the state needs.")
    exported_at: str = Field(description="In UTC, as ISO 8601 has it.")
    digest: str


@dataclass(frozen=True, slots=True)
class Artifact:
    """An exported program; `intact` is false when its state is not what was exported."""

    path: str
    provenance: Provenance
    intact: bool


@dataclass(frozen=True, slots=True)
class BadArtifact:
    """A file that was named as an artifact and is none."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Current:
    """What the source says now, for one artifact. None: not known, so not compared."""

    source: Mapping[str, str]
    fields: Fields
    instructions: Mapping[str, str]
    examples: Sequence[str] | None = None
    metric: tuple[str, str] | None = None  # its name and the digest of its source
    noun: str = "signature"
    wrapper: str | None = None
    code: Callable[[Iterable[str]], Mapping[str, str]] | None = None  # the digests of what names stand for


def export(
    folder: RunFolder,
    run: Run,
    destination: Path,
    definition: Definition | None = None,
    now: float | None = None,
) -> Path | Refused:
    """Writes the run's best program where `program.load(destination)` reads it, and says where that is.

    Where a program runs otherwise than its state says, the module that makes it again goes beside it.

    `definition` is the target's, when it is still in the source: only it knows a program's fields.
    """
    found = folder.result()
    state = state_of(found) if found else None
    if state is None:
        return Refused("missing", f"Run {run.id} has no program to export. Run {run.target} again.")
    at = datetime.now(UTC) if now is None else datetime.fromtimestamp(now, UTC)
    running = running_of(state)
    metadata = state.setdefault("metadata", {})
    metadata.setdefault("dependency_versions", {})
    fields = fields_of(folder.order(), definition)
    made = provenance(run, fields, state_digest(state), at).model_copy(update={"running": running})
    metadata[KEY] = made.model_dump(mode="json")
    destination.parent.mkdir(parents=True, exist_ok=True)
    if running is not None:
        module = destination.with_suffix(".py")
        if not is_ours(module):
            return Refused("missing", f"{module} is a file of yours. Choose another name with --to.")
        write_shared(module, folder.module.read_text("utf-8"))
    write_shared(destination, json.dumps(state, indent=2, ensure_ascii=False) + "\n")
    return destination


def write_shared(path: Path, text: str) -> None:
    write_whole(path, text.encode("utf-8", "backslashreplace"))
    path.chmod(0o644)  # A file of the repository, unlike those of the run folder.


def is_ours(module: Path) -> bool:
    """Whether a Python file may be written there: there is none, or one that an export made."""
    if not module.exists():
        return True
    with module.open(encoding="utf-8", errors="replace") as file:
        return MODULE_MARK in file.readline()


def running_of(state: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a state says of how its program runs; None where the state alone is the program."""
    metadata = state.get("metadata")
    own = metadata.get(KEY) if isinstance(metadata, dict) else None
    found = own.get("running") if isinstance(own, dict) else None
    return found if isinstance(found, dict) else None


def fields_of(order: Order | None, definition: Definition | None) -> Fields:
    """A signature's fields as they were ordered; a program's as they are now; nothing when unknown."""
    if order is not None and order.target.kind != "program":
        return {"": [it.name for it in (*order.target.inputs, *order.target.outputs)]}
    return {} if definition is None else field_names(definition)


def provenance(run: Run, fields: Fields, state: str, at: datetime) -> Provenance:
    outcome = run.outcome
    return Provenance(
        run=run.id,
        target=run.target,
        key=run.key,
        recipe=run.recipe.parts(),
        fields={name: list(it) for name, it in fields.items()},
        instructions=outcome.get("instructions") or {},
        model=outcome.get("model") or "",
        practice=bool(outcome.get("practice")),
        baseline=outcome.get("baseline"),
        best=outcome.get("best"),
        validation=outcome.get("validation"),
        exported_at=at.isoformat(timespec="seconds"),
        digest=state,
    )


def field_names(definition: Definition) -> dict[str, tuple[str, ...]]:
    """Field names by predictor, as an artifact of this definition depends on them."""
    if definition.kind is Kind.PROGRAM:
        return {it.name: tuple(x.name for x in (*it.inputs, *it.outputs)) for it in definition.predictors}
    return {"": tuple(it.name for it in (*definition.inputs, *definition.outputs))}


def read_artifacts(root: Path, paths: Iterable[str]) -> tuple[Artifact | BadArtifact, ...]:
    """The artifacts among these files, and in these folders; paths are relative to the root.

    Other JSON files in a folder are passed over; a file that is named itself must be an artifact.
    """
    found: dict[str, Artifact | BadArtifact] = {}
    for name in paths:
        path = root / name
        if path.is_dir():
            inside = (read_artifact(root, it) for it in sorted(path.rglob("*.json")))
            found |= {it.path: it for it in inside if isinstance(it, Artifact)}
        else:
            it = read_artifact(root, path)
            found[it.path] = it
    return tuple(found.values())


def read_artifact(root: Path, path: Path) -> Artifact | BadArtifact:
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    if not path.is_file():
        return BadArtifact(shown, f"{shown} does not exist. Export it again: dspy-lens export RUN")
    state = state_of(path)
    try:
        found = Provenance.model_validate(state["metadata"][KEY] if state else None)
    except (KeyError, TypeError, ValidationError):
        return BadArtifact(shown, f"{shown} was not exported by DSPy Lens. Export it: dspy-lens export RUN")
    return Artifact(shown, found, intact=found.digest == state_digest(state or {}))


def state_of(path: Path) -> dict[str, Any] | None:
    """DSPy's JSON state; None where the file holds none."""
    try:
        if path.stat().st_size > LARGEST:
            return None
        state = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return state if isinstance(state, dict) and isinstance(state.get("metadata", {}), dict) else None


def state_digest(state: Mapping[str, Any]) -> str:
    """The digest of everything but the metadata: single flipped bits in paid work do not go unnoticed.

    How the program runs, where its state does not say it, is counted in.
    """
    own = {name: it for name, it in state.items() if name != "metadata"}
    running = running_of(state)
    return digest({**own, "running": running} if running else own)


def freshness(artifact: Artifact, current: Current | None) -> tuple[str, ...]:
    """Why an artifact no longer fits the source; empty when it does. `current` None: its target is gone."""
    if current is None:
        return (f"{artifact.provenance.target} is gone",)
    reasons = [
        None if artifact.intact else "file changed since export",
        *fields_reasons(artifact.provenance.fields, current.fields),
        *source_reasons(artifact.provenance, current),
    ]
    return tuple(it for it in reasons if it)


def source_reasons(old: Provenance, current: Current) -> list[str | None]:
    recipe = Recipe.from_parts(old.recipe)
    source = source_reason(old.target, recipe.source, current.source, current.noun)
    if source == "instructions changed" and applied(old.instructions, current.instructions):
        source = None
    examples = None if current.examples is None else examples_reason(recipe.examples, current.examples)
    metric = current.metric is not None and current.metric != (recipe.metric, recipe.metric_source)
    wrapper = current.wrapper is not None and current.wrapper != recipe.wrapper
    return [
        source,
        f"{current.noun} wrapper changed" if wrapper else None,
        examples,
        "metric changed" if metric else None,
        *(code_reasons(recipe.code, current.code(recipe.code)) if current.code else ()),
    ]


def applied(own: Mapping[str, str], current: Mapping[str, str]) -> bool:
    """Whether the source's instructions are the run's own."""
    texts = {it.strip() for it in own.values()}
    return bool(current) and all(it.strip() in texts for it in current.values())


def fields_reasons(old: Fields, new: Fields) -> list[str]:
    """Fields that came, went or moved. DSPy maps a state onto fields by position, so each is a danger."""
    reasons: list[str] = []
    for predictor in {**old, **new} if old else ():
        before, after = list(old.get(predictor, ())), list(new.get(predictor, ()))
        prefix = f"{predictor}." if predictor else ""
        reasons += [f"field {prefix}{it} added" for it in after if it not in before]
        reasons += [f"field {prefix}{it} removed" for it in before if it not in after]
        if before != after and sorted(before) == sorted(after):
            reasons.append(f"fields of {predictor or 'the signature'} reordered")
    return reasons


__all__ = [
    "SHAPE",
    "Artifact",
    "BadArtifact",
    "Current",
    "Provenance",
    "export",
    "field_names",
    "freshness",
    "read_artifacts",
    "stale_reasons",
]
