"""Following one folder, whoever started the worker in it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dspy_lens.runs.events import Place
from dspy_lens.runs.folder import RunFolder
from dspy_lens.runs.follow import follow
from dspy_lens.runs.leaving import left
from support.recipes import finished, order, run, started, trial
from support.stage import DEADLINE, SCRIPT, Actor, stage


@asynccontextmanager
async def at_work(folder: RunFolder) -> AsyncIterator[Actor]:
    """A worker that nobody launched: there is no process id, only its lock."""
    async with stage() as workers:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(SCRIPT), str(folder.path), env=workers.environment
        )
        try:
            yield await workers.actor()
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def made(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "r1", order(run()), ())


async def followed(folder: RunFolder, place: Place | None = None) -> list[int]:
    async with asyncio.timeout(DEADLINE):
        return [it.sequence async for batch in follow(folder, place or Place()) for it in batch.events]


async def test_events_are_read_until_the_last_word(tmp_path: Path) -> None:
    folder = made(tmp_path)
    async with at_work(folder) as worker:
        following = asyncio.create_task(followed(folder))
        await worker.events(started())
        await worker.events(trial(2, 1, 0.5))
        await worker.events(finished(3))
        assert await following == [1, 2, 3]
        assert folder.alive()


async def test_following_ends_when_the_lock_is_free(tmp_path: Path) -> None:
    folder = made(tmp_path)
    async with at_work(folder) as worker:
        following = asyncio.create_task(followed(folder))
        await worker.events(started())
        await worker.exit()
        assert await following == [1]


async def test_following_begins_where_somebody_left_off(tmp_path: Path) -> None:
    folder = made(tmp_path)
    async with at_work(folder) as worker:
        await worker.events(started(), trial(2, 1, 0.5))
        place = folder.read(Place()).place
        await worker.events(finished(3))
        assert await followed(folder, place) == [3]


async def test_a_process_that_only_has_the_workers_old_number_is_not_waited_for(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (folder.path / "pid").write_text(str(os.getpid()))
    async with asyncio.timeout(DEADLINE):
        await left(folder)
        assert await followed(folder) == []


async def test_an_empty_folder_is_not_waited_for(tmp_path: Path) -> None:
    assert await followed(made(tmp_path)) == []
