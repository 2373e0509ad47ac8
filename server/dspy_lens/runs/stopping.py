"""Ending a worker: asked first, told next, killed at last."""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from dspy_lens.runs.folder import RunFolder
from dspy_lens.runs.launch import MARK
from dspy_lens.runs.leaving import left


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a worker gets at each step. After an interrupt it still scores and writes its best."""

    interrupt: float = 60.0
    terminate: float = 5.0
    linger: float = 15.0  # after its `finished` event
    full: float = 5.0  # between two tries to record it in a store that cannot be written


async def stop(folder: RunFolder, patience: Patience, hurry: asyncio.Event) -> None:
    """Returns when the worker is gone. `hurry`, when set, goes on to the next step at once."""
    send(folder, signal.SIGINT)
    if await gone_within(folder, patience.interrupt, hurry):
        return
    await force(folder, patience, hurry)


async def force(folder: RunFolder, patience: Patience, hurry: asyncio.Event) -> None:
    """Ends a worker that was asked before, with its process group and what carries the run's mark."""
    send_group(folder, signal.SIGTERM)
    if await gone_within(folder, patience.terminate, hurry):
        return
    send_group(folder, signal.SIGKILL)
    await left(folder)
    await asyncio.to_thread(sweep, folder)


async def gone_within(folder: RunFolder, seconds: float, hurry: asyncio.Event) -> bool:
    """Whether the worker left in time and before anybody hurried."""
    leaving = asyncio.create_task(left(folder))
    hurried = asyncio.create_task(hurry.wait())
    try:
        done, _ = await asyncio.wait({leaving, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        hurry.clear()
        return leaving in done
    finally:
        leaving.cancel()
        hurried.cancel()
        await asyncio.gather(leaving, hurried, return_exceptions=True)


def send(folder: RunFolder, number: signal.Signals) -> None:
    pid = folder.pid()
    # While the lock is held, the process id is the worker's and nobody else's.
    if pid is not None and folder.alive():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def send_group(folder: RunFolder, number: signal.Signals) -> None:
    pid = folder.pid()
    if pid is not None and folder.alive():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, number)  # A worker leads its own session and group.


def sweep(folder: RunFolder, processes: Path = Path("/proc")) -> None:
    """Kills what a killed worker left behind in sessions of their own; only where /proc tells."""
    mark = f"{MARK}={folder.path}".encode()
    for process in processes.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                os.kill(int(process.name), signal.SIGKILL)
