"""What Pythons said of themselves, kept so that a daemon that has just started need not ask again."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from dspy_lens.runs.folder import write_whole
from dspy_lens.values.examples import digest

STEERING = ("PYTHON", "PATH", "VIRTUAL_ENV", "CONDA", "PYENV", "UV_")
"""How the variables begin that decide what a Python finds, or which one a shim starts."""

Times = tuple[tuple[str, int], ...]


class Known(BaseModel):
    """What a Python answered, and the times (ns) of the files and folders that the answer rests on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asked: str
    answer: dict[str, Any]
    times: Times

    @property
    def folders(self) -> list[str]:
        """Where this Python looks for modules."""
        return [str(it) for it in self.answer["folders"]]


class Answers:
    """The answers of this process, and the last one of the process before. An entry is whole or absent, so that
    threads may share it."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, Known] | None = None

    def find(self, asked: str) -> Known | None:
        if self._known is None:
            self._known = self._read()
        return self._known.get(asked)

    def keep(self, known: Known) -> None:
        """Remembers it; where the file can not be written, for the life of this process only."""
        self._known = {**(self._known or {}), known.asked: known}
        if self._file is not None:
            with contextlib.suppress(OSError):
                write_whole(self._file, known.model_dump_json().encode())

    def _read(self) -> dict[str, Known]:
        try:
            known = Known.model_validate_json(self._file.read_bytes()) if self._file else None
        except (OSError, ValueError):
            return {}
        return {known.asked: known} if known else {}


def asked(root: Path, path: str, environment: Mapping[str, str]) -> str:
    """Names a question: a Python, where it is started, and the variables that steer it."""
    steering = {name: value for name, value in environment.items() if name.startswith(STEERING)}
    return digest([str(root), path, steering])
