"""Estimates against what runs really take: every optimizer, with a model that counts.

python tests/bench/bench_estimates.py [--quick] [--minutes M] [--seeds N] [--write docs/estimates.md]

What was counted is kept in build/estimates.jsonl, so that it can be stopped and goes on; delete it when an
optimizer or DSPy has changed.
"""

import argparse
import sys
import time
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.estimates.cases import cases
from support.estimates.learning import learning_cases, learnt
from support.estimates.page import page
from support.estimates.runs import count, read
from support.estimates.table import compared

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    args = arguments().parse_args()
    kept = args.kept or ROOT / "build" / ("estimates-quick.jsonl" if args.quick else "estimates.jsonl")
    every = cases(quick=args.quick)
    began = time.monotonic()
    for number, left in enumerate(count(kept, every, args.seeds, args.processes)):
        if number % 100 == 0:
            print(left, file=sys.stderr, flush=True)
        if time.monotonic() - began > 60 * args.minutes:
            print(f"Stopped where {left}; the same command goes on.", file=sys.stderr)
            break
    had = read(kept)
    taught = learnt(kept.with_suffix(".learning.jsonl"), learning_cases(quick=args.quick), args.processes)
    with get_context("spawn").Pool(args.processes) as pool:
        # Each plays its optimizer thousands of times: minutes for all of them.
        rows = pool.starmap(compared, [(it, had[it.key]) for it in every if it.key in had], chunksize=4)
    text = page(rows, taught)
    if args.write:
        args.write.write_text(text)
    print(text)
    return 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sizes and one rate, two seeds")
    parser.add_argument("--minutes", type=float, default=120, help="count no longer than that")
    parser.add_argument("--seeds", type=int, default=320, help="at most so many runs of a configuration")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="the file of what was counted")
    parser.add_argument("--write", type=Path, help="the page to write")
    return parser


if __name__ == "__main__":
    sys.exit(main())
