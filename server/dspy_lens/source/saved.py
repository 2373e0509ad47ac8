"""Saved programs that the code loads into signatures which have changed since: DSPy would mix fields up in silence."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dspy_lens.source.python import Project
from dspy_lens.source.python.records import FileRead
from dspy_lens.values.definition import Definition, Field, Kind, Problem, Severity

LARGEST = 16 * 1024 * 1024
OWN_FIELD = re.compile(r"\$\{(\w+)\}")
REASONING = "reasoning"
MARKS = frozenset({"augmented", REASONING, "rationale"})  # what DSPy itself adds to a demo


def saved_problems(definition: Definition, project: Project, root: Path) -> Iterator[Problem]:
    """A problem for each `load` of a program whose saved fields do not fit the definition's.

    DSPy keeps neither names nor types, but a field without a description of its own is described as `${name}`.
    """
    for link in project.links_about(definition.name):
        if link.verb != "load" or link.file is None:
            continue
        path = _file(link.file, root)
        state = _state(root / path) if path else None
        why = _difference(definition, state) if state is not None else None
        if why is not None:
            message = (
                f"{path} does not fit {definition.qualname} any more: {why}. DSPy would put its texts at the wrong "
                "fields in silence. Optimize and save it again."
            )
            yield Problem(link.span, "load-mismatch", message, Severity.ERROR)


def _file(named: FileRead, root: Path) -> str | None:
    """The file that is loaded, relative to the root: beside the code, else from the root."""
    if not named.path.endswith(".json"):
        return None
    return next((it for it in named.places if _is_inside(root, it)), None)


def _is_inside(root: Path, path: str) -> bool:
    try:
        place = (root / path).resolve()
        return place.is_relative_to(root.resolve()) and place.is_file() and place.stat().st_size < LARGEST
    except (OSError, ValueError, RuntimeError):
        return False


def _state(path: Path) -> dict[str, Any] | None:
    try:
        state = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return state if isinstance(state, dict) else None


def _difference(definition: Definition, state: dict[str, Any]) -> str | None:
    """What tells a saved state apart from what it would be loaded into; None where nothing does."""
    if definition.kind is not Kind.PROGRAM:
        saved = _fields(state) or _fields(state.get("predict"))
        own = (*definition.inputs, *definition.outputs)
        return _unlike(saved, own) or _demos_unlike(state, definition.inputs, own) if saved else None
    for it in definition.predictors:
        saved = _fields(state) if it.name in ("", "self") else _fields(state.get(it.name))
        own = (*it.inputs, *it.outputs)
        inside = state if it.name in ("", "self") else state.get(it.name)
        if saved and own and (why := _unlike(saved, own) or _demos_unlike(inside, it.inputs, own)):
            return f"in `{it.name}` {why}"
    return None


def _fields(state: Any) -> list[str] | None:
    """The descriptions of a saved predictor's fields; None where this is no saved predictor."""
    signature = state.get("signature") if isinstance(state, dict) else None
    fields = signature.get("fields") if isinstance(signature, dict) else None
    if not isinstance(fields, list) or not all(isinstance(it, dict) for it in fields):
        return None
    return [str(it.get("description", "")) for it in fields]


def _demos_unlike(state: Any, inputs: Sequence[Field], own: Sequence[Field]) -> str | None:
    """Demos keep the names of fields: an input that all of them lack while they have others was renamed."""
    demos = (
        state.get("demos") or (state.get("predict") or {}).get("demos") if isinstance(state, dict) else None
    )
    demos = [it for it in demos or () if isinstance(it, dict)]
    known = {it.name for it in own}
    for name in (it.name for it in inputs if it.required):
        others = [key for key in (demos[0] if demos else ()) if key not in known and key not in MARKS]
        if others and all(name not in it for it in demos):
            return f"its demos have no `{name}`, but {' and '.join(f'`{it}`' for it in others[:3])}"
    return None


def _unlike(saved: Sequence[str], fields: Sequence[Field]) -> str | None:
    # ChainOfThought brings a field that the signature itself does not have.
    own = [it.name for it in fields if it.name != REASONING]
    kept = [it for it in saved if it != f"${{{REASONING}}}"]
    if len(kept) != len(own):
        return f"it has {len(kept)} fields, the code {len(own)}"
    for description, name in zip(kept, own, strict=True):
        found = OWN_FIELD.fullmatch(description)
        if found and found[1] != name:
            return f"it has `{found[1]}` where the code has `{name}`"
    return None
