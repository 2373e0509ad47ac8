"""Prints, for every optimizer, predicted against counted calls: real DSPy with a model that counts.

Run: python tests/bench/bench_counts.py [--quick]
"""

import contextlib
import io
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dspy_lens_worker.optimizers import Figure, Materials, Shape, find, parse_parameters
from support.counting import counting, examples, program, right

CASES: list[tuple[str, dict[str, Any]]] = [
    ("labeled", {}),
    ("bootstrap", {}),
    ("bootstrap_rs", {}),
    ("bootstrap_rs", {"num_candidate_programs": 6, "max_labeled_demos": 0}),
    ("miprov2", {}),
    ("miprov2", {"max_bootstrapped_demos": 0, "max_labeled_demos": 0}),
    ("miprov2", {"auto": "medium"}),
    ("miprov2", {"auto": "none", "num_candidates": 4, "num_trials": 8, "minibatch": False}),
    ("bootstrap_optuna", {}),
    ("bootstrap_optuna", {"max_labeled_demos": 0, "num_candidate_programs": 6}),
    ("copro", {"breadth": 4, "depth": 3}),
    ("gepa", {}),
    ("gepa", {"max_full_evals": 4, "component_selector": "all"}),
    ("simba", {"bsize": 8, "max_steps": 4, "num_candidates": 4}),
    ("infer_rules", {"num_candidates": 4}),
    ("bootstrap_rs,copro", {"num_candidate_programs": 2, "breadth": 3, "depth": 1}),
]


def run(name: str, given: dict[str, Any], n: int, predictors: int, success: float, by_prompt: bool) -> str:
    optimizer = find(name)
    parameters = parse_parameters(optimizer, given)
    train = max(1, n * 2 // 7)
    shape = Shape(train, n - train, predictors, Figure.exactly(predictors), success)
    problem = optimizer.problem(parameters, shape)
    if problem:
        return problem
    plan = optimizer.calls(parameters, shape, 0)
    with tempfile.TemporaryDirectory() as cache, counting(Path(cache), success, by_prompt) as bench:
        materials = Materials(
            program(predictors), examples(train), examples(n - train, train), right,
            bench.task_model, bench.prompt_model, None, 4, 0, keep=lambda it: None,
        )  # fmt: skip
        optimizer.compile(parameters, materials)
        calls, prompt = bench.task_calls, bench.prompt_calls
        repeated = calls - len(bench.task.sent)
    return (
        f"task {shown(plan.task)} -> {calls:6d} {fits(plan.task, calls)}"
        f" {calls / plan.task.expected - 1 if calls else 0:+6.1%}"
        f"   prompt {plan.prompt.expected:3.0f} -> {prompt:3d} {fits(plan.prompt, prompt)}"
        f"   repeated {shown(plan.repeated)} -> {repeated:5d} {fits(plan.repeated, repeated)}"
    )


def shown(figure: Figure) -> str:
    return f"{figure.low:6.0f} {figure.expected:7.1f} {figure.high:6.0f}"


def fits(figure: Figure, counted: int) -> str:
    return "ok" if figure.low <= counted <= figure.high else "NO"


def main() -> None:
    logging.disable(logging.CRITICAL)
    quick = "--quick" in sys.argv
    sizes = (5, 20, 50) if quick else (5, 10, 20, 50, 100)
    rates = (0.5,) if quick else (0.2, 0.5, 0.9)
    for name, given in CASES:
        print(f"\n{name} {given}")
        for predictors in (1, 2):
            for n in sizes:
                for success in rates:
                    started = time.monotonic()
                    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                        line = run(name, given, n, predictors, success, by_prompt=bool(n % 20))
                    print(
                        f"  P={predictors} N={n:3d} p={success}: {line}  {time.monotonic() - started:.1f}s",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
