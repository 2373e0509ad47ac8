"""A finished recipe asked again: answered from the store, without any request.

    python tests/bench/bench_stored.py [--times 50]

The first row asks the daemon that ran the recipe, the second one a daemon that has just been started. The
time runs from the command to its answer; `terminal` is a whole `dspy-lens optimize`, start of Python included.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.house import SEARCH, TARGET, House, begin, finished, house, pupil, start
from support.provider import Provider
from support.tables import milliseconds, table
from support.wire import Wire

TARGET_SECONDS = 0.05


def asked(window: Wire, times: int) -> list[float]:
    """Seconds from the command to the answer, each time."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        answer = start(window, "bootstrap_rs", SEARCH, cap_calls=100_000)
        taken.append(time.perf_counter() - began)
        assert answer["stored"] is True, answer
    return taken


def in_terminal(house: House, times: int) -> list[float]:
    words = [word for name, value in SEARCH.items() for word in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "dspy_lens.cli.main", "optimize", TARGET, "--yes", "--json"]
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        done = subprocess.run(
            [*command, "--optimizer", "bootstrap_rs", "--cap-calls", "100000", *words],
            cwd=house.home.root, env=house.home.environment, check=True, capture_output=True,
        )  # fmt: skip
        taken.append(time.perf_counter() - began)
        assert b'"stored": true' in done.stdout
    return taken


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    times = parser.parse_args().times
    measured: list[tuple[str, list[float]]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Provider(rule=pupil) as provider,
        house(Path(folder), provider, count=40) as it,
    ):
        with it.window() as window:
            finished(window, begin(window, "bootstrap_rs", SEARCH, cap_calls=100_000))
            provider.log.clear()
            measured.append(("the same daemon", asked(window, times)))
        it.close()
        with it.window() as window:
            measured.append(("a new daemon, its first answer", asked(window, 1)))
            measured.append(("a new daemon", asked(window, times)))
        measured.append(("terminal", in_terminal(it, 10)))
        requests = len(provider.log)
    rows = [
        [name, str(len(taken)), milliseconds(statistics.median(taken)), milliseconds(max(taken))]
        for name, taken in measured
    ]
    print(
        f"A finished recipe asked again; target {milliseconds(TARGET_SECONDS)}; {requests} requests were sent\n"
    )
    print(table(["asked", "times", "median", "worst"], rows))


if __name__ == "__main__":
    main()
