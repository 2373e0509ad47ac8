"""`kill -9` of worker, daemon and pump at random requests of a MIPROv2 and a random search run.

    python tests/bench/bench_kills.py [--kills 20] [--seed 1]

Judged by the provider's own log: what was sent twice, compared with an undisturbed run.
"""

import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.house import LIGHT, SEARCH, House, house, pupil
from support.kills import (
    Kill,
    Outcome,
    Recipe,
    Undisturbed,
    kill_daemon,
    kill_pump,
    kill_worker,
    moments,
    undisturbed,
)
from support.provider import Provider
from support.tables import table

THREADS = 4
LATENCY = 0.02  # seconds
RECIPES = (Recipe("miprov2", LIGHT), Recipe("bootstrap_rs", SEARCH))
VICTIMS: tuple[tuple[str, Kill], ...] = (
    ("worker", kill_worker),
    ("daemon", kill_daemon),
    ("pump", kill_pump),
)


def outcomes(
    house: House, recipe: Recipe, whole: Undisturbed, kill: Kill, at: list[int]
) -> Iterator[Outcome]:
    for number in at:
        found = kill(house, recipe, whole, number)
        if found.lost or not found.same or found.twice > THREADS:
            print(f"  at request {number}: {found}", flush=True)
        yield found


def row(recipe: Recipe, name: str, whole: Undisturbed, found: list[Outcome]) -> list[str]:
    return [
        recipe.optimizer,
        name,
        str(len(found)),
        str(len(whole.log)),
        str(sum(it.lost for it in found)),
        f"{sum(it.same for it in found)} of {len(found)}",
        str(max(it.twice for it in found)),
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rows = []
    for recipe in RECIPES:
        with (
            tempfile.TemporaryDirectory() as folder,
            Provider(rule=pupil, latency=LATENCY) as provider,
            house(Path(folder), provider, THREADS) as it,
        ):
            whole = undisturbed(it, recipe)
            for number, (name, kill) in enumerate(VICTIMS):
                at = moments(args.seed + number, args.kills, len(whole.log))
                rows.append(row(recipe, name, whole, list(outcomes(it, recipe, whole, kill, at))))
    print(f"kill -9 in the middle of a run, {THREADS} threads, {LATENCY * 1000:.0f} ms a request\n")
    heads = ["run", "killed", "kills", "requests of a run", "lost events", "same program", "most paid twice"]
    print(table(heads, rows))


if __name__ == "__main__":
    main()
