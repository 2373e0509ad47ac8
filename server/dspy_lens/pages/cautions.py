"""What a reader must know before believing the figures. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dspy_lens.pages.nearness import near_repeats
from dspy_lens.pages.record import Record
from dspy_lens.pages.sameness import across, quoted, shown_as_demo
from dspy_lens.runs.contents import demos_in, predictors_of
from dspy_lens.values.figures import count, is_practice, percent
from dspy_lens.values.money import micros
from dspy_lens.values.money import shown as money_shown
from dspy_lens.values.run import RunState, Verb
from dspy_lens_worker.messages import OrderExample

LEAST_CHANGED = 6  # answers that must all change the same way: 2 · 0.5⁶ is the first below 5 %
AWAY = 0.1
GROWN = 1.1
MOST_ROWS = 5
FEW = 30  # held-out examples below which an interval is too wide for small gains
MOST_LOGS = 20


@dataclass(frozen=True, slots=True)
class Caution:
    level: str  # error | warning | info
    title: str
    text: str


def cautions(record: Record) -> list[Caution]:
    """What must be known of a run, the gravest first."""
    if record.run.verb is Verb.DRAFT:
        return [*ending(record), *practice(record), *logs(record)]
    return [
        *ending(record),
        *practice(record),
        *leaks(record),
        *overfitting(record),
        *sample(record),
        *failures(record),
        *own_judge(record),
        *several_calls(record),
        *growth(record),
        *logs(record),
    ]


def telling(record: Record) -> list[Caution]:
    """Those that figures alone do not say: how it ended and who answered stand beside these already."""
    if record.run.verb is Verb.DRAFT:
        return []
    return [
        *leaks(record),
        *overfitting(record),
        *sample(record),
        *failures(record),
        *own_judge(record),
        *several_calls(record),
        *growth(record),
    ]


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
            f"{smallest(record, score['n'])}More examples would narrow it.",
        )
    if run.verb is Verb.OPTIMIZE and outcome.get("verdict") == "worse":
        yield Caution("warning", "Worse than before", "Keep the program as it was; do not apply this result.")


def smallest(record: Record, n: int) -> str:
    """What the paired test could have shown at all, where it showed nothing."""
    if record.run.outcome.get("verdict") != "no clear difference":
        return ""
    if n < LEAST_CHANGED:
        return "That is too few to tell any difference from chance. "
    return f"Only a difference of {percent(LEAST_CHANGED / n)} or more could have been told from chance. "


def leaks(record: Record) -> Iterator[Caution]:
    """Held-out examples that the optimizer, or the prompt that it made, has seen all the same."""
    held_out = record.held_out_examples
    if repeated := across(record.examples):
        yield Caution(
            "warning",
            "Examples repeat",
            f"{count(len(repeated), 'held-out example')} {says(len(repeated))} the same as one that the optimizer "
            f"saw, but for case or punctuation ({records(repeated)}). The score flatters: remove the doubles.",
        )
    if near := near_repeats(record.examples):
        yield Caution(
            "warning",
            "Examples nearly repeat",
            f"{count(len(near), 'held-out example')} {shares(len(near))} label and nine words of ten with one that the "
            f"optimizer saw ({records(near)}). Where they are the same case, the score flatters: keep one of each.",
        )
    demos = [it for _, state in predictors_of(record.program or {}) for it in demos_in(state)]
    if shown := shown_as_demo(demos, held_out):
        yield Caution(
            "error",
            "Held-out examples among the demos",
            f"{count(len(shown), 'held-out example')} {stands(len(shown))} in the prompt as a demo "
            f"({records(shown)}). The score does not hold for new inputs.",
        )
    before, after = (" ".join(it.values()) for it in (record.before, record.after))
    old = {it.row for it in quoted(before, held_out)}
    if told := [it for it in quoted(after, held_out) if it.row not in old]:
        yield Caution(
            "error",
            "Held-out examples in the instructions",
            f"The new instructions hold {count(len(told), 'held-out example')} word for word "
            f"({records(told)}). The score does not hold for new inputs.",
        )


def says(n: int) -> str:
    return "says" if n == 1 else "say"


def shares(n: int) -> str:
    return "shares its" if n == 1 else "share their"


def stands(n: int) -> str:
    return "stands" if n == 1 else "stand"


def records(examples: list[OrderExample]) -> str:
    """`records 3, 8 and 5 more`: where they stand in the example file, from 0."""
    rows = [str(it.row) for it in examples[:MOST_ROWS]]
    more = f" and {len(examples) - MOST_ROWS} more" if len(examples) > MOST_ROWS else ""
    return f"record{'s' if len(examples) > 1 else ''} {', '.join(rows)}{more}"


def overfitting(record: Record) -> Iterator[Caution]:
    """Where the optimizer did well on what it chose by, and not on what it never saw."""
    outcome = record.run.outcome
    best, validation = outcome.get("best"), (outcome.get("validation") or {}).get("best")
    if best is None or validation is None or not runs_away(validation, best):
        return
    low, high = percent(best["low"]), percent(best["high"])
    yield Caution(
        "warning",
        "Overfitted",
        f"It scores {percent(validation)} on the examples it was chosen by, and {percent(best['score'])} "
        f"({low} to {high}) on those it never saw. Believe the second. More validation examples, or fewer trials, "
        "make the first more honest.",
    )


def runs_away(validation: float, held_out: Mapping[str, Any]) -> bool:
    """Whether a validation score lies above what the held-out one can be, by a tenth at least."""
    return bool(validation > held_out["high"] and validation - held_out["score"] >= AWAY)


def own_judge(record: Record) -> Iterator[Caution]:
    models = record.run.recipe.models
    task, judge = (model_name(models.get(it)) for it in ("task", "judge"))
    if judge is not None and judge == task and not is_practice(record.run):
        yield Caution(
            "info",
            "Judged by itself",
            f"{judge} judged its own answers, and models are lenient with their own. Set another `judge_model`.",
        )


def model_name(model: object) -> object:
    return model.get("name") if isinstance(model, Mapping) else model


def several_calls(record: Record) -> Iterator[Caution]:
    """A program that asks more often than before, each time that it runs: near examples, members, embeddings."""
    size = record.run.outcome.get("prompt") or {}
    before, after = size.get("calls_before"), size.get("calls")
    more = f"{after:,} calls of a model instead of {before:,}" if before and after and after > before else ""
    embedded = embedding_of(record.run.recipe.parameters) if record.run.state.has_result else None
    request = f"one request to {embedded}" if embedded else ""
    if more or request:
        yield Caution(
            "warning",
            "Each answer takes more calls",
            f"One run of the program makes {' and '.join(it for it in (more, request) if it)}, in production too.",
        )


def embedding_of(parameters: Mapping[str, Any]) -> str | None:
    """The hosted model that looks up examples at each answer, if there is one; also as a part of a sequence."""
    vectorizer = parameters.get("vectorizer")
    if isinstance(vectorizer, str):
        return vectorizer if "/" in vectorizer else None
    inner = (embedding_of(it) for it in parameters.values() if isinstance(it, Mapping))
    return next((it for it in inner if it), None)


def growth(record: Record) -> Iterator[Caution]:
    """A prompt that has grown makes each later call dearer."""
    size = record.run.outcome.get("prompt")
    if not size or size["after"] < size["before"] * GROWN:
        return
    added = size.get("dollars")
    price = f", which adds {money_shown(micros(added))} to 1,000 runs of the program" if added else ""
    yield Caution(
        "info",
        "Longer prompt",
        f"One run of the program sends about {size['after']:,.0f} input tokens instead of "
        f"{size['before']:,.0f}{price}.",
    )


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
