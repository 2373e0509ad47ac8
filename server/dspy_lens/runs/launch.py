"""Starting a worker that needs nobody: its own session, no parent, its output in its folder."""

import asyncio
import fcntl
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from dspy_lens.runs.folder import LAUNCH, PID, RunFolder

LAUNCHER = Path(__file__).with_name("launcher.py")
MARK = "DSPY_LENS_RUN"
"""In the environment of a worker and of all it starts: the run's folder, by which stray children are found."""


@dataclass(frozen=True, slots=True)
class Launched:
    pid: int


@dataclass(frozen=True, slots=True)
class NotLaunched:
    """Why no worker came to be, as one sentence and one thing to do."""

    message: str


async def launch(
    folder: RunFolder,
    argv: tuple[str, ...],
    cwd: Path,
    environment: Mapping[str, str],
    memory: int | None = None,
) -> Launched | NotLaunched:
    """Starts `argv` detached, holding the folder's lock; `memory` limits its address space, in bytes.

    The environment goes from memory to memory: keys are never written.
    """
    async with launch_lock(folder) as lock:
        try:
            launcher = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                str(LAUNCHER),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**environment, MARK: str(folder.path)},
                pass_fds=(lock,),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return NotLaunched(f"The worker could not be started ({error}). Try again.")
        output, errors = await launcher.communicate(
            json.dumps(order(folder, argv, cwd, lock, memory)).encode()
        )
    return verdict(output, errors)


@asynccontextmanager
async def launch_lock(folder: RunFolder) -> AsyncIterator[int]:
    """A lock that launcher and worker inherit, so that the folder is never seen without somebody in it."""
    lock = os.open(folder.path / LAUNCH, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # In a thread: somebody who looks whether it is held, holds it for a moment.
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def order(
    folder: RunFolder, argv: tuple[str, ...], cwd: Path, lock: int, memory: int | None
) -> dict[str, object]:
    return {
        "argv": argv,
        "cwd": str(cwd),
        "lock": lock,
        "pid": str(folder.path / PID),
        "log": str(folder.log),
        "memory": memory,
    }


def verdict(output: bytes, errors: bytes) -> Launched | NotLaunched:
    try:
        answer = json.loads(output)
    except ValueError:
        last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2] or "no reason given"
        return NotLaunched(f"The worker could not be started ({last}). Try again.")
    if "pid" in answer:
        return Launched(answer["pid"])
    return NotLaunched(f"The worker could not be started ({answer['error']}). Check the interpreter.")
