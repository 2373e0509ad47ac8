"""What the store remembers of runs."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from dspy_lens.store.store import Store
from dspy_lens.values.run import Progress, RunState, Verb
from dspy_lens.values.trial import Candidate, Trial
from dspy_lens_worker import messages
from dspy_lens_worker.messages import AnyEvent
from support.recipes import charged, finished, recipe, run, started, trial


async def test_a_run_is_read_back_as_it_was_added(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        assert await store.run("r1") == run()
        assert await store.run("other") is None


async def test_events_move_a_run_from_queued_to_its_end(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        going = await store.record("r1", [started(), trial(2, 1, 0.4), charged(3, 30, 30)], 300)
        assert going is not None
        assert (going.state, going.started) == (RunState.RUNNING, 1001.0)
        assert going.progress == Progress(trial=1, of=10, best=0.4, seconds_left=90.0)
        assert (going.usage.dollars, going.usage.requests, going.usage.input_tokens) == (30, 3, 300)
        assert going.outcome == {}

        ended = await store.record("r1", [finished(4)], 400)
        assert ended is not None
        assert (ended.state, ended.finished) == (RunState.SUCCEEDED, 1100.0)
        assert ended.outcome["best"]["score"] == 0.8
        assert ended.outcome["dollars"] == 0.05
        assert ended.usage.dollars == 50_000
        assert await store.run("r1") == ended
        assert await store.place("r1") == (400, 4)


async def test_an_event_that_comes_again_changes_nothing(tmp_path: Path) -> None:
    events: list[AnyEvent] = [started(), trial(2, 1, 0.4), charged(3, 30, 30)]
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        once = await store.record("r1", events, 300)
        again = await store.record("r1", events, 300)
        assert again == once
        assert await store.spent() == 30
        overlapping = await store.record("r1", [charged(3, 30, 30), charged(4, 60, 30)], 400)
        assert overlapping is not None
        assert (await store.spent(), overlapping.usage.dollars) == (60, 60)


async def test_a_run_that_has_finished_stays_as_it_is(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        ended = await store.record("r1", [started(), finished(2)], 200)
        assert await store.record("r1", [finished(3, state="failed")], 300) == ended
        assert await store.set_state("r1", RunState.RUNNING) is None
        assert await store.run("r1") == ended


async def test_events_of_another_run_are_not_mixed_in(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        after = await store.record("r1", [started(run="r2")], 100)
        assert after is not None
        assert after.state is RunState.QUEUED
        assert await store.record("unknown", [started()], 100) is None


async def test_trials_and_the_newest_candidate_are_kept(tmp_path: Path) -> None:
    kept = messages.Candidate(
        run="r1",
        sequence=4,
        at=1030.0,
        trial=2,
        score=0.6,
        instructions={"self": "Be exact."},
        demos={"self": 3},
    )
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        await store.record(
            "r1", [started(), trial(2, 1, 0.4), trial(3, 2, 0.6, full=False, best=0.4), kept], 1
        )
        assert await store.trials("r1") == (
            Trial(1, 0.4, True, 0.4, 1011.0),
            Trial(2, 0.6, False, 0.4, 1021.0),
        )
        assert await store.candidate("r1") == Candidate(2, 0.6, {"self": "Be exact."}, {"self": 3})


async def test_the_latest_run_of_a_target_may_still_wait(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run("r1"))
        await store.record("r1", [started(), finished(2)], 1)
        await store.add_run(run("r2"))
        await store.add_run(run("r3", target="app:Other"))
        latest = await store.latest_all()
        assert {name: it.id for name, it in latest.items()} == {"app:QA": "r2", "app:Other": "r3"}
        assert [it.id for it in await store.runs("app:QA")] == ["r2", "r1"]
        assert [it.id for it in await store.runs(limit=2)] == ["r3", "r2"]
        assert [it.id for it in await store.unfinished()] == ["r2", "r3"]


async def test_a_recipe_finds_its_finished_and_its_interrupted_runs(tmp_path: Path) -> None:
    key = recipe().key
    async with Store.open(tmp_path / "store.db") as store:
        for number, state in enumerate(("succeeded", "stopped", "lost", "succeeded")):
            await store.add_run(run(f"r{number}"))
            await store.record(f"r{number}", [finished(1, run=f"r{number}", state=state)], 1)  # type: ignore[arg-type]
        await store.add_run(run("other", seed=1))
        done, interrupted = await store.finished_with(key), await store.interrupted_with(key)
        assert done is not None
        assert interrupted is not None
        assert (done.id, interrupted.id) == ("r3", "r2")
        assert await store.finished_with(key, Verb.EVALUATE) is None
        assert await store.finished_with(recipe(seed=1).key) is None


async def test_clearing_forgets_finished_runs_but_never_the_ledger(tmp_path: Path) -> None:
    for name in ("old", "new", "going"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    async with Store.open(tmp_path / "store.db") as store:
        for it in (run("old", created=10), run("new", created=20), run("going", created=5)):
            await store.add_run(it)
            await store.record(it.id, [started(run=it.id), charged(2, 100, 100, run=it.id)], 1)
        for id in ("old", "new"):
            await store.record(id, [finished(3, run=id)], 2)

        assert await store.clear(tmp_path / "runs", before=15) == 1
        assert [it.id for it in await store.runs()] == ["going", "new"]
        assert await store.clear(tmp_path / "runs") == 1
        assert [it.id for it in await store.runs()] == ["going"]
        assert [it.name for it in (tmp_path / "runs").iterdir()] == ["going"]
        assert await store.spent() == 300


async def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        # A score that no column holds: the trial before it must not stay either.
        bad = trial(2, 2, 0.4).model_copy(update={"score": None})
        with pytest.raises(sqlite3.IntegrityError):
            await store.record("r1", [trial(1, 1, 0.4), bad], 1)
        assert await store.trials("r1") == ()
        assert await store.run("r1") == run()


async def test_a_full_disk_refuses_the_write_and_nothing_else(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        pages = await store.fetch_one("pragma page_count")
        assert pages is not None
        await store.fetch(f"pragma max_page_count = {pages[0] + 1}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await charge_often(store)
        recorded = (await store.place("r1"))[1]
        assert await store.spent() == recorded
        await store.fetch("pragma max_page_count = 100000")
        await store.record("r1", [charged(recorded + 1, 1, 1)], 1)
        assert await store.spent() == recorded + 1


async def charge_often(store: Store) -> None:
    for number in range(1, 2000):
        await store.record("r1", [charged(number, number, 1)], number)


async def test_a_write_that_is_called_off_does_not_block_the_next(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        for sequence in range(1, 30):
            writing = asyncio.create_task(store.record("r1", [charged(sequence, 1, 1)], sequence))
            for _ in range(sequence % 7):
                await asyncio.sleep(0)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        after = await store.record("r1", [charged(99, 5, 1)], 99)
        assert after is not None
        assert after.usage.dollars == 5


async def test_readers_never_see_half_a_batch(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())

        async def write() -> None:
            for first in range(1, 200, 4):
                await store.record("r1", [charged(first + it, first + it, 1) for it in range(4)], first)

        async def read() -> None:
            for _ in range(50):
                assert await store.spent() % 4 == 0

        await asyncio.gather(write(), read(), read())
        assert await store.spent() == 200


async def test_a_run_added_twice_keeps_its_progress(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        await store.add_run(run())
        going = await store.record("r1", [started()], 10)
        await store.add_run(replace(run(), created=5.0))
        assert await store.run("r1") == going
