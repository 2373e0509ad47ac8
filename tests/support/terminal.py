"""The `dspy-lens` command as a user types it, in a folder of its own with state of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import IO, Any

SIGNATURE = '''
import dspy
from typing import Literal


class Mood(dspy.Signature):
    """Tell the mood of a sentence."""

    sentence: str = dspy.InputField()
    mood: Literal["glad", "sad"] = dspy.OutputField()
'''

GLAD = ("sunny", "happy", "laughing", "cheerful", "delighted", "merry")
SAD = ("gloomy", "crying", "lonely", "mournful", "weeping", "grieving")


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as one JSON document."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def events(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    def expect(self, code: int = 0) -> "Answer":
        """The same, when it ended as expected; else what was printed is in the failure."""
        assert self.code == code, f"exit {self.code}\n{self.out}\n{self.err}"
        return self


@dataclass(slots=True)
class Desk:
    """A folder to work in. Files are given as text; commands run there."""

    root: Path
    state: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, folder: Path) -> "Desk":
        desk = cls(folder / "work", folder / "state")
        desk.root.mkdir(parents=True)
        desk.state.mkdir()
        return desk

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")

    def run(self, *words: str, folder: str = "", stdin: str = "") -> Answer:
        """Runs `dspy-lens WORDS…` to its end."""
        done = subprocess.run(
            [sys.executable, "-m", "dspy_lens.cli.main", *words],
            cwd=self.root / folder,
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def started(self, *words: str) -> Iterator["Running"]:
        """Starts `dspy-lens WORDS…`, to be watched line by line."""
        process = subprocess.Popen(
            [sys.executable, "-m", "dspy_lens.cli.main", *words],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield Running(process)
            finally:
                process.kill()

    def close(self) -> None:
        """Ends the daemon, if commands have started one."""
        self.run("daemon", "stop", "--root", str(self.root))

    def _environment(self) -> dict[str, str]:
        own = {
            "DSPY_LENS_STATE": str(self.state),
            "DSPY_LENS_CACHE": str(self.state / "lm"),
            "DSPY_LENS_CONFIG": str(self.state / "settings.toml"),
            "NO_COLOR": "1",
        }
        return {**os.environ, **own, **self.environment}


@dataclass(frozen=True, slots=True)
class Running:
    """A command that has not ended yet."""

    process: subprocess.Popen[str]

    def until(self, event: str) -> dict[str, Any]:
        """Reads events until one of this name."""
        for line in self._out:
            found: dict[str, Any] = json.loads(line)
            if found["event"] == event:
                return found
        raise AssertionError(f"It ended without {event}: {self._err.read()}")

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def ended(self) -> int:
        return self.process.wait(60)

    @property
    def _out(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def _err(self) -> IO[str]:
        assert self.process.stderr is not None
        return self.process.stderr


def mood_workspace() -> dict[str, str]:
    """A signature with 24 examples and the practice model, whose metric follows from its types."""
    rows = [
        {"sentence": f"The {word} child was {word} {time}.", "mood": mood}
        for mood, words in (("glad", GLAD), ("sad", SAD))
        for word in words
        for time in ("today", "again")
    ]
    return {
        "app/mood.py": SIGNATURE,
        "app/data/mood.jsonl": "".join(json.dumps(it) + "\n" for it in rows),
        "dspy-lens.toml": f'model = "offline"\ninterpreter = "{sys.executable}"\n',
    }
