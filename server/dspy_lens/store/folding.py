"""What events make of a run: pure, one event after the other."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dspy_lens.store.rows import amount
from dspy_lens.values.money import Micros, micros
from dspy_lens.values.run import Progress, Run, RunState, Usage
from dspy_lens.values.trial import Candidate
from dspy_lens_worker import messages
from dspy_lens_worker.messages import AnyEvent


@dataclass(frozen=True, slots=True)
class Story:
    """A run as far as its events told it; `sequence` is that of the last one."""

    run: Run
    candidate: Candidate | None
    sequence: int


def news(story: Story, events: Iterable[AnyEvent]) -> list[AnyEvent]:
    """The events that the story does not hold yet: each sequence counts once."""
    new: list[AnyEvent] = []
    last = story.sequence
    for event in events:
        if event.sequence > last and event.run == story.run.id:
            new.append(event)
            last = event.sequence
    return new


def fold(story: Story, event: AnyEvent) -> Story:
    """The story with one more event. A run that has finished stays as it is."""
    if story.run.state.finished:
        return replace(story, sequence=event.sequence)
    candidate = story.candidate
    if isinstance(event, messages.Candidate):
        candidate = Candidate(event.trial, event.score, event.instructions, event.demos)
    return Story(advanced(story.run, event), candidate, event.sequence)


def advanced(run: Run, event: AnyEvent) -> Run:
    match event:
        case messages.Started():
            return replace(run, state=RunState.RUNNING, started=run.started or event.at)
        case messages.Trial():
            return replace(run, progress=progressed(run, event))
        case messages.Usage():
            return replace(run, usage=used(event, amount(event.micros)))
        case messages.Finished():
            return finished(run, event)
        case _:
            return run


def progressed(run: Run, trial: messages.Trial) -> Progress:
    left = None
    if trial.of is not None and trial.number > 0 and run.started is not None:
        left = max(0.0, (trial.at - run.started) / trial.number * (trial.of - trial.number))
    best = trial.best if trial.best is not None else run.progress.best
    return Progress(trial.number, trial.of, best, left)


def used(event: messages.Usage | messages.Finished, spent: Micros | None) -> Usage:
    """The running totals that an event tells, with what was spent in its own words."""
    calls, tokens = event.calls, event.tokens
    return Usage(
        task=calls.task,
        prompt=calls.prompt,
        judge=calls.judge,
        cached=calls.cached,
        requests=event.requests,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        dollars=spent,
    )


def finished(run: Run, event: messages.Finished) -> Run:
    spent = None if event.dollars is None else micros(round(event.dollars, 6))
    return replace(
        run,
        state=RunState(event.state),
        finished=event.at,
        usage=used(event, spent),
        progress=replace(run.progress, seconds_left=None),
        outcome=event.model_dump(mode="json"),
    )
