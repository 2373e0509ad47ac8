"""How a run ends early: `Failed` with the stage it gave up at, `Refused` where no call may leave any more."""

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Kind = Literal["cap", "cancelled", "silent", "provider", "price", "metric", "errors"]


class Failed(Exception):
    """The run cannot go on: one sentence on what happened and one thing to do."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage
        self.reason = reason


class Refused(BaseException):
    """A request may not be sent.

    Not an Exception: DSPy's optimizers swallow those and go on with a worse program.
    """

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


GAVE_UP = "Execution cancelled due to errors or interruption."  # what DSPy says after `max_errors` errors


def gave_up(error: Exception, optimizer: str) -> Refused | None:
    """The end of an optimizer that met `max_errors` answers of no use; None for any other error."""
    if str(error) != GAVE_UP:
        return None
    return Refused(
        "errors",
        f"{optimizer} gave up, since too many answers could not be used; the run's log names them. "
        "Take a stronger model, or raise max_errors.",
    )


def place(error: BaseException, roots: Sequence[str]) -> str:
    """Where in the user's own files the error arose, as `path:line: `; empty when in none of them."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shown(error.filename, roots)}:{error.lineno}: "
    frames = [it for it in traceback.extract_tb(error.__traceback__) if is_inside(it.filename, roots)]
    return f"{shown(frames[-1].filename, roots)}:{frames[-1].lineno}: " if frames else ""


def is_inside(path: str, roots: Sequence[str]) -> bool:
    """Whether a file is the user's own: below a root, and not in an environment that lies in it."""
    parts = Path(path).parts
    return "site-packages" not in parts and any(Path(path).is_relative_to(root) for root in roots)


def shown(path: str, roots: Sequence[str]) -> str:
    """The path as the user knows it: relative to the outermost root that holds it."""
    holders = [root for root in roots if Path(path).is_relative_to(root)]
    return str(Path(path).relative_to(min(holders, key=len))) if holders else path


def described(error: BaseException) -> str:
    """An exception as one line without its period: its kind and the first line of its message."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0].rstrip('.')}" if text else type(error).__name__
