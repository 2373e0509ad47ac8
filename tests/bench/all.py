"""Runs every benchmark, one after the other, and prints its tables.

python tests/bench/all.py [--quick]
"""

import subprocess
import sys
import time
from pathlib import Path

# The quick form shows that everything works; the figures in the documentation come from the long one.
BENCHMARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("bench_attach.py", ("--rounds", "5")),
    ("bench_stored.py", ("--times", "10")),
    ("bench_rest.py", ("--seconds", "10")),
    ("bench_caps.py", ()),
    ("bench_held_out.py", ()),
    ("bench_overhead.py", ("--rounds", "1")),
    ("bench_kills.py", ("--kills", "2")),
    ("bench_counts.py", ("--quick",)),
    ("bench_estimates.py", ("--quick",)),
)


def main() -> int:
    """0 when each of them came to its end."""
    quick, failed = "--quick" in sys.argv[1:], []
    for name, shorter in BENCHMARKS:
        began = time.monotonic()
        print(f"\n== {name}\n", flush=True)
        words = shorter if quick else ()
        done = subprocess.run([sys.executable, str(Path(__file__).with_name(name)), *words], check=False)
        print(f"\n{time.monotonic() - began:.0f} s", flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"\nNot finished: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
