"""What is reported when files change. A batch is awaited with a deadline, never slept for."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dspy_lens.source.files import Ignore
from dspy_lens.source.watch import Tree, WatchUnavailable, watch


@contextlib.asynccontextmanager
async def watching(root: Path) -> AsyncIterator[AsyncIterator[frozenset[str]]]:
    batches = watch(root, Ignore(root), asyncio.Event())
    async with asyncio.timeout(20), contextlib.aclosing(batches):
        assert await anext(batches) == frozenset()
        yield batches


async def until(batches: AsyncIterator[frozenset[str]], *wanted: str) -> set[str]:
    seen: set[str] = set()
    while not seen.issuperset(wanted):
        seen |= await anext(batches)
    return seen


def write(path: Path, text: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def test_a_written_file_is_reported_and_an_ignored_one_is_not(tmp_path: Path) -> None:
    write(tmp_path / ".gitignore", "*.log\n")
    async with watching(tmp_path) as batches:
        write(tmp_path / "a.log")
        write(tmp_path / "node_modules/b.py")
        write(tmp_path / "a.py")
        assert await until(batches, "a.py") == {"a.py"}


async def test_a_file_in_a_new_folder_is_reported(tmp_path: Path) -> None:
    async with watching(tmp_path) as batches:
        write(tmp_path / "new/deep/a.py")
        assert await until(batches, "new/deep/a.py") == {"new/deep/a.py"}


async def test_a_moved_folder_reports_its_files_at_both_places(tmp_path: Path) -> None:
    write(tmp_path / "old/deep/a.py")
    async with watching(tmp_path) as batches:
        (tmp_path / "old").rename(tmp_path / "new")
        assert await until(batches, "old/deep/a.py", "new/deep/a.py") == {"old/deep/a.py", "new/deep/a.py"}


async def test_a_deleted_file_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "a.py")
    async with watching(tmp_path) as batches:
        (tmp_path / "a.py").unlink()
        assert await until(batches, "a.py") == {"a.py"}


async def test_a_file_that_came_and_went_is_not_reported(tmp_path: Path) -> None:
    async with watching(tmp_path) as batches:
        write(tmp_path / "passing.py")
        (tmp_path / "passing.py").unlink()
        write(tmp_path / "b.py")
        assert await until(batches, "b.py") == {"b.py"}


async def test_a_changed_gitignore_reports_what_it_hides_and_shows(tmp_path: Path) -> None:
    write(tmp_path / ".gitignore", "*.log\n")
    write(tmp_path / "a.log")
    write(tmp_path / "a.txt")
    async with watching(tmp_path) as batches:
        write(tmp_path / ".gitignore", "*.txt\n")
        assert await until(batches, "a.log", "a.txt") == {".gitignore", "a.log", "a.txt"}


async def test_a_checkout_of_many_files_misses_none(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        command = ["git", *identity, *arguments]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env=environment)

    names = [f"p{number % 20}/m{number}.py" for number in range(2000)]
    await asyncio.to_thread(git, "init", "-b", "main")
    for text in ("a = 1\n", "a = 22\n"):
        for name in names:
            write(tmp_path / name, text)
        await asyncio.to_thread(git, "add", ".")
        await asyncio.to_thread(git, "commit", "-m", text)
    async with watching(tmp_path) as batches:
        await asyncio.to_thread(git, "checkout", "HEAD~1")
        assert await until(batches, *names) == set(names)


async def test_a_name_that_is_no_text_does_not_end_the_watch(tmp_path: Path) -> None:
    async with watching(tmp_path) as batches:
        # Some file systems refuse such a name.
        with contextlib.suppress(OSError):
            (tmp_path / os.fsdecode(b"\xff.py")).write_text("x")
        write(tmp_path / "a.py")
        await until(batches, "a.py")
        write(tmp_path / "b.py")
        await until(batches, "b.py")


async def test_watching_ends_when_it_is_told_to(tmp_path: Path) -> None:
    stop = asyncio.Event()
    async with asyncio.timeout(20):
        async for _ in watch(tmp_path, Ignore(tmp_path), stop):
            stop.set()


async def test_a_root_that_is_not_there_can_not_be_watched(tmp_path: Path) -> None:
    with pytest.raises(WatchUnavailable, match="can not be watched"):
        await anext(watch(tmp_path / "gone", Ignore(tmp_path), asyncio.Event()))


def test_a_walk_finds_what_was_never_reported(tmp_path: Path) -> None:
    write(tmp_path / "same.py")
    write(tmp_path / "changed.py")
    write(tmp_path / "gone.py")
    tree = Tree(tmp_path, Ignore(tmp_path))
    write(tmp_path / "changed.py", "longer")
    (tmp_path / "gone.py").unlink()
    write(tmp_path / "new/came.py")
    assert tree.walked() == {"changed.py", "gone.py", "new/came.py"}
    assert tree.walked() == frozenset()


def test_a_file_reported_as_deleted_and_added_is_one_change(tmp_path: Path) -> None:
    write(tmp_path / "a.py")
    tree = Tree(tmp_path, Ignore(tmp_path))
    assert tree.settled(["a.py", "a.py"]) == {"a.py"}
    assert "a.py" in tree.known
