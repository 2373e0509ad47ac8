"""Runs that were counted for the estimates benchmark, kept in a file so that it can be stopped and go on."""

import contextlib
import io
import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from support.estimates.sweep import Case, Counted, counted, estimated

Seeds = dict[int, Counted]


def read(path: Path) -> dict[str, Seeds]:
    """What was counted so far, by the key of the configuration and the seed."""
    found: dict[str, Seeds] = defaultdict(dict)
    for line in path.read_text().splitlines() if path.exists() else ():
        saved = json.loads(line)
        found[saved["case"]][saved["seed"]] = Counted.of(saved["counted"])
    return found


def wanted(cases: Iterable[Case], seeds: int, calls: int) -> list[tuple[Case, int]]:
    """What is to be counted: each configuration once, then further seeds.

    Large configurations get fewer seeds, about `calls` calls in all: their mean varies less.
    """
    pairs = [
        (case, seed)
        for case in cases
        for seed in range(max(2, min(seeds, int(calls / max(1.0, estimated(case).calls.task.expected)))))
    ]
    return sorted(pairs, key=lambda it: it[1])


def count(path: Path, pairs: Iterable[tuple[Case, int]], processes: int) -> Iterator[int]:
    """Counts what the file does not have yet, and says after each how many are left."""
    had = read(path)
    left = [(case, seed) for case, seed in pairs if seed not in had.get(case.key, {})]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file, get_context("spawn").Pool(processes, maxtasksperchild=400) as pool:
        for done, line in enumerate(pool.imap_unordered(_line, left, chunksize=4), 1):
            file.write(line + "\n")
            file.flush()
            yield len(left) - done


def _line(pair: tuple[Case, int]) -> str:
    case, seed = pair
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = counted(case, seed)
    return json.dumps({"case": case.key, "seed": seed, "counted": asdict(found)})
