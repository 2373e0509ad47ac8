"""What moves while a run goes on: a bar in a terminal, a line for each step elsewhere."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.text import Text

from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.words import cost, plural, price, scored, share
from dspy_lens.values.figures import duration

Event = dict[str, Any]


class Watcher(Protocol):
    def see(self, event: Event) -> None: ...


@contextlib.contextmanager
def watcher(terminal: Terminal, about: dict[str, Any]) -> Iterator[Watcher]:
    """What shows a run's events here; `about` is what is known of the run."""
    story = Story(about)
    if terminal.live:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(24),
            TextColumn("{task.fields[status]}"),
        )
        with Progress(*columns, console=terminal.out, transient=True) as progress:
            task = progress.add_task(escape(short(about)), total=None, status="waiting")
            yield Bar(progress, task, terminal, story)
    else:
        yield Lines(terminal, story)


def short(about: dict[str, Any]) -> str:
    name: str = about.get("target", "").partition(":")[2]
    return name


@dataclass(slots=True)
class Story:
    """What the events have told so far."""

    about: dict[str, Any]
    started: float | None = None
    trial: int = 0
    of: int | None = None
    best: float | None = None
    spent: str = ""
    left: float | None = None

    def hear(self, event: Event) -> None:
        match event["event"]:
            case "started":
                self.started = event["at"]
            case "trial":
                self.trial, self.of, self.best = event["number"], event["of"], event["best"]
                self.left = self._left(event["at"])
            case "usage":
                self.spent = self._spent(event)

    def _left(self, now: float) -> float | None:
        if not (self.of and self.trial and self.started):
            return None
        return (now - self.started) / self.trial * max(0, self.of - self.trial)

    def _spent(self, event: Event) -> str:
        cap = (self.about.get("caps") or {}).get("dollars")
        dollars = event["dollars"] if "dollars" in event else _dollars(event.get("micros"))
        if dollars == 0 or (dollars is None and not any(event["tokens"].values())):
            return plural(event["requests"], "request")
        spent = cost(dollars, event["tokens"])
        return f"{spent} of {price(cap)}" if cap is not None and dollars is not None else spent

    def status(self) -> str:
        """`trial 4/10 · best 78 % · $0.02 of $0.50 · 3 min left`."""
        parts = [
            f"trial {self.trial}{f'/{self.of}' if self.of else ''}" if self.trial else "",
            f"best {share(self.best)}" if self.best is not None else "",
            self.spent,
            f"{duration(self.left)} left" if self.left else "",
        ]
        return " · ".join(it for it in parts if it)


def _dollars(micros: int | None) -> float | None:
    return None if micros is None else micros / 1_000_000


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar that moves, with remarks above it."""

    progress: Progress
    task: TaskID
    terminal: Terminal
    story: Story

    def see(self, event: Event) -> None:
        self.story.hear(event)
        if event["event"] not in ("trial", "usage") and (said := remark(event)):
            self.terminal.show(said)
        status = escape(self.story.status() or event["event"])
        self.progress.update(self.task, completed=self.story.trial, total=self.story.of, status=status)


@dataclass(frozen=True, slots=True)
class Lines:
    """A line for each step, for logs and pipes."""

    terminal: Terminal
    story: Story

    def see(self, event: Event) -> None:
        self.story.hear(event)
        if not self.terminal.quiet and (said := remark(event)):
            self.terminal.show(said)
        if event["event"] == "trial":
            kind = "" if event["full"] else " on a minibatch"
            self.terminal.say(f"  {share(event['score']):>5}{kind} in {self.story.status()}")


def remark(event: Event) -> Text | None:
    """A sentence on a step that is worth one."""
    match event["event"]:
        case "started" if event.get("python"):
            return Text(f"  started with Python {event['python']} and DSPy {event['dspy']}", style="dim")
        case "loaded":
            parts = f"{event['train']} train, {event['validation']} validation, {event['test']} held-out"
            # DSPy calls the predictor `self` where the program is nothing else.
            named = ", ".join(it for it in event["predictors"] if it != "self")
            return Text(f"  loaded{named and f' {named}'}: {parts}", style="dim")
        case "baseline" if event["baseline"]:
            return Text(f"  baseline {scored(event['baseline'])} held-out")
        case "log":
            style = {"warning": "yellow", "error": "red"}.get(event["level"], "dim")
            return Text(f"  {event['message']}", style=style)
    return None
