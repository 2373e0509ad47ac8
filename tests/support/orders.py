"""Builders of run folders, and workers that carry them out in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any, TypeVar

import dspy_lens_worker
from dspy_lens_worker.messages import (
    EVENT,
    AnyEvent,
    Event,
    FieldOrder,
    Finished,
    HeldOut,
    ModelOrder,
    Order,
    OrderExample,
    TargetOrder,
)

WORKER = Path(dspy_lens_worker.__file__).with_name("__main__.py")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Place:
    """A root with files, a cache and run folders, all below one temporary folder."""

    path: Path

    @property
    def root(self) -> Path:
        return self.path / "root"

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"))
        return file

    def folder(self, order: Order, examples: Sequence[OrderExample]) -> Path:
        """The run folder of an order, as the daemon would lay it out."""
        self.root.mkdir(exist_ok=True)
        folder = self.path / "runs" / order.run
        folder.mkdir(parents=True)
        (folder / "order.json").write_text(order.model_dump_json())
        (folder / "examples.jsonl").write_text("".join(it.model_dump_json() + "\n" for it in examples))
        return folder

    def order(self, target: TargetOrder | None = None, **changes: Any) -> Order:
        """An order for `question -> answer` with the exact metric, changed where asked."""
        given: dict[str, Any] = {
            "run": f"run{len(list(self.path.glob('runs/*'))) + 1}",
            "root": str(self.root),
            "key": "0123456789abcdef",
            "target": target or self.string_target(),
            "metric": "exact",
            "optimizer": "bootstrap_rs",
            "parameters": {},
            "model": ModelOrder(name="offline"),
            "threads": 1,
            "cache_dir": str(self.cache),
        }
        return Order(**{**given, **changes})

    def string_target(self, literal: str = "question -> answer", **changes: Any) -> TargetOrder:
        left, _, right = literal.partition("->")
        given: dict[str, Any] = {
            "name": "app:qa",
            "kind": "string",
            "path": "app.py",
            "module": "app",
            "qualname": "qa",
            "import_roots": [str(self.root)],
            "literal": literal,
            "inputs": fields(left),
            "outputs": fields(right),
        }
        return TargetOrder(**{**given, **changes})

    def named_target(self, kind: str, qualname: str, **changes: Any) -> TargetOrder:
        """A class or program of `app.py`."""
        given: dict[str, Any] = {
            "name": f"app:{qualname}",
            "kind": kind,
            "path": "app.py",
            "module": "app",
            "qualname": qualname,
            "import_roots": [str(self.root)],
        }
        return TargetOrder(**{**given, **changes})


def fields(text: str) -> list[FieldOrder]:
    parts = [it.partition(":") for it in text.split(",")]
    return [FieldOrder(name=name.strip(), type=kind.strip() or "str") for name, _, kind in parts]


def examples(train: int = 4, validation: int = 8, test: int = 10, label: str = "yes") -> list[OrderExample]:
    """Numbered questions by part, each labelled the same."""
    parts = ["train"] * train + ["validation"] * validation + ["test"] * test
    return [
        OrderExample.model_validate(
            {
                "part": part,
                "row": row,
                "inputs": {"question": f"{part} question {row}"},
                "labels": {"answer": label},
            }
        )
        for row, part in enumerate(parts)
    ]


def loopback(base: str, **parameters: Any) -> ModelOrder:
    """The model that the loopback server plays."""
    given = {"num_retries": 0, "max_tokens": 200, **parameters}
    return ModelOrder(name="openai/test-model", api_base=base, parameters=given)


@dataclass(frozen=True)
class Ran:
    """What a worker left behind."""

    folder: Path
    code: int
    log: str = field(repr=False)

    @property
    def events(self) -> list[AnyEvent]:
        return read_events(self.folder)

    @property
    def finished(self) -> Finished:
        last = self.events[-1]
        assert isinstance(last, Finished), self.log
        return last

    def of(self, kind: type[E]) -> list[E]:
        return [it for it in self.events if isinstance(it, kind)]

    @property
    def held_out(self) -> list[HeldOut]:
        text = (self.folder / "heldout.jsonl").read_text()
        return [HeldOut.model_validate_json(it) for it in text.splitlines()]

    @property
    def program(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "program.json").read_text())
        return found


def read_events(folder: Path) -> list[AnyEvent]:
    lines = (folder / "events.jsonl").read_text().splitlines()
    return [EVENT.validate_json(it) for it in lines]


@contextmanager
def worker(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A worker at work on a run folder; killed when the block is left."""
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, str(WORKER), str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=clean_environment() | dict(environment or {}),
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def run(folder: Path, environment: Mapping[str, str] | None = None, deadline: float = 60.0) -> Ran:
    """Carries out a run folder to its end."""
    with worker(folder, environment) as process:
        code = process.wait(deadline)
    return Ran(folder, code, (folder / "worker.log").read_text())


def clean_environment() -> dict[str, str]:
    """This process's environment without anybody's keys or endpoints."""
    dropped = ("_API_KEY", "_API_BASE", "_BASE_URL", "_TOKEN")
    return {name: value for name, value in os.environ.items() if not name.upper().endswith(dropped)}
