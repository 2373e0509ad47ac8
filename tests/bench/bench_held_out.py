"""No optimizer sees a held-out example: what the provider was asked between baseline and final evaluation.

python tests/bench/bench_held_out.py
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.heldout import askings
from support.house import LIGHT, SEARCH, House, begin, finished, house, pupil
from support.provider import Provider
from support.tables import table

CASES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("labeled", "labeled", {}),
    ("bootstrap", "bootstrap", {}),
    ("bootstrap_rs", "bootstrap_rs", SEARCH),
    ("miprov2", "miprov2", LIGHT),
    ("miprov2, zero-shot", "miprov2", {"max_bootstrapped_demos": 0, "max_labeled_demos": 0}),
)


def row(house: House, name: str, optimizer: str, parameters: dict[str, Any]) -> list[str]:
    house.provider.log.clear()
    with house.window() as window:
        window.command("clear", runs=True, cache=True)
        run = begin(window, optimizer, parameters, cap_calls=100_000)
        assert finished(window, run)["state"] == "succeeded"
    held_out = house.held_out(run)
    found = askings(house.provider.log, held_out)
    figures = (len(held_out), found.baseline, found.optimizer, found.leaked, found.final)
    return [name, *map(str, figures)]


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Provider(rule=pupil) as provider,
        house(Path(folder), provider, count=40) as it,
    ):
        rows = [row(it, *case) for case in CASES]
    print(
        "Requests in the provider's log; a final evaluation of the unchanged program comes from the cache\n"
    )
    heads = ["optimizer", "held-out", "baseline", "optimizing", "with a held-out input", "final"]
    print(table(heads, rows))


if __name__ == "__main__":
    main()
