"""What earlier runs of a target teach the next estimate: how much they used, how fast, how often right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from dspy_lens.estimate.correcting import Correction, Past, corrected_by
from dspy_lens.runs.folder import RunFolder, write_whole
from dspy_lens.values.estimate import ZERO, Estimate, Range, Share
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.run import Run, RunState, Verb

ESTIMATE = "estimate.json"
LOOKED_BACK = 50
"""Runs of a target that are looked through."""

MOST = 10
"""Of these, the newest that are learnt from; older ones were of another program."""

FEWEST_REQUESTS = 20
"""Requests from which on a run says how fast the model answers."""

_ADAPTER: TypeAdapter[Estimate] = TypeAdapter(Estimate)


@dataclass(frozen=True, slots=True)
class Experience:
    """`success` is the share of examples that the unoptimized program got right, on `measured` examples.

    `latency` is in seconds of one request, None where no run was long enough to tell.
    """

    correction: Correction = field(default_factory=Correction)
    latency: float | None = None
    success: float = 0.5
    measured: int = 0
    judge: Range = ZERO  # calls of a model that the same metric made for one answer
    per_run: float | None = None  # calls of one run of the program, fan-out and loops included


def keep_estimate(folder: RunFolder, estimate: Estimate) -> None:
    """Writes down what a run was expected to take, beside what it will say it took."""
    write_whole(folder.path / ESTIMATE, _ADAPTER.dump_json(estimate))


def kept_estimate(folder: Path) -> Estimate | None:
    """What a run was expected to take; None where nobody wrote it down."""
    try:
        return _ADAPTER.validate_json((folder / ESTIMATE).read_bytes())
    except (OSError, ValidationError):
        return None


def experience_of(
    runs: Sequence[Run],
    recipe: Recipe,
    threads: int,
    folders: Path,
    used: Mapping[str, Mapping[str, Share]],
) -> Experience:
    """What these runs of one target, the newest first, teach about the next one.

    `used` is what the ledger says of each run, by role. Only runs of the same models count: another model writes,
    answers and errs otherwise.
    """
    own = [it for it in runs if it.recipe.models == recipe.models and it.verb is not Verb.DRAFT]
    finished = [it for it in own if it.state.finished and it.outcome][:MOST]
    alike = [it for it in finished if it.recipe.optimizer == recipe.optimizer and not it.dry]
    # Nothing like it was run yet: how long questions and answers are, a look at the program tells as well.
    alike = alike or [it for it in finished if it.verb is Verb.EVALUATE]
    past = [
        Past(estimate, used.get(it.id, {}), it.state is RunState.SUCCEEDED)
        for it in alike
        if (estimate := kept_estimate(folders / it.id)) is not None
    ]
    latencies = (latency_of(it, threads, used.get(it.id, {})) for it in finished)
    latency = next((it for it in latencies if it is not None), None)
    success, measured = success_of(finished)
    judge = judge_of([it for it in finished if it.recipe.metric_source == recipe.metric_source])
    return Experience(corrected_by(past), latency, success, measured, judge, per_run_of(finished))


def per_run_of(runs: Sequence[Run]) -> float | None:
    """LM calls of one run of the program, by the newest dry run; None where there was none."""
    dry = next((it for it in runs if it.dry and it.state is RunState.SUCCEEDED and it.usage.task), None)
    return dry.usage.task / int(dry.recipe.parameters["examples"]) if dry else None


def latency_of(run: Run, threads: int, used: Mapping[str, Share]) -> float | None:
    """Seconds of a request: of a dry run between one answer and the next, since it asks one after the other.

    Of another run as if all threads had been at work all the time.
    """
    if run.dry:
        task = used.get("task", Share())
        return task.seconds / (task.requests - 1) if task.requests > 1 else None
    seconds = float(run.outcome.get("seconds") or 0)
    if run.usage.requests < FEWEST_REQUESTS or not seconds:
        return None
    return seconds * threads / run.usage.requests


def judge_of(runs: Sequence[Run]) -> Range:
    """Calls of a model that the metric made for one answer, by the newest run that had any; else 0."""
    seen = [
        it.usage.judge / it.outcome["judged"] for it in runs if it.usage.judge and it.outcome.get("judged")
    ]
    return Range(min(seen), seen[0], max(seen)) if seen else ZERO


def success_of(runs: Sequence[Run]) -> tuple[float, int]:
    """How often the unoptimized program was right, by the newest run that looked; a half when none did.

    A dry run looks at a few examples, so that a whole look counts for more, also an older one.
    """
    baseline = next((it.outcome["baseline"] for it in runs if it.outcome.get("baseline")), None)
    if baseline:
        return baseline["score"], baseline["n"]
    dry = next((it.outcome["validation"] for it in runs if it.dry and it.outcome.get("validation")), None)
    return (dry["baseline"], dry["n"]) if dry and dry["baseline"] is not None else (0.5, 0)
