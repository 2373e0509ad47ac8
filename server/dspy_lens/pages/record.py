"""Everything that a page is made of, gathered once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dspy_lens.runs.contents import instructions_before, kept_prompts
from dspy_lens.runs.folder import RunFolder
from dspy_lens.values.estimate import Estimate
from dspy_lens.values.run import Run
from dspy_lens.workspace import Workspace
from dspy_lens_worker.messages import (
    AnyEvent,
    Candidate,
    Charge,
    HeldOut,
    Loaded,
    Log,
    OrderExample,
    Prompt,
    Started,
    Trial,
    Usage,
)


@dataclass(frozen=True, slots=True)
class Record:
    """One run with all that is known of it. `before` holds instructions by predictor, as they were."""

    run: Run
    events: tuple[AnyEvent, ...] = ()
    held_out: tuple[HeldOut, ...] = ()
    program: dict[str, Any] | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    prompts: tuple[Prompt, ...] = ()
    estimate: Estimate | None = None
    examples: tuple[OrderExample, ...] = ()
    threads: int | None = None

    @property
    def trials(self) -> tuple[Trial, ...]:
        return tuple(it for it in self.events if isinstance(it, Trial))

    @property
    def logs(self) -> tuple[Log, ...]:
        return tuple(it for it in self.events if isinstance(it, Log))

    @property
    def loaded(self) -> Loaded | None:
        return next((it for it in self.events if isinstance(it, Loaded)), None)

    @property
    def started(self) -> Started | None:
        return next((it for it in self.events if isinstance(it, Started)), None)

    @property
    def charges(self) -> tuple[Charge, ...]:
        return tuple(it.charge for it in self.events if isinstance(it, Usage) and it.charge)

    @property
    def held_out_examples(self) -> tuple[OrderExample, ...]:
        return tuple(it for it in self.examples if it.part == "test")

    @property
    def after(self) -> Mapping[str, str]:
        """The best instructions by predictor: the result's, or while it runs those of the best so far."""
        if said := self.run.outcome.get("instructions"):
            return dict(said)
        candidates = [it for it in self.events if isinstance(it, Candidate)]
        return candidates[-1].instructions if candidates and not self.run.state.finished else {}


async def record_of(workspace: Workspace, run: Run) -> Record:
    """The record of a run, as far as the store has recorded it."""
    folder = workspace.folder(run.id).path
    return Record(
        run,
        await workspace.events(run.id),
        await workspace.held_out(run.id),
        await workspace.program(run.id),
        await asyncio.to_thread(instructions_before, folder),
        await asyncio.to_thread(kept_prompts, folder),
        await workspace.estimated(run.id),
        await asyncio.to_thread(workspace.folder(run.id).examples),
        await asyncio.to_thread(threads_of, workspace.folder(run.id)),
    )


def threads_of(folder: RunFolder) -> int | None:
    """How many examples were evaluated at the same time; None where the order is gone."""
    order = folder.order()
    return order.threads if order else None
