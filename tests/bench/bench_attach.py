"""How soon a window has its lenses: attaching to a living daemon, against a bare pygls server, in turn.

    python tests/bench/bench_attach.py
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wire import Wire

ROUNDS = 15
SOURCE = '''import dspy


class Answer(dspy.Signature):
    """Answers the question."""

    question: str = dspy.InputField()
    answer: str = dspy.OutputField()
'''


def timed(argv: list[str], environment: dict[str, str], root: Path) -> tuple[float, float]:
    """Seconds from starting the process to the answer to initialize, and to the first lenses."""
    with Wire(argv, environment, root) as wire:
        initialized = wire.initialize(root)
        wire.open(root / "app.py", SOURCE)
        assert wire.lenses(root / "app.py")
        return initialized, time.perf_counter() - wire.started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "repository"
        root.mkdir()
        (root / ".git").mkdir()
        (root / "app.py").write_text(SOURCE)
        environment = {**os.environ, "DSPY_LENS_STATE": folder + "/state", "DSPY_LENS_CACHE": folder + "/cache"}
        hello = [sys.executable, str(Path(__file__).with_name("hello_server.py"))]
        pump = [sys.executable, "-P", "-m", "dspy_lens.daemon.pump"]
        timed(pump, environment, root)  # starts the daemon
        rounds = [(timed(hello, environment, root), timed(pump, environment, root)) for _ in range(ROUNDS)]
        command = [sys.executable, "-m", "dspy_lens.cli.main", "daemon", "stop", "--root", str(root)]
        subprocess.run(command, env=environment, check=True, capture_output=True)
    for name, part in (("initialize answered", 0), ("first lens", 1)):
        floor = statistics.median(it[0][part] for it in rounds)
        ours = statistics.median(it[1][part] for it in rounds)
        print(f"{name:22} floor {floor * 1000:6.0f} ms   attached {ours * 1000:6.0f} ms   ratio {ours / floor:.2f}")


if __name__ == "__main__":
    main()
