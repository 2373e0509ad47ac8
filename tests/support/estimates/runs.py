"""Runs that were counted for the estimates benchmark, kept in a file so that it can be stopped and go on."""

import contextlib
import io
import json
import logging
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from support.estimates.means import half_width
from support.estimates.sweep import Case, Counted, counted

Seeds = dict[int, Counted]
CLOSE = 0.05  # half of the 95 % interval of a mean, as a share of it, that is near enough
LEAST = 20  # runs of every configuration, near enough or not
ROUNDS = (4, 20, 40, 80, 160, 320)  # runs of a configuration; only while its means are not near enough


def read(path: Path) -> dict[str, Seeds]:
    """What was counted so far, by the key of the configuration and the seed."""
    found: dict[str, Seeds] = defaultdict(dict)
    for line in path.read_text().splitlines() if path.exists() else ():
        saved = json.loads(line)
        found[saved["case"]][saved["seed"]] = Counted.of(saved["counted"])
    return found


def settled(seeds: Mapping[int, Counted]) -> bool:
    """Whether more runs would hardly move the means."""
    return len(seeds) >= LEAST and unsure(seeds) <= CLOSE


def unsure(seeds: Mapping[int, Counted]) -> float:
    """Half of the 95 % interval of that mean which is known least, of calls, tokens and dollars, as a share of it."""
    runs = list(seeds.values())
    if len(runs) < 2:
        return math.inf
    return max(half_width([getattr(it, of) for it in runs]) for of in ("calls", "input", "dollars"))


def count(path: Path, cases: Sequence[Case], seeds: int, processes: int) -> Iterator[str]:
    """Counts, round after round, what is not near enough yet, and says after each run how much is left of a round.

    Every configuration comes into the first rounds, first those whose means are known least.
    """
    had = read(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file, get_context("spawn").Pool(processes, maxtasksperchild=400) as pool:
        for number in [it for it in ROUNDS if it < seeds] + [seeds]:
            left = [
                (case, seed)
                for case in sorted(cases, key=lambda it: -unsure(had.get(it.key, {})))
                if not settled(known := had.get(case.key, {}))
                for seed in range(number)
                if seed not in known
            ]
            for done, line in enumerate(pool.imap_unordered(_line, left, chunksize=4), 1):
                file.write(line + "\n")
                file.flush()
                saved = json.loads(line)
                had[saved["case"]][saved["seed"]] = Counted.of(saved["counted"])
                yield f"{len(left) - done} runs are left of the round of {number}"


def _line(pair: tuple[Case, int]) -> str:
    case, seed = pair
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = counted(case, seed)
    return json.dumps({"case": case.key, "seed": seed, "counted": asdict(found)})
