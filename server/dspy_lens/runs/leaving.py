"""Waiting for a worker to leave its folder, without asking again and again."""

import asyncio
import fcntl
import os
import threading
from pathlib import Path

from dspy_lens.runs.folder import LAUNCH, RunFolder
from dspy_lens_worker.messages import LOCK


async def left(folder: RunFolder) -> None:
    """Returns when no worker has the folder any more; at once when none does.

    A child that the worker left behind may keep its locks, so the process counts where it can be watched.
    """
    pid = folder.pid()
    descriptor = process_descriptor(pid) if pid is not None else None
    if descriptor is None:
        if pid is None or not watches_processes():
            await locks_free(folder)
        return
    try:
        # Asked after the descriptor was taken: as long as the lock is held, this process is the worker.
        if folder.alive():
            await readable(descriptor)
    finally:
        os.close(descriptor)


def watches_processes() -> bool:
    return hasattr(os, "pidfd_open")


def process_descriptor(pid: int) -> int | None:
    """A descriptor that becomes readable when the process ends; None when it is gone or on other systems."""
    try:
        return os.pidfd_open(pid)
    except (OSError, AttributeError):
        return None


async def readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(descriptor, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(descriptor)


async def locks_free(folder: RunFolder) -> None:
    """Returns when both locks of the folder are free."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()

    def wait() -> None:
        wait_for_lock(folder.path / LAUNCH)
        wait_for_lock(folder.path / LOCK)
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)

    # A thread of its own that nobody joins: a wait for a lock cannot be called off.
    threading.Thread(target=wait, daemon=True, name=f"lock of {folder.id}").start()
    await event.wait()


def wait_for_lock(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)
