"""No request after the cap is reached, judged by the provider's own log.

python tests/bench/bench_caps.py
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.house import LIGHT, SEARCH, begin, finished, house, pupil
from support.kills import Recipe
from support.provider import Provider
from support.tables import table

CAP = 60
LATENCY = 0.05  # seconds
RECIPES = (Recipe("miprov2", LIGHT), Recipe("bootstrap_rs", SEARCH))


def row(recipe: Recipe, threads: int) -> list[str]:
    with (
        tempfile.TemporaryDirectory() as folder,
        Provider(rule=pupil, latency=LATENCY) as provider,
        house(Path(folder), provider, threads) as it,
        it.window() as window,
    ):
        end = finished(window, begin(window, recipe.optimizer, recipe.parameters, cap_calls=CAP))
        sent = len(provider.log)
    target = f"= {CAP}" if threads == 1 else f"≤ {CAP}"
    scored = "yes" if end["best"] else "no"
    return [
        recipe.optimizer,
        str(threads),
        str(CAP),
        str(sent),
        target,
        str(end["requests"]),
        end["state"],
        scored,
    ]


def main() -> None:
    rows = [row(recipe, threads) for recipe in RECIPES for threads in (8, 1)]
    print(f"Runs that would need more than {CAP} requests, at {LATENCY * 1000:.0f} ms a request\n")
    heads = ["run", "threads", "cap", "in the log", "target", "in our ledger", "ended", "best scored"]
    print(table(heads, rows))


if __name__ == "__main__":
    main()
