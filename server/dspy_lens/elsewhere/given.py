"""Examples that the user's own code gives, run once in the user's interpreter."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dspy_lens_worker.messages import WORKER, ExamplesOrder, ExamplesReply

PATIENCE = 300.0  # seconds


class NotGiven(Exception):
    """Why there are no examples: one sentence on what happened and one thing to do."""


async def given(
    order: ExamplesOrder, interpreter: Path, environment: Mapping[str, str], seconds: float = PATIENCE
) -> list[dict[str, Any]]:
    """The records; raises NotGiven. The process and what it started end with the call, whatever happens."""
    try:
        process = await asyncio.create_subprocess_exec(
            interpreter, WORKER, "--examples",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=order.root,
            env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise NotGiven(f"{interpreter} does not start ({error}). Run `dspy-lens doctor`.") from error
    try:
        async with asyncio.timeout(seconds):
            output, errors = await process.communicate(order.model_dump_json().encode())
    except TimeoutError:
        raise NotGiven(
            f"{order.name} took longer than {seconds:g} seconds. Save what it gives in a file, and name that."
        ) from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return read(order, output, errors, process.returncode)


def read(order: ExamplesOrder, output: bytes, errors: bytes, code: int | None) -> list[dict[str, Any]]:
    try:
        reply = ExamplesReply.model_validate_json(output)
    except ValidationError:
        last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2] or "it said nothing"
        raise NotGiven(f"{order.name} ended with code {code} ({last}). Correct it.") from None
    if reply.error is not None:
        raise NotGiven(reply.error)
    return reply.records
