"""The file: owner-only, durable, migrated, set aside when damaged."""

import asyncio
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dspy_lens.store.schema import MIGRATIONS
from dspy_lens.store.store import Store, StoreTooNew, check_file_system
from support.recipes import charged, run


async def test_the_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "store.db"
    async with Store.open(path) as store:
        await store.add_run(run())
        assert names(path.parent) == ["store.db", "store.db-shm", "store.db-wal"]
        assert {it.stat().st_mode & 0o777 for it in path.parent.iterdir()} == {0o600}
        assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_every_commit_is_synchronous_and_in_the_log(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        mode, synchronous = (
            await store.fetch_one("pragma journal_mode"),
            await store.fetch_one("pragma synchronous"),
        )
        assert mode is not None
        assert synchronous is not None
        assert (mode[0], synchronous[0]) == ("wal", 2)


async def test_a_new_database_has_taken_every_step(tmp_path: Path) -> None:
    async with Store.open(tmp_path / "store.db") as store:
        version = await store.fetch_one("pragma user_version")
        assert version is not None
        assert version[0] == len(MIGRATIONS)


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with Store.open(path) as store:
        await store.add_run(run())
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma user_version = 999")
    with pytest.raises(StoreTooNew, match=r"newer DSPy Lens \(format 999.*pip install --upgrade dspy-lens"):
        async with Store.open(path):
            pass
    assert names(tmp_path) == ["store.db"]


@pytest.mark.parametrize("damage", [b"this is no database at all, but long enough to be read as one" * 20])
async def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(damage)
    async with Store.open(path) as store:
        assert store.damaged is not None
        assert store.damaged.read_bytes() == damage
        assert store.damaged.name.startswith("store.db.damaged-")
        await store.add_run(run())
    async with Store.open(path) as store:
        assert store.damaged is None
        assert await store.run("r1") == run()


async def test_the_ledger_of_a_damaged_file_is_taken_over_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with Store.open(path) as store:
        await store.add_run(run())
        await store.record("r1", [charged(it, it, 1) for it in range(1, 2001)], 1)
    spoil_runs(path)
    async with Store.open(path) as store:
        assert store.damaged is not None
        assert await store.salvage() == 2000
        assert await store.salvage() == 2000
        assert await store.spent() == 2000
        assert await store.runs() == ()


def names(folder: Path) -> list[str]:
    return sorted(it.name for it in folder.iterdir())


def spoil_runs(path: Path) -> None:
    """Overwrites the page that holds the runs."""
    with closing(sqlite3.connect(path)) as db:
        page = db.execute("select rootpage from sqlite_schema where name = 'run'").fetchone()[0]
        size = db.execute("pragma page_size").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)


WRITER = """
import asyncio, sys
from pathlib import Path
from support.recipes import charged, run
from dspy_lens.store.store import Store

async def main():
    async with Store.open(Path(sys.argv[1])) as store:
        await store.add_run(run())
        for number in range(1, 100000):
            await store.record("r1", [charged(number, number, 1)], number)
            print(number, flush=True)

asyncio.run(main())
"""


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    for kills in (3, 40, 80):
        shutil.rmtree(tmp_path, ignore_errors=True)
        writer = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            WRITER,
            str(path),
            stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": ":".join(it for it in sys.path if it)},
        )
        assert writer.stdout is not None
        for _ in range(kills):
            assert await writer.stdout.readline()
        writer.kill()
        acknowledged = [
            kills,
            *(int(it) for it in (await writer.stdout.read()).split(b"\n") if it.isdigit()),
        ][-1]
        await writer.wait()
        async with Store.open(path) as store:
            assert store.damaged is None
            _, sequence = await store.place("r1")
            assert sequence in (acknowledged, acknowledged + 1)
            assert await store.spent() == sequence


def test_a_sound_folder_has_no_problem_and_is_left_clean(tmp_path: Path) -> None:
    assert check_file_system(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named_with_a_way_out(tmp_path: Path) -> None:
    problem = check_file_system(tmp_path / "missing")
    assert problem is not None
    assert "missing cannot be written (No such file or directory). Set DSPY_LENS_STATE" in problem
