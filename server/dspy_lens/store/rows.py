"""Runs as rows and back."""

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from dspy_lens.values.money import Micros
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.run import Caps, Progress, Run, RunState, Usage, Verb
from dspy_lens.values.trial import Candidate, Trial


def run_from(row: sqlite3.Row) -> Run:
    return Run(
        id=row["id"],
        target=row["target"],
        verb=Verb(row["verb"]),
        state=RunState(row["state"]),
        recipe=Recipe.from_parts(json.loads(row["recipe"])),
        created=row["created"],
        caps=Caps(**json.loads(row["caps"])),
        started=row["started"],
        finished=row["finished"],
        progress=Progress(**json.loads(row["progress"])),
        usage=Usage(**json.loads(row["usage"])),
        outcome=json.loads(row["outcome"]),
    )


def row_of(run: Run) -> dict[str, Any]:
    """A run as the parameters of a statement."""
    return {
        "id": run.id,
        "target": run.target,
        "key": run.key,
        "verb": run.verb.value,
        "state": run.state.value,
        "created": run.created,
        "started": run.started,
        "finished": run.finished,
        "recipe": json.dumps(run.recipe.parts()),
        "caps": json.dumps(asdict(run.caps)),
        "progress": json.dumps(asdict(run.progress)),
        "usage": json.dumps(asdict(run.usage)),
        "outcome": json.dumps(run.outcome),
    }


def trial_from(row: sqlite3.Row) -> Trial:
    return Trial(row["number"], row["score"], bool(row["is_full"]), row["best"], row["at"])


def candidate_from(text: str | None) -> Candidate | None:
    return Candidate(**json.loads(text)) if text else None


def candidate_text(candidate: Candidate | None) -> str | None:
    return json.dumps(asdict(candidate)) if candidate else None


def amount(value: int | None) -> Micros | None:
    return None if value is None else Micros(value)
