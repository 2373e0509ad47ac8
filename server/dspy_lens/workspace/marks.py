"""What is known of each record of an example file: how the best program answered those that were held out.

Records that the optimizer saw get no mark, since no honest answer is known for them.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dspy_lens.source.examples import SUFFIXES
from dspy_lens.values.examples import ExampleFile, Row, digest
from dspy_lens.values.run import Run
from dspy_lens.values.target import Target
from dspy_lens.workspace.snapshot import Snapshot
from dspy_lens.workspace.workspace import Workspace
from dspy_lens_worker.messages import HeldOut

Answers = Mapping[str, tuple[HeldOut, ...]]
"""What a program answered, by the digest of the example."""


@dataclass(frozen=True, slots=True)
class Places:
    """The examples behind a file's records as the disk has them: `(number, digest)` by the record's digest.

    `first` is the number of the file's first record among all files of its target.
    """

    first: int = 0
    examples: Mapping[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)

    def of(self, row: Row) -> list[tuple[int, str]]:
        """What a record may be: the one at its own place before others that say the same."""
        same = self.examples.get(digest(dict(row.values)), ())
        return sorted(same, key=lambda it: it[0] != row.number + self.first)


@dataclass(frozen=True, slots=True)
class Served:
    """A target that a file serves, with its newest result: what the best program answered, and the one before."""

    target: Target
    run: Run | None = None
    best: Answers = field(default_factory=dict)
    before: Answers = field(default_factory=dict)
    records: Places = field(default_factory=Places)

    def mark(self, row: Row) -> HeldOut | None:
        """How the best program answered this record; None where it was not held out, or reads otherwise now."""
        return self._in(self.best, row)

    def unoptimized(self, row: Row) -> HeldOut | None:
        return self._in(self.before, row)

    def _in(self, answers: Answers, row: Row) -> HeldOut | None:
        for number, example in self.records.of(row):
            if found := answers.get(example):
                return next((it for it in found if it.row == number), found[0])
        return None


class Marks:
    """Remembers what is known of the example files that windows show, for as long as nothing changes."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: dict[tuple[str, str], Served] = {}

    async def of(self, snapshot: Snapshot, path: str) -> tuple[Served, ...]:
        """The targets whose examples this file gives, those with answers first."""
        found = [it for it in await snapshot.all_targets() if path in sources(it)]
        served = [await self._served(snapshot, it, path) for it in found]
        return tuple(sorted(served, key=lambda it: not it.best))

    async def _served(self, snapshot: Snapshot, target: Target, path: str) -> Served:
        runs = await self._workspace.runs(target.name)
        run = next((it for it in runs if it.state.has_result), None)
        if run is None:
            return Served(target)
        known = self._known.get((target.name, path))
        if known is None or known.run != run or known.target.examples is not target.examples:
            files = [await snapshot.example_file(it) for it in sources(target)]
            rows = await self._workspace.held_out(run.id)
            known = await asyncio.to_thread(made, target, run, rows, files, path)
            self._known[target.name, path] = known
        return known


def is_example_file(path: str) -> bool:
    return path.lower().endswith(tuple(SUFFIXES))


def sources(target: Target) -> list[str]:
    return list(target.examples.files) if target.examples else []


def made(
    target: Target, run: Run, rows: Sequence[HeldOut], files: Sequence[ExampleFile], path: str
) -> Served:
    before = by_digest(it for it in rows if it.program == "baseline")
    best = by_digest(it for it in rows if it.program == "best")
    return Served(target, run, best or before, before if best else {}, records_of(target, files, path))


def records_of(target: Target, files: Sequence[ExampleFile], path: str) -> Places:
    first = 0
    for file in files:
        if file.path == path:
            return Places(first, by_record(file, first, target))
        first += file.rows[-1].number + 1 if file.rows else 0
    return Places()


def by_record(file: ExampleFile, first: int, target: Target) -> dict[str, tuple[tuple[int, str], ...]]:
    digests = {it.row: it.digest for it in target.examples.examples} if target.examples else {}
    found: dict[str, tuple[tuple[int, str], ...]] = {}
    for row in file.rows:
        number = row.number + first
        if number in digests:
            key = digest(dict(row.values))
            found[key] = (*found.get(key, ()), (number, digests[number]))
    return found


def by_digest(rows: Iterable[HeldOut]) -> dict[str, tuple[HeldOut, ...]]:
    found: dict[str, tuple[HeldOut, ...]] = {}
    for it in rows:
        key = digest([it.inputs, it.labels])
        found[key] = (*found.get(key, ()), it)
    return found
