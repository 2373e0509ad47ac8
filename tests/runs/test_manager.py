"""Runs from start to end, with workers that do what the test says."""

import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dspy_lens.runs.stopping import Patience
from dspy_lens.values.run import RunState
from dspy_lens_worker import messages
from support.engine import PATIENT, Engine, engine
from support.full_disk import no_file_beyond
from support.recipes import charged, finished, order, run, started, trial
from support.stage import DEADLINE, Actor, Stage, stage


@pytest.fixture
async def workers() -> AsyncIterator[Stage]:
    async with stage() as it:
        yield it


def kept(sequence: int) -> messages.Candidate:
    return messages.Candidate(
        run="r1",
        sequence=sequence,
        at=1020.0,
        trial=1,
        score=0.4,
        instructions={"self": "Be exact."},
        demos={"self": 2},
    )


async def test_a_run_is_queued_started_followed_and_finished(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as it:
        queued = await it.start(workers)
        assert queued.state is RunState.QUEUED
        worker = await workers.actor()
        await worker.events(started(), trial(2, 1, 0.4))
        await it.seen.until(lambda: it.seen.runs["r1"].progress.trial == 1)
        await worker.events(charged(3, 30, 30), finished(4))
        ended = await it.seen.ended()
        assert (ended.state, ended.outcome["best"]["score"]) == (RunState.SUCCEEDED, 0.8)
        assert it.seen.kinds() == ["queued", "started", "trial", "usage", "finished"]
        # What is told has been recorded.
        assert await it.store.run("r1") == ended
        assert await it.store.spent() == 30


async def test_a_worker_gets_the_sessions_environment_and_keys_are_written_nowhere(
    tmp_path: Path, workers: Stage
) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers, MY_API_KEY="not-to-be-written")
        worker = await workers.actor()
        assert worker.environment["MY_API_KEY"] == "not-to-be-written"
        assert worker.environment["DSPY_LENS_RUN"] == str(tmp_path / "runs" / "r1")
        await worker.events(finished(1))
        await it.seen.ended()
    assert not [name for name, content in contents(tmp_path).items() if b"not-to-be-written" in content]


def contents(folder: Path) -> dict[str, bytes]:
    found = {it.name: it.read_bytes() for it in folder.rglob("*") if it.is_file()}
    assert {"order.json", "worker.log", "store.db"} <= set(found)
    return found


async def test_only_as_many_runs_go_on_as_there_are_places(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path, parallel=2) as it:
        for id in ("r1", "r2", "r3", "r4"):
            await it.start(workers, id)
        actors = {actor.run: actor for actor in (await workers.actor(), await workers.actor())}
        assert sorted(actors) == ["r1", "r2"]
        assert workers.empty
        await actors["r2"].events(finished(1, run="r2"))
        assert (await workers.actor()).run == "r3"
        assert it.seen.runs["r4"].state is RunState.QUEUED


async def test_a_run_ends_with_its_word_whatever_is_left_behind(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        child = await worker.do(child=False)
        await worker.events(finished(1))
        await it.seen.ended()
        await worker.exit()
        os.kill(child, signal.SIGKILL)


async def test_a_worker_that_stays_after_its_last_word_is_ended(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path, patience=Patience(interrupt=20, terminate=20, linger=0.05)) as it:
        await it.start(workers)
        worker = await workers.actor()
        await worker.events(finished(1))
        assert await worker.signalled() == signal.SIGTERM
        assert (await it.seen.ended()).state is RunState.SUCCEEDED


@pytest.mark.parametrize("code", [0, 1, 137])
async def test_a_worker_that_leaves_without_a_word_is_lost(tmp_path: Path, workers: Stage, code: int) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        await worker.events(started(), trial(2, 1, 0.4), charged(3, 30, 30))
        await worker.do(write="candidate.json", text="{}")
        await worker.events(kept(4))
        await worker.do(print="Traceback ...\nMemoryError: sk-abc123 does not fit")
        await worker.exit(code)
        ended = await it.seen.ended()
        assert ended.state is RunState.LOST
        assert ended.outcome["reason"] == (
            "The worker ended early, its last words: MemoryError: … does not fit. "
            "Run it again: paid replies are in the cache."
        )
        # What it had reached is kept.
        assert ended.outcome["instructions"] == {"self": "Be exact."}
        assert ended.outcome["validation"]["best"] == 0.4
        assert ended.outcome["dollars"] == 3e-5
        assert ended.outcome["program"].endswith("candidate.json")


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("importing app\nAverage Metric: 1.00 / 1:  50%|#####     | 1/2", "importing app"),
        (
            "Fatal Python error: Aborted\n\nCurrent thread:\n  File 'a.py', line 1",
            "Fatal Python error: Aborted",
        ),
    ],
)
async def test_last_words_are_neither_a_progress_bar_nor_the_end_of_a_trace(
    tmp_path: Path, workers: Stage, printed: str, said: str
) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        await worker.do(print=printed)
        await worker.exit(139)
        assert f"its last words: {said}. Run it again" in (await it.seen.ended()).outcome["reason"]


async def test_a_crash_between_two_events_keeps_what_came_before(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        await worker.events(started(), charged(2, 10, 10))
        half = charged(3, 20, 10).model_dump_json()
        await worker.do(append=half[:50])
        os.kill(worker.pid, signal.SIGKILL)
        ended = await it.seen.ended()
        assert (ended.state, ended.usage.dollars) == (RunState.LOST, 10)
        assert "killed" in ended.outcome["reason"]


async def test_a_child_that_keeps_the_locks_does_not_keep_the_run(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        child = await worker.do(fork=True)
        os.kill(worker.pid, signal.SIGKILL)
        assert (await it.seen.ended()).state is RunState.LOST
        os.kill(child, signal.SIGKILL)


async def test_an_interpreter_that_does_not_start_fails_the_run_and_frees_the_place(
    tmp_path: Path, workers: Stage
) -> None:
    async with engine(tmp_path) as it:
        one = run("r1")
        await it.runs.start(one, order(one, str(tmp_path)), (), tmp_path / "missing", workers.environment)
        failed = await it.seen.ended()
        assert (failed.state, failed.outcome["stage"]) == (RunState.FAILED, "start")
        assert "missing: No such file or directory). Check the interpreter." in failed.outcome["reason"]
        await it.start(workers, "r2")
        assert (await workers.actor()).run == "r2"


async def test_cancelling_a_run_that_waits_simply_stops_it(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers, "r1")
        await it.start(workers, "r2")
        await workers.actor()
        assert await it.runs.cancel("r2")
        ended = await it.seen.ended("r2")
        assert (ended.state, ended.outcome["reason"]) == (RunState.STOPPED, "Cancelled before it started.")
        assert not await it.runs.cancel("r2")
        assert not await it.runs.cancel("unknown")


async def test_a_cancelled_worker_is_interrupted_and_has_the_last_word(
    tmp_path: Path, workers: Stage
) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        assert await it.runs.cancel("r1")
        assert await worker.signalled() == signal.SIGINT
        await worker.events(finished(1, state="stopped", reason="cancelled"))
        await worker.exit()
        ended = await it.seen.ended()
        assert (ended.state, ended.outcome["reason"]) == (RunState.STOPPED, "cancelled")


async def test_a_run_that_is_just_starting_can_be_cancelled(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path, patience=Patience(interrupt=0.1, terminate=0.1, linger=20)) as it:
        await it.start(workers)
        assert await it.runs.cancel("r1")
        assert (await it.seen.ended()).state is RunState.STOPPED


async def test_a_worker_that_ignores_everything_is_killed_with_its_group_and_keeps_its_best(
    tmp_path: Path, workers: Stage
) -> None:
    async with engine(tmp_path, patience=Patience(interrupt=0.1, terminate=0.1, linger=20)) as it:
        await it.start(workers)
        worker = await workers.actor()
        same_group, own_session = await worker.do(child=False), await worker.do(child=True)
        ends = [os.pidfd_open(pid) for pid in (worker.pid, same_group, own_session)]
        await worker.events(started(), trial(2, 1, 0.4), kept(3))
        assert await it.runs.cancel("r1")
        assert [await worker.signalled(), await worker.signalled()] == [signal.SIGINT, signal.SIGTERM]
        ended = await it.seen.ended()
        assert ended.state is RunState.STOPPED
        assert ended.outcome["reason"] == "Cancelled; the worker ended without an answer."
        assert ended.outcome["demos"] == {"self": 2}
        for descriptor in ends:
            await readable(descriptor)


async def readable(descriptor: int) -> None:
    event = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, event.set)
    async with asyncio.timeout(20):
        await event.wait()
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)


async def test_cancelling_again_does_not_wait_for_the_next_step(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path, patience=PATIENT) as it:
        await it.start(workers)
        worker = await workers.actor()
        await it.runs.cancel("r1")
        assert await worker.signalled() == signal.SIGINT
        await it.runs.cancel("r1")
        assert await worker.signalled() == signal.SIGTERM
        await it.runs.cancel("r1")
        await worker.left()
        assert (await it.seen.ended()).state is RunState.STOPPED


async def test_a_worker_may_be_held_to_a_memory_limit(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path, memory=2**31) as it:
        await it.start(workers)
        worker = await workers.actor()
        assert await worker.do(allocate=50 * 2**30) == "MemoryError"


async def test_garbage_everywhere_does_not_hide_the_end(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        await worker.do(print="x" * 3_000_000)
        await worker.do(append="not an event\n" + "y" * 3_000_000 + "\n")
        await worker.events(started(1))
        await worker.do(append='{"event": "finished"}\n')
        await worker.events(finished(2))
        assert (await it.seen.ended()).state is RunState.SUCCEEDED
        assert it.seen.kinds() == ["queued", "started", "finished"]


async def test_a_listener_that_fails_loses_no_event(
    tmp_path: Path, workers: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    async with engine(tmp_path) as it:
        await it.start(workers)
        worker = await workers.actor()
        it.seen.fail_at = "started"
        await worker.events(started(), charged(2, 10, 10))
        await it.seen.until(lambda: it.seen.fail_at is None)
        await worker.events(finished(3))
        await it.seen.ended()
        assert await it.store.spent() == 10
        assert "Telling of run r1 failed" in caplog.text


async def begun(it: Engine, workers: Stage) -> Actor:
    """The worker of a run that has told of its start."""
    await it.start(workers)
    worker = await workers.actor()
    await worker.events(started())
    await it.seen.until(lambda: "started" in it.seen.kinds())
    return worker


async def test_a_full_disk_loses_nothing_of_a_run_once_there_is_room_again(
    tmp_path: Path, workers: Stage
) -> None:
    async with engine(tmp_path, patience=Patience(full=0.01)) as it:
        worker = await begun(it, workers)
        pages = await it.store.fetch_one("pragma page_count")
        assert pages is not None
        with warned("dspy_lens.runs.manager") as refused:
            await it.store.fetch(f"pragma max_page_count = {pages[0] + 1}")
            await worker.events(*(charged(number, 1, 1) for number in range(2, 2002)), finished(2002))
            await asyncio.wait_for(refused.wait(), DEADLINE)
        await it.store.fetch("pragma max_page_count = 100000")
        assert (await it.seen.ended()).state is RunState.SUCCEEDED
        assert await it.store.spent() == 2000


async def test_a_worker_that_a_full_disk_silenced_is_told_so_though_there_is_room_again(
    tmp_path: Path, workers: Stage
) -> None:
    async with engine(tmp_path, patience=Patience(full=0.01)) as it:
        worker = await begun(it, workers)
        with warned("dspy_lens.runs.manager") as refused, no_file_beyond(1024):
            await worker.exit(1)
            await asyncio.wait_for(refused.wait(), DEADLINE)
        ended = await it.seen.ended()
        assert ended.state is RunState.LOST
        assert ended.outcome["reason"].startswith(
            f"The disk that holds {tmp_path / 'runs' / 'r1'} takes no more ("
        )
        assert "Make room" in ended.outcome["reason"]
        assert not (tmp_path / "runs" / "r1" / ".room").exists()


async def test_a_run_that_the_store_refuses_leaves_no_folder_behind(tmp_path: Path, workers: Stage) -> None:
    async with engine(tmp_path) as it:
        await it.store.fetch("pragma query_only = 1")
        with pytest.raises(sqlite3.OperationalError):
            await it.start(workers)
        await it.store.fetch("pragma query_only = 0")
        assert list((tmp_path / "runs").iterdir()) == []
        assert (await it.start(workers)).state is RunState.QUEUED
        worker = await workers.actor()
        await worker.events(finished(1))
        assert (await it.seen.ended()).state is RunState.SUCCEEDED


class Heard(logging.Handler):
    """Sets an event when a logger warns."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warned = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.warned.set()


@contextlib.contextmanager
def warned(name: str) -> Iterator[asyncio.Event]:
    """An event that is set when the logger of that name warns."""
    handler, logger = Heard(), logging.getLogger(name)
    logger.addHandler(handler)
    try:
        yield handler.warned
    finally:
        logger.removeHandler(handler)
