"""One SQLite file, opened with care: owner-only, durable, migrated, and set aside when it is damaged."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiosqlite

from dspy_lens.store.schema import MIGRATIONS

DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class StoreTooNew(Exception):
    """The database was written by a newer DSPy Lens; its text is for the user."""

    def __init__(self, path: Path, version: int) -> None:
        super().__init__(
            f"The results in {path} were written by a newer DSPy Lens (format {version}, this one knows "
            f"{len(MIGRATIONS)}). Upgrade it: pip install --upgrade dspy-lens"
        )


class Damaged(Exception):
    """The file is no sound database."""


class Database:
    """One connection. Every access takes its turn, so that nobody sees half a transaction."""

    def __init__(self, connection: aiosqlite.Connection, damaged: Path | None) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()
        self.damaged = damaged
        """Where a damaged database was put aside when this one was opened; None when all was well."""

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> AsyncIterator[Self]:
        """The database at `path`, made or brought up to date as needed, closed at the end.

        Raises StoreTooNew when a newer version wrote it.
        """
        damaged = None
        try:
            connection = await connect(path)
        except Damaged:
            damaged = await asyncio.to_thread(set_aside, path)
            connection = await connect(path)
        try:
            yield cls(connection, damaged)
        finally:
            await connection.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """A write transaction: all of it or nothing."""
        async with self._turn:
            try:
                await self._connection.execute("begin immediate")
                yield self._connection
                await self._connection.commit()
            except BaseException:
                # Also when cancelled while `begin` was on its way: the thread works in order.
                await self._connection.rollback()
                raise

    async def fetch(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[sqlite3.Row]:
        async with self._turn:
            return list(await self._connection.execute_fetchall(sql, dict(parameters or {})))

    async def fetch_one(self, sql: str, parameters: Mapping[str, Any] | None = None) -> sqlite3.Row | None:
        return next(iter(await self.fetch(sql, parameters)), None)


async def connect(path: Path) -> aiosqlite.Connection:
    """A sound connection at today's schema; raises Damaged or StoreTooNew."""
    make_private(path)
    connection = await aiosqlite.connect(path, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        await prepare(connection)
        await migrate(connection, path)
    except sqlite3.DatabaseError as error:
        await connection.close()
        # The low byte is the primary code.
        if (getattr(error, "sqlite_errorcode", 0) & 0xFF) in DAMAGE:
            raise Damaged(str(error)) from error
        raise
    except BaseException:
        await connection.close()
        raise
    return connection


def make_private(path: Path) -> None:
    """Creates the file owner-only before SQLite does; its companions take over its mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)


async def prepare(connection: aiosqlite.Connection) -> None:
    await connection.execute("pragma busy_timeout = 5000")
    # A file system that has no WAL answers with another mode: slower, but right with one connection.
    await connection.execute_fetchall("pragma journal_mode = wal")
    await connection.execute("pragma synchronous = full")
    await connection.execute("pragma foreign_keys = on")
    check = await connection.execute_fetchall("pragma quick_check(1)")
    verdict = [row[0] for row in check]
    if verdict != ["ok"]:
        raise Damaged(str(verdict))


async def migrate(connection: aiosqlite.Connection, path: Path) -> None:
    rows = await connection.execute_fetchall("pragma user_version")
    version = int(next(iter(rows))[0])
    if version > len(MIGRATIONS):
        raise StoreTooNew(path, version)
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        await step(connection, number, statements)


async def step(connection: aiosqlite.Connection, number: int, statements: Iterable[str]) -> None:
    await connection.execute("begin immediate")
    for statement in statements:
        await connection.execute(statement)
    await connection.execute(f"pragma user_version = {number:d}")
    await connection.commit()


def set_aside(path: Path) -> Path:
    """Renames a damaged database with its companions, and says what it is called now."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = next(
        it
        for number in range(1000)
        if not (it := path.with_name(f"{path.name}.damaged-{stamp}-{number}")).exists()
    )
    for suffix in ("", "-wal", "-shm"):
        companion = path.with_name(path.name + suffix)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + suffix))
    return aside
