"""The last word on a run whose worker could not say it."""

import re
from collections.abc import Sequence
from typing import Any

from dspy_lens.runs.folder import RunFolder
from dspy_lens.values.money import dollars
from dspy_lens.values.run import Run
from dspy_lens.values.trial import Candidate
from dspy_lens_worker.messages import (
    AnyEvent,
    Baseline,
    CallCounts,
    Finished,
    ScoreMessage,
    State,
    TokenCounts,
    Validation,
)

LINE = 200  # characters of the log that a reason quotes
BAR = re.compile(r"\d%\|")  # of progress
# Keys turn up in the error texts of providers: whatever looks like one is left out.
SECRET = re.compile(r"(?i)(?:bearer\s+|sk-|key[=:]\s*)\S+|\b(?=\w*\d)(?=\w*[a-z])[\w-]{24,}\b")


def ending(
    run: Run,
    folder: RunFolder,
    candidate: Candidate | None,
    sequence: int,
    at: float,
    state: State,
    reason: str,
    stage: str | None = None,
) -> Finished:
    """A `finished` event from what the store and the folder know; the best candidate is kept."""
    usage, result = run.usage, folder.result()
    return Finished(
        run=run.id,
        sequence=sequence,
        at=at,
        state=state,
        reason=reason,
        stage=stage,
        target=run.target,
        key=run.key,
        optimizer=run.recipe.optimizer,
        parameters=run.recipe.parameters,
        model=model_of(run.recipe.models),
        baseline=baseline_of(folder),
        validation=validation_of(run),
        calls=CallCounts(task=usage.task, prompt=usage.prompt, judge=usage.judge, cached=usage.cached),
        requests=usage.requests,
        tokens=TokenCounts(input=usage.input_tokens, output=usage.output_tokens),
        dollars=None if usage.dollars is None else dollars(usage.dollars),
        seconds=max(0.0, at - run.started) if run.started is not None else 0.0,
        program=str(result) if result else None,
        instructions=candidate.instructions if candidate else {},
        demos=candidate.demos if candidate else {},
        practice=model_of(run.recipe.models) == "offline",
    )


def last_word(run: Run | None, events: Sequence[AnyEvent]) -> tuple[Finished, ...]:
    """The event that ended the run, where it was said in the worker's place and stands in no file."""
    if run is None or not run.outcome or any(isinstance(it, Finished) for it in events):
        return ()
    return (Finished.model_validate(run.outcome),)


def model_of(models: dict[str, Any]) -> str:
    task = models.get("task")
    return str(task.get("name", "")) if isinstance(task, dict) else str(task or "")


def baseline_of(folder: RunFolder) -> ScoreMessage | None:
    return next((it.baseline for it in folder.all_events() if isinstance(it, Baseline)), None)


def validation_of(run: Run) -> Validation | None:
    best = run.progress.best
    return None if best is None else Validation(baseline=None, best=best, n=0)


def lost_reason(folder: RunFolder) -> str:
    """Why a worker is gone: its disk has no room, or by the last line that it printed, or the crash that it died of."""
    if refused := folder.refuses_writing():
        return (
            f"The disk that holds {folder.path} takes no more ({refused}), so that the worker could not say how "
            "it ended. Make room, then run it again: paid replies are in the cache."
        )
    lines = [it.strip() for it in folder.log_tail().splitlines() if it.strip() and not BAR.search(it)]
    if not lines:
        return "The worker was killed or never started. Run it again: paid replies are in the cache."
    # A crash is followed by a long trace of all threads.
    said = next((it for it in lines if it.startswith("Fatal Python error")), lines[-1])
    last = SECRET.sub("…", said)[:LINE].rstrip(".")
    return f"The worker ended early, its last words: {last}. Run it again: paid replies are in the cache."
