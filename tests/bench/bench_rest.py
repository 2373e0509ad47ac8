"""A daemon at rest: its CPU over a minute, whether it reads its tree, and that DSPy is not in its process.

    python tests/bench/bench_rest.py [--seconds 60]

Every folder and file of the tree is dated to tomorrow. A file system that is mounted `relatime` then notes
each reading in its access time, so that a poll would show.
"""

import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.house import House, house
from support.provider import Provider
from support.tables import table
from support.wire import Wire

FOLDERS, FILES = 40, 10
TARGET_SHARE = 0.001
SOURCE = "import dspy\n\n\nclass Plain(dspy.Signature):\n    question: str = dspy.InputField()\n"


@dataclass(frozen=True)
class Rest:
    """What the daemon did while nothing was asked of it."""

    seconds: float
    cpu: float
    switches: int
    reads: int
    touched: int

    @property
    def share(self) -> float:
        return self.cpu / self.seconds


def plant(root: Path) -> None:
    """A tree of some size, in which every reading shows."""
    for folder in range(FOLDERS):
        place = root / f"package{folder}"
        place.mkdir()
        for file in range(FILES):
            (place / f"module{file}.py").write_text(SOURCE)
    for path in tree(root):
        os.utime(path, (time.time(), time.time() + 86_400))


def tree(root: Path) -> list[Path]:
    return [root, *root.rglob("*")]


def accesses(root: Path) -> dict[Path, int]:
    """When each folder and file was last read. Listing is reading, so folders are noted after it."""
    return {path: path.stat().st_atime_ns for path in tree(root)}


def rest(house: House, seconds: float) -> Rest:
    process = psutil.Process(house.daemon())
    accessed = accesses(house.home.root)
    cpu, switches, reads = counted(process)
    began = time.monotonic()
    # Nothing is waited for here: that nothing happens is what is measured.
    time.sleep(seconds)
    lasted, (later, more, last) = time.monotonic() - began, counted(process)
    touched = sum(path.stat().st_atime_ns != at for path, at in accessed.items())
    return Rest(lasted, later - cpu, more - switches, last - reads, touched)


def counted(process: psutil.Process) -> tuple[float, int, int]:
    """Seconds of CPU, switches of all threads, and calls that read something."""
    cpu, io = process.cpu_times(), process.io_counters()
    switches = [psutil.Process(it.id).num_ctx_switches() for it in process.threads()]
    return cpu.user + cpu.system, sum(it.voluntary + it.involuntary for it in switches), io.read_count


def shows_readings(root: Path) -> bool:
    """Whether a reading leaves a trace on this file system."""
    folder = root / "package0"
    before = folder.stat().st_atime_ns
    list(folder.iterdir())
    return folder.stat().st_atime_ns != before


def row(name: str, it: Rest, traceable: bool) -> list[str]:
    return [
        name,
        f"{it.seconds:.0f} s",
        f"{it.cpu * 1000:.0f} ms",
        f"{it.share:.3%}",
        f"{it.switches / it.seconds:.1f}",
        str(it.reads),
        str(it.touched) if traceable else "not known here",
    ]


def without_dspy(window: Wire) -> str:
    checks: list[dict[str, Any]] = window.command("doctor")["checks"]
    return next(
        f"{it['name']}: {'ok' if it['ok'] else 'NO'}, {it['message']}"
        for it in checks
        if it["name"] == "daemon"
    )


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, Provider() as provider, house(Path(folder), provider) as it:
        plant(it.home.root)
        source = it.home.root / "app.py"
        with it.window() as window:
            window.open(source, source.read_text())
            assert window.lenses(source)
            said = without_dspy(window)
            attached = rest(it, seconds)
        alone = rest(it, seconds)
        traceable = shows_readings(it.home.root)
    print(f"Target: under {TARGET_SHARE:.1%} CPU. Doctor says: {said}.\n")
    heads = ["daemon", "watched for", "CPU", "share", "switches a second", "reads", "files and folders read"]
    print(table(heads, [row("one window", attached, traceable), row("no window", alone, traceable)]))


if __name__ == "__main__":
    main()
