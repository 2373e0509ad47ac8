"""A repository that a workspace can be opened on, small enough to read in a test."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from dspy_lens.paths import Paths
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.values.request import Answered, Changed, Planned, Refused, RunRequest
from dspy_lens.values.run import Run
from dspy_lens.values.standing import Standing
from dspy_lens.workspace import Workspace

DEADLINE = 60.0

TICKETS = """
    from typing import Literal

    import dspy


    class Ticket(dspy.Signature):
        \"\"\"Sort the ticket.\"\"\"

        text: str = dspy.InputField()
        label: Literal["billing", "login"] = dspy.OutputField()


    classify = dspy.Predict(Ticket)
"""


@dataclass(frozen=True)
class Repository:
    """A root below a temporary folder, with state and cache of its own."""

    path: Path

    @property
    def root(self) -> Path:
        return self.path / "repository"

    @property
    def paths(self) -> Paths:
        places = {
            "DSPY_LENS_STATE": str(self.path / "state"),
            "DSPY_LENS_CACHE": str(self.path / "cache"),
            "DSPY_LENS_CONFIG": str(self.path / "user.toml"),
        }
        return Paths.of(self.root, places)

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"))
        return file

    def settings(self, text: str = "") -> None:
        """Settings with the practice model, and what else is said."""
        self.write("pyproject.toml", '[tool.dspy-lens]\nmodel = "offline"\n' + dedent(text))

    def examples(self, count: int = 20, **changes: str) -> None:
        """Numbered tickets, every other one about billing; `changes` relabels rows by number (`row3`)."""
        rows = []
        for number in range(count):
            kind = "billing" if number % 2 else "login"
            word = "invoice" if kind == "billing" else "password"
            rows.append({"text": f"my {word} number {number}", "label": changes.get(f"row{number}", kind)})
        self.write("tickets.jsonl", "".join(json.dumps(it) + "\n" for it in rows))

    @classmethod
    def of_tickets(cls, path: Path, settings: str = "") -> "Repository":
        repository = cls(path)
        (repository.root / ".git").mkdir(parents=True)
        repository.write("app.py", TICKETS)
        repository.examples()
        repository.settings(settings)
        return repository

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Workspace]:
        """The workspace as it is, once it has read everything."""
        async with Workspace.open(self.paths, "0") as workspace:
            await workspace.indexed()
            yield workspace

    @asynccontextmanager
    async def open(self, trusted: bool = True) -> AsyncIterator[Workspace]:
        """The workspace as a window has it that names this interpreter."""
        async with self.opened() as workspace:
            workspace.consent.prefer_interpreter(sys.executable)
            if trusted:
                await workspace.consent.trust()
            yield workspace


async def changed(workspace: Workspace, act: Callable[[], object], path: str) -> None:
    """Does something to a file, and returns once the workspace has seen it."""
    seen = asyncio.Event()

    def listen(change: Changed) -> None:
        if path in change.files:
            seen.set()

    unsubscribe = workspace.subscribe(listen)
    try:
        act()
        await asyncio.wait_for(seen.wait(), DEADLINE)
    finally:
        unsubscribe()


def edited(text: str, edit: TextEdit) -> str:
    """The text with one edit in it."""
    lines = text.splitlines(keepends=True)
    start = sum(len(it) for it in lines[: edit.span.line - 1]) + edit.span.column
    end = sum(len(it) for it in lines[: edit.span.end_line - 1]) + edit.span.end_column
    return text[:start] + edit.text + text[end:]


async def planned(workspace: Workspace, request: RunRequest) -> Planned:
    plan = await workspace.plan(request)
    assert isinstance(plan, Planned), plan
    return plan


async def ran(workspace: Workspace, request: RunRequest) -> Run:
    """The run of a request, once it has finished."""
    plan = await planned(workspace, request)
    over = asyncio.Event()
    unsubscribe = workspace.subscribe(lambda _: over.set())
    try:
        started = await workspace.start(plan, request, {})
        assert not isinstance(started, Refused), started
        if isinstance(started, Answered):
            return started.run
        async with asyncio.timeout(DEADLINE):
            while not (run := await workspace.run(started.id)) or not run.state.finished:
                over.clear()
                await over.wait()
        return run
    finally:
        unsubscribe()


async def standing(workspace: Workspace, name: str) -> Standing:
    target = await workspace.saved.target(name)
    assert target is not None
    return await workspace.standing(target, workspace.saved)
