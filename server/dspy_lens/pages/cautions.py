"""What a reader must know before believing the figures. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from dspy_lens.pages.record import Record
from dspy_lens.values.figures import count, is_practice, percent
from dspy_lens.values.run import RunState, Verb

FEW = 30  # held-out examples below which an interval is too wide for small gains
MOST_LOGS = 20


@dataclass(frozen=True, slots=True)
class Caution:
    level: str  # error | warning | info
    title: str
    text: str


def cautions(record: Record) -> list[Caution]:
    return [*ending(record), *practice(record), *sample(record), *failures(record), *logs(record)]


def ending(record: Record) -> Iterator[Caution]:
    run, outcome = record.run, record.run.outcome
    reason = str(outcome.get("reason") or "")
    match run.state:
        case RunState.FAILED:
            stage = outcome.get("stage")
            yield Caution(
                "error", f"Failed at {stage}" if stage else "Failed", reason or "No reason was given."
            )
        case RunState.LOST:
            yield Caution("error", "Lost", reason or "Its worker ended without a word. Run it again.")
        case RunState.STOPPED:
            yield Caution("warning", "Stopped early", reason or "The best so far was kept.")
        case RunState.QUEUED | RunState.RUNNING:
            yield Caution("info", "Not finished", "This page was made while the run went on.")


def practice(record: Record) -> Iterator[Caution]:
    if is_practice(record.run):
        yield Caution(
            "warning",
            "Practice model",
            "The built-in practice model answered, and no real model took part. The figures show how a run "
            "goes; they say nothing about your signature.",
        )


def sample(record: Record) -> Iterator[Caution]:
    run, outcome = record.run, record.run.outcome
    if not run.state.has_result:
        return
    score = outcome.get("best") or outcome.get("baseline")
    if score is None:
        yield Caution(
            "warning",
            "Nothing was held out",
            "There is no score on examples that the optimizer did not see: there were too few examples, or the "
            "cap had no room. What is shown is validation, which the optimizer chose by. Add examples.",
        )
    elif score["n"] < FEW:
        low, high = percent(score["low"]), percent(score["high"])
        yield Caution(
            "info",
            "Few examples",
            f"{count(score['n'], 'held-out example')} bound the score no closer than {low} to {high}. "
            "More examples would narrow it.",
        )
    if run.verb is Verb.OPTIMIZE and outcome.get("verdict") == "worse":
        yield Caution("warning", "Worse than before", "Keep the program as it was; do not apply this result.")


def failures(record: Record) -> Iterator[Caution]:
    """Answers that never came; they are in no score."""
    missing = [it for it in record.held_out if it.score is None]
    if missing:
        first = next((it.error for it in missing if it.error), None)
        text = f"{count(len(missing), 'answer')} on held-out examples could not be scored and "
        text += f"{'is' if len(missing) == 1 else 'are'} left out of the score."
        yield Caution("warning", "Failures", f"{text} The first: {first}" if first else text)


def logs(record: Record) -> Iterator[Caution]:
    told = dict.fromkeys((it.level, it.message) for it in record.logs if it.level in ("warning", "error"))
    for level, message in list(told)[:MOST_LOGS]:
        yield Caution(level, "Said by the run", message)
