"""A run against the same DSPy script without us: the calls and the wall time that we add.

    python tests/bench/bench_overhead.py [--rounds 5]

Both optimize the same program with the same examples, seeds, threads and an empty cache, in turn. Our runs
are timed from the command to their last event, less their two held-out evaluations, which the script has
not; the script is timed from its start to its end. The window has shown its estimate before, as it does.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.heldout import askings
from support.house import LIGHT, SEARCH, House, finished, house, pupil
from support.kills import Recipe, fresh
from support.provider import Arrival, Provider
from support.tables import table

SCRIPT = Path(__file__).with_name("plain_dspy.py")
THREADS = 4
LATENCY = 0.02  # seconds
RECIPES = (Recipe("miprov2", LIGHT), Recipe("bootstrap_rs", SEARCH))


@dataclass(frozen=True)
class Taken:
    """What one optimization took, held-out evaluations left out."""

    calls: int
    seconds: float
    program: dict[str, Any]


def ours(house: House, recipe: Recipe) -> tuple[Taken, Path]:
    """What our run took, and its examples as they were dealt."""
    with fresh(house) as window:
        window.request("dspyLens/estimate", {"target": "Mood", "optimizer": recipe.optimizer})
        began = time.perf_counter()
        run = recipe.begin(window)
        assert finished(window, run)["state"] == "succeeded"
        seconds = time.perf_counter() - began
    log = house.provider.log
    found = askings(log, house.held_out(run))
    evaluations = lasted(log[: found.baseline]) + lasted(log[len(log) - found.final :])
    calls = len(log) - found.baseline - found.final
    return Taken(calls, seconds - evaluations, house.program(run)), house.folder(run).path / "examples.jsonl"


def lasted(log: Sequence[Arrival]) -> float:
    return log[-1].at - log[0].at + LATENCY if log else 0.0


def script(house: House, recipe: Recipe, examples: Path) -> Taken:
    house.provider.log.clear()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(examples, folder)
        shutil.copy(house.home.root / "app.py", folder)
        words = [recipe.optimizer, json.dumps(recipe.parameters), house.provider.base, str(THREADS), folder]
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, str(SCRIPT), *words],
            env={**house.home.environment, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        seconds = time.perf_counter() - began
        program = json.loads((Path(folder) / "program.json").read_text())
    program.pop("metadata")
    return Taken(len(house.provider.log), seconds, program)


def row(recipe: Recipe, rounds: int) -> list[str]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Provider(rule=pupil, latency=LATENCY) as provider,
        house(Path(folder), provider, THREADS) as it,
    ):
        pairs = []
        for _ in range(rounds + 1):
            own, examples = ours(it, recipe)
            pairs.append((script(it, recipe, examples), own))
    pairs = pairs[1:]  # the first one warms up
    theirs, mine = (statistics.median(it[which].seconds for it in pairs) for which in (0, 1))
    plain, lens = (statistics.median(it[which].calls for it in pairs) for which in (0, 1))
    same = sum(a.program == b.program for a, b in pairs)
    return [
        recipe.optimizer,
        f"{plain:.0f}",
        f"{lens:.0f}",
        f"{lens / plain - 1:+.1%}",
        f"{theirs:.2f} s",
        f"{mine:.2f} s",
        f"{mine - theirs:+.2f} s",
        f"{same} of {len(pairs)}",
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    rows = [row(it, rounds) for it in RECIPES]
    print(f"Median of {rounds} interleaved rounds; targets: at most 5 % more calls, at most 1 s more\n")
    heads = ["run", "script's calls", "ours", "more", "script's time", "ours", "more", "same program"]
    print(table(heads, rows))


if __name__ == "__main__":
    main()
