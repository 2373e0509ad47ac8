"""How soon a window has its lenses: attaching to a living daemon, against a bare pygls server, in turn.

python tests/bench/bench_attach.py [--rounds 25]
"""

import statistics
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dspy_lens.daemon.connect import stop
from support.lens_client import PUMP, Home
from support.tables import milliseconds, table
from support.wire import Wire

HELLO = (sys.executable, str(Path(__file__).with_name("hello_server.py")))
SOURCE = '''import dspy


class Answer(dspy.Signature):
    """Answers the question."""

    question: str = dspy.InputField()
    answer: str = dspy.OutputField()
'''
TARGETS = (("initialize answered", 0.15), ("first lens", 0.25))


def timed(argv: Sequence[str], home: Home) -> tuple[float, float]:
    """Seconds from starting the process to the answer to initialize, and to the first lenses."""
    with Wire(argv, home.environment, home.root) as wire:
        initialized = wire.initialize(home.root)
        wire.open(home.root / "app.py", SOURCE)
        assert wire.lenses(home.root / "app.py")
        return initialized, time.perf_counter() - wire.started


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        home = Home.make(Path(folder), {"app.py": SOURCE})
        timed(HELLO, home)
        timed(PUMP, home)  # starts the daemon
        try:
            times = [(timed(HELLO, home), timed(PUMP, home)) for _ in range(rounds)]
        finally:
            stop(home.paths)
    rows = []
    for part, (name, target) in enumerate(TARGETS):
        floor, ours = (statistics.median(it[which][part] for it in times) for which in (0, 1))
        rows.append([name, milliseconds(floor), milliseconds(ours), f"{ours / floor:.2f}", f"≤ {target}"])
    print(f"From starting the process, median of {rounds} interleaved rounds\n")
    print(table(["", "bare pygls server", "attached to our daemon", "ratio", "target"], rows))


if __name__ == "__main__":
    main()
