"""A daemon that comes back finds its runs again."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dspy_lens.values.run import RunState
from support.engine import engine
from support.recipes import charged, finished, started, trial
from support.stage import Stage, stage


@pytest.fixture
async def workers() -> AsyncIterator[Stage]:
    async with stage() as it:
        yield it


async def test_a_worker_goes_on_while_no_daemon_is_there(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers)
        worker = await workers.actor()
        await worker.events(started(), trial(2, 1, 0.3), charged(3, 10, 10))
        await first.seen.until(lambda: first.seen.runs["r1"].usage.dollars == 10)
    await worker.events(trial(4, 2, 0.6), charged(5, 20, 10))
    async with engine(tmp_path) as second:
        await second.runs.resume()
        await second.seen.until(
            lambda: second.seen.runs.get("r1") and second.seen.runs["r1"].usage.dollars == 20
        )
        await worker.events(finished(6))
        ended = await second.seen.ended()
        assert ended.state is RunState.SUCCEEDED
        assert [it.number for it in await second.store.trials("r1")] == [1, 2]
        assert await second.store.spent() == 20
        assert second.seen.kinds() == ["trial", "usage", "finished"]


async def test_a_run_that_ended_meanwhile_is_read_to_its_end(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers)
        worker = await workers.actor()
    await worker.events(started(), finished(2))
    await worker.exit()
    async with engine(tmp_path) as second:
        await second.runs.resume()
        assert (await second.seen.ended()).state is RunState.SUCCEEDED


async def test_a_worker_that_died_meanwhile_is_lost(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers)
        worker = await workers.actor()
        await worker.events(started())
        await first.seen.until(lambda: "started" in first.seen.kinds())
    os.kill(worker.pid, signal.SIGKILL)
    await worker.left()
    async with engine(tmp_path) as second:
        await second.runs.resume()
        assert (await second.seen.ended()).state is RunState.LOST


async def test_a_run_that_waited_waits_for_a_session_to_bring_its_environment(
    tmp_path: Path, workers: Stage
) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers, "r1")
        await first.start(workers, "r2")
        worker = await workers.actor()
    async with engine(tmp_path) as second:
        await second.runs.resume()
        assert second.runs.stranded == ("r2",)
        assert await second.runs.supply(Path(sys.executable), workers.environment) == ("r2",)
        assert workers.empty
        await worker.events(finished(1))
        other = await workers.actor()
        assert other.run == "r2"
        assert not second.runs.stranded


async def test_a_run_that_waited_can_be_cancelled_after_a_restart(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers, "r1")
        await first.start(workers, "r2")
        await workers.actor()
    async with engine(tmp_path) as second:
        await second.runs.resume()
        assert await second.runs.cancel("r2")
        assert (await second.seen.ended("r2")).state is RunState.STOPPED


async def test_a_living_worker_can_be_cancelled_after_a_restart(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers)
        worker = await workers.actor()
    async with engine(tmp_path) as second:
        await second.runs.resume()
        assert await second.runs.cancel("r1")
        assert await worker.signalled() == signal.SIGINT


async def test_a_daemon_that_ends_while_it_launches_leaves_a_worker_to_be_found(
    tmp_path: Path, workers: Stage
) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers)
        await first.seen.going()
    async with engine(tmp_path) as second:
        await second.runs.resume()
        worker = await workers.actor()
        await worker.events(finished(1))
        assert (await second.seen.ended()).state is RunState.SUCCEEDED


async def test_a_launch_that_never_came_to_be_is_a_run_that_waits(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path, parallel=0) as first:
        await first.start(workers)
        await first.store.set_state("r1", RunState.RUNNING)
    async with engine(tmp_path) as second:
        await second.runs.resume()
        assert second.runs.stranded == ("r1",)
        assert second.seen.runs["r1"].state is RunState.QUEUED


async def test_resuming_twice_follows_once(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers)
        worker = await workers.actor()
        await first.runs.resume()
        await worker.events(started(), finished(2))
        await first.seen.ended()
        assert first.seen.kinds() == ["queued", "started", "finished"]


async def test_a_run_whose_folder_is_gone_is_lost(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as first:
        await first.start(workers, "r1")
        await first.start(workers, "r2")
        worker = await workers.actor()
    await worker.exit()
    for id in ("r1", "r2"):
        await asyncio.to_thread((tmp_path / "runs" / id).rename, tmp_path / f"gone-{id}")
    async with engine(tmp_path) as second:
        await second.runs.resume()
        assert (await second.seen.ended("r1")).state is RunState.LOST
        assert (await second.seen.ended("r2")).outcome["reason"] == "Its folder is gone. Run it again."


async def test_a_damaged_store_is_filled_again_from_the_folders(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path, parallel=3) as first:
        for id in ("r1", "r2", "r3"):
            await first.start(workers, id)
        actors = {it.run: it for it in [await workers.actor() for _ in range(3)]}
        await actors["r1"].events(started(), trial(2, 1, 0.3), charged(3, 10, 10), finished(4))
        before = await first.seen.ended("r1")
        await actors["r2"].events(started(run="r2"))
        await first.seen.going("r2")
    await actors["r3"].exit()
    await asyncio.to_thread((tmp_path / "store.db").write_bytes, b"no database " * 1000)
    async with engine(tmp_path) as second:
        assert second.store.damaged is not None
        await second.runs.resume()
        again = await second.store.run("r1")
        assert again is not None
        assert (again.outcome, again.recipe, again.caps) == (before.outcome, before.recipe, before.caps)
        assert await second.store.spent() == 10
        await actors["r2"].events(finished(2, run="r2"))
        assert (await second.seen.ended("r2")).state is RunState.SUCCEEDED
        assert (await second.seen.ended("r3")).state is RunState.LOST


DAEMON = """
import asyncio, os, sys
from pathlib import Path
from support.engine import engine
from support.stage import Stage

async def main():
    async with engine(Path(sys.argv[1])) as it:
        await it.start(Stage(Path(os.environ["STAGE"])))
        await it.seen.until(lambda: it.seen.runs["r1"].usage.dollars)
        print("told", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_daemon_killed_with_its_whole_group_leaves_the_worker_and_loses_nothing(
    tmp_path: Path, workers: Stage
) -> None:
    daemon = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        DAEMON,
        str(tmp_path),
        env={**workers.environment, "PYTHONPATH": ":".join(it for it in sys.path if it)},
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    worker = await workers.actor()
    await worker.events(started(), charged(2, 10, 10))
    assert daemon.stdout is not None
    assert await daemon.stdout.readline() == b"told\n"
    os.killpg(daemon.pid, signal.SIGKILL)
    await daemon.wait()
    await daemon.stdout.read()
    await worker.events(charged(3, 20, 10))
    async with engine(tmp_path) as second:
        assert await second.store.spent() == 10
        await second.runs.resume()
        await worker.events(finished(4))
        await second.seen.ended()
        assert await second.store.spent() == 20


async def test_the_worker_has_no_parent_among_ours(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        assert os.getsid(worker.pid) == worker.pid
        assert os.getpid() not in await asyncio.to_thread(ancestors, worker.pid)


def ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1:
        status = Path(f"/proc/{pid}/status").read_text()
        pid = int(status.partition("PPid:")[2].split()[0])
        found.append(pid)
    return found
