"""What earlier runs teach: a model that writes otherwise than was assumed, and several runs of one target."""

import contextlib
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

from dspy_lens.estimate.correcting import Past, corrected_by
from dspy_lens.values.estimate import Estimate, Share
from support.estimates.sweep import Case, Counted, Used, counted, estimated

WORDY = (2.0, 0.5)
TAUGHT, FRESH = 3, 4  # runs that teach, and runs that estimates are compared with
RUNS = TAUGHT + FRESH
OPTIMIZERS: tuple[tuple[str, tuple[tuple[str, object], ...]], ...] = (
    ("bootstrap_rs", (("num_candidate_programs", 3),)),
    ("miprov2", ()),
    ("gepa", (("max_metric_calls", 60),)),
    ("copro", (("breadth", 3), ("depth", 2))),
    ("infer_rules", (("num_candidates", 3),)),
    ("simba", (("bsize", 6), ("max_steps", 3), ("num_candidates", 3))),
)


@dataclass(frozen=True)
class Learnt:
    """Errors of one configuration before anything was run, and after one, two and three runs."""

    tokens: tuple[float, ...]
    dollars: tuple[float, ...]


def learning_cases(*, quick: bool) -> list[Case]:
    sizes = (20,) if quick else (20, 50)
    return [Case(name, given, n, 2, 0.5, 0.25) for n in sizes for name, given in OPTIMIZERS]


def learnt(path: Path, cases: list[Case], processes: int) -> list[Learnt]:
    """Counts what the file does not have yet, and says how far estimates were off."""
    wanted = [(case, wordy, seed) for case in cases for wordy in WORDY for seed in range(RUNS)]
    lines = path.read_text().splitlines() if path.exists() else []
    had = {tuple(it["key"]): Counted.of(it["counted"]) for it in map(json.loads, lines)}
    left = [it for it in wanted if (it[0].key, it[1], it[2]) not in had]
    path.parent.mkdir(parents=True, exist_ok=True)
    if left:
        with path.open("a") as file, get_context("spawn").Pool(processes) as pool:
            for line in pool.imap_unordered(_line, left):
                file.write(line + "\n")
                saved = json.loads(line)
                had[tuple(saved["key"])] = Counted.of(saved["counted"])
    return list(_errors(cases, had))


def _errors(cases: list[Case], had: dict[tuple[object, ...], Counted]) -> Iterator[Learnt]:
    for case in cases:
        for wordy in WORDY:
            runs = [had[case.key, wordy, seed] for seed in range(RUNS)]
            fresh = runs[TAUGHT:]
            mean_input, mean_dollars = fmean(it.input for it in fresh), fmean(it.dollars for it in fresh)
            past: list[Past] = []
            tokens, dollars = [], []
            for seed in range(TAUGHT + 1):
                said = [estimated(case, it, correction=corrected_by(past)) for it in range(TAUGHT, RUNS)]
                tokens.append(
                    abs(fmean(it.tokens.input.expected for it in said if it.tokens) / mean_input - 1)
                )
                dollars.append(
                    abs(fmean(it.dollars.expected for it in said if it.dollars) / mean_dollars - 1)
                )
                past.append(Past(_started_with(case, seed, past), roles_of(runs[seed])))
            yield Learnt(tuple(tokens), tuple(dollars))


def _started_with(case: Case, seed: int, past: list[Past]) -> Estimate:
    return estimated(case, seed, correction=corrected_by(past))


def roles_of(run: Counted) -> dict[str, Share]:
    """What the ledger would say of a run."""
    return {"task": _share(run.task), "prompt": _share(run.prompt)}


def _share(it: Used) -> Share:
    return Share(it.requests, it.input, it.output)


def _line(wanted: tuple[Case, float, int]) -> str:
    case, wordy, seed = wanted
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = counted(case, seed, wordy)
    return json.dumps({"key": [case.key, wordy, seed], "counted": asdict(found)})
