"""The two lenses of a target: what their texts say and what a click does. Pure; the server adds positions."""

from dataclasses import dataclass, field
from typing import Any

from dspy_lens.source.drafts import UNREVIEWED
from dspy_lens.source.files import matches
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.figures import (
    age,
    count,
    duration,
    estimated,
    headline,
    last_score,
    of_cap,
    percent,
    shortened,
    spent,
    was,
)
from dspy_lens.values.run import Run, RunState, Verb
from dspy_lens.values.settings import CodeLensSettings
from dspy_lens.values.standing import Applied, Failed, Fresh, Never, Running, Stale, Standing
from dspy_lens.values.target import Target

LONGEST = 120  # characters of a reason; a lens is one line
MOST_REASONS = 2


@dataclass(frozen=True, slots=True)
class Lens:
    """One lens: its text, and the command that a click sends with its argument."""

    title: str
    command: str
    argument: dict[str, Any] = field(default_factory=dict)


def shown(settings: CodeLensSettings, path: str) -> bool:
    """Whether a file of the root shows lenses at all."""
    return settings.enabled and not matches(settings.exclude, path)


def lenses(target: Target, standing: Standing, estimate: Estimate | None, now: float) -> tuple[Lens, Lens]:
    """Always two, whatever is known, so that text never jumps."""
    return first(target, standing, estimate), second(target, standing, now)


def first(target: Target, standing: Standing, estimate: Estimate | None) -> Lens:
    """A verb and a fact."""
    noun, argument = target.definition.noun, {"target": target.name}
    match standing:
        case Running(run):
            return Lens(f"■ Stop · {doing(run)}", "dspyLens.cancel", {"run": run.id, **argument})
        case Fresh() | Applied():
            return Lens("▶ Optimize again · cached", "dspyLens.optimize", argument)
    if target.wanted:
        return Lens(f"⤓ Get the examples of this {noun}", "dspyLens.getExamples", argument)
    if unwritten(target):
        verb = "Review" if drafted(target) else "Write"
        return Lens(f"✎ {verb} examples for this {noun}", "dspyLens.openExamples", argument)
    if target.offers:
        return Lens(f"⇄ Choose the examples of this {noun}", "dspyLens.chooseExamples", argument)
    if not has_examples(target):
        return Lens(f"＋ Create examples for this {noun}", "dspyLens.createExamples", argument)
    verb = "▶ Optimize again" if isinstance(standing, Stale) else f"▶ Optimize this {noun}"
    return Lens(joined(verb, fact(target, estimate)), "dspyLens.optimize", argument)


def second(target: Target, standing: Standing, now: float) -> Lens:
    """What is known; a click opens it."""
    show = "dspyLens.show"
    match standing:
        case Never():
            command = "dspyLens.openExamples" if target.examples else show
            command = "dspyLens.chooseExamples" if target.offers else command
            return Lens(nothing_yet(target), command, {"target": target.name})
        case Running(run):
            title = joined(of_cap(run), left(run))
        case Fresh(run):
            title = joined(headline(run) or "no score", early(run), spent(run.usage), when(run, now))
        case Applied(run):
            title = joined("applied", last_score(run))
        case Stale(run, reasons):
            before = was(run)
            title = joined(f"⚠ stale: {listed(reasons)}", f"was {before}" if before else None)
        case Failed(run):
            title = failure(run)
    return Lens(title, show, {"run": run.id, "target": target.name})


def joined(*parts: str | None) -> str:
    return " · ".join(it for it in parts if it)


def has_examples(target: Target) -> bool:
    return target.examples is not None and bool(target.examples.examples)


def fact(target: Target, estimate: Estimate | None) -> str | None:
    if target.metric is None:
        return "no metric yet"
    return None if estimate is None else estimated(estimate)


def unwritten(target: Target) -> int:
    """How many records nobody has written over or reviewed yet, where there are no others."""
    if target.examples is None or target.examples.examples:
        return 0
    return sum(it.code in ("examples/placeholder", UNREVIEWED) for it in target.examples.problems)


def drafted(target: Target) -> bool:
    """Whether all there is are drafts that nobody has reviewed."""
    codes = {it.code for it in target.examples.problems} if target.examples else set()
    return UNREVIEWED in codes and "examples/placeholder" not in codes


def nothing_yet(target: Target) -> str:
    if target.wanted:
        return one_line(joined("no examples yet", ", ".join(it.source for it in target.wanted)))
    if records := unwritten(target):
        noun, todo = ("draft", "reviewed") if drafted(target) else ("record", "written")
        return f"{count(records, noun)} to be {todo}"
    if target.offers:
        first, more = target.offers[0].path.rpartition("/")[2], len(target.offers)
        return one_line(joined("no examples", f"{first if more == 1 else f'{more} files'} may fit"))
    if target.examples is None or not target.examples.examples:
        return "no examples"
    metric = target.metric.name if target.metric else "no metric"
    return joined("no score yet", count(len(target.examples.examples), "example"), one_line(metric))


def doing(run: Run) -> str:
    """`trial 4/10 · best 78 %`."""
    progress = run.progress
    if run.state is RunState.QUEUED:
        return "queued"
    if run.verb is not Verb.OPTIMIZE:
        return "evaluating" if run.verb is Verb.EVALUATE else "drafting examples"
    if not progress.trial:
        return "starting"
    of = f"/{progress.of}" if progress.of else ""
    best = f"best {percent(progress.best)}" if progress.best is not None else None
    return joined(f"trial {progress.trial}{of}", best)


def left(run: Run) -> str | None:
    seconds = run.progress.seconds_left
    return None if seconds is None or run.state is RunState.QUEUED else f"{duration(seconds)} left"


def early(run: Run) -> str | None:
    return "stopped early" if run.state is RunState.STOPPED else None


def when(run: Run, now: float) -> str | None:
    return age(run.finished, now) if run.finished is not None else None


def listed(reasons: tuple[str, ...]) -> str:
    shown = ", ".join(reasons[:MOST_REASONS]) or "something changed"
    more = len(reasons) - MOST_REASONS
    return one_line(f"{shown} and {more} more" if more > 0 else shown)


def failure(run: Run) -> str:
    """`✗ failed at load: no module named app`."""
    stage, reason = run.outcome.get("stage"), run.outcome.get("reason")
    what = "lost" if run.state is RunState.LOST else f"failed at {stage}" if stage else "failed"
    return f"✗ {what}: {one_line(reason)}" if reason else f"✗ {what}"


def one_line(text: str) -> str:
    """The text in one line of a bearable length."""
    return shortened(text, LONGEST)
