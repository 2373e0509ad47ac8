"""Which run a RUN argument means."""

from collections.abc import Sequence
from typing import Any

from dspy_lens.cli.errors import Ended
from dspy_lens.cli.session import Session

LAST = "last"
RUN_HELP = "a run's id, a unique beginning or end of it, or `last`"


def run_or_none(text: str, runs: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The run of this id, or of a beginning or end of it; `last` is the newest. Ends when several fit."""
    if text == LAST and runs:
        return runs[0]
    fits = [it for it in runs if it["run"] == text] or [
        it for it in runs if it["run"].startswith(text) or it["run"].endswith(text)
    ]
    if len(fits) > 1:
        names = ", ".join(it["run"] for it in fits[:3])
        raise Ended(f"{text} could be {names}{', …' if len(fits) > 3 else ''}. Give more of the id.")
    return fits[0] if fits else None


def run_id(session: Session, text: str) -> str:
    """The id of the run that `text` names, or of the newest run of the target that it names."""
    runs = session.ask("runs", {})["runs"]
    run = run_or_none(text, runs) or _newest_of(text, runs)
    if run is None:
        raise Ended(f"There is no run {text}. `dspy-lens runs` lists what there is.")
    name: str = run["run"]
    return name


def _newest_of(target: str, runs: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    return next((it for it in runs if target in (it["target"], it["target"].partition(":")[2])), None)
