"""Following a run to its end, over a daemon that goes and comes back if need be."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from dspy_lens.cli.connection import Gone, Interrupted
from dspy_lens.cli.errors import Ended, Exit
from dspy_lens.cli.session import Session, attached_to
from dspy_lens.cli.terminal import Terminal
from dspy_lens.cli.views.progress import Watcher, watcher
from dspy_lens.cli.views.run import outcome_view

EXITS = {"succeeded": Exit.DONE, "stopped": Exit.STOPPED}
DEATHS = 3  # daemons that may die without having said anything new


def follow(session: Session, run: str, terminal: Terminal) -> Exit:
    """Shows a run until it has finished. The first Ctrl-C cancels it, the second one leaves it alone."""
    try:
        finished = followed(session, [run], terminal)
    except Interrupted:
        terminal.warn(f"Left {run} as it is. Look with `dspy-lens show {run}`.")
        return Exit.STOPPED
    return ending(finished, terminal)


def followed(session: Session, runs: Sequence[str], terminal: Terminal) -> dict[str, Any]:
    """The `finished` event of the first of these runs; until then its events are shown.

    The first Ctrl-C cancels all of them, the second one raises Interrupted.
    """
    about = {} if terminal.json else session.ask("run", {"run": runs[0]})
    with session.connection.interrupts(), watcher(terminal, about) as shown:
        return _watch(session, runs, terminal, shown)


def answered(session: Session, run: str, terminal: Terminal) -> Exit:
    """Shows a result that the store holds: nothing runs and nothing is paid."""
    finished = {**session.ask("run", {"run": run})["outcome"], "stored": True}
    terminal.line(finished)
    terminal.say("From the store: this recipe has run before, and nothing was paid.")
    return ending(finished, terminal)


def ending(finished: dict[str, Any], terminal: Terminal) -> Exit:
    """What a run came to, and the exit code for it."""
    terminal.show(*outcome_view(finished))
    return EXITS.get(finished["state"], Exit.NO)


def _watch(session: Session, runs: Sequence[str], terminal: Terminal, shown: Watcher) -> dict[str, Any]:
    """The `finished` event. Each event is shown once, also when the daemon had to be started again."""
    seen, deaths = 0, 0
    with contextlib.ExitStack() as sessions:
        while True:
            try:
                for event in _events(session, runs, seen):
                    seen, deaths = event.get("sequence", seen), 0
                    terminal.line(event)
                    shown.see(event)
                    if event["event"] == "finished":
                        return event
            except Gone:
                # A daemon that is killed takes no run along: the next one reads on where we are.
                if (deaths := deaths + 1) > DEATHS:
                    raise
                session = sessions.enter_context(attached_to(session.root, terminal))
                sessions.enter_context(session.connection.interrupts())


def _events(session: Session, runs: Sequence[str], after: int) -> Iterator[dict[str, Any]]:
    session.ask("follow", {"run": runs[0], "after": after})
    cancelled = False
    while True:
        try:
            yield session.connection.event()
        except Interrupted:
            if cancelled:
                raise
            cancelled = True
            session.terminal.warn("Cancelling, and keeping the best so far. Once more to leave it running.")
            for run in runs[::-1]:  # Those that wait first, so that none of them starts.
                with contextlib.suppress(Ended):  # It may have finished just now; its last event tells.
                    session.command("cancel", {"run": run})
