"""The interval that holds 99 % of an optimizer's task calls, by playing its scans many times.

Nothing of the product's arithmetic is used: examples that succeed are drawn, the sets are shuffled as DSPy does,
and each scan is walked until it has its demos.
"""

import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from dspy_lens_worker.optimizers import find, parse_parameters
from dspy_lens_worker.optimizers.bootstrap_rs import candidate_seeds, scan_budgets
from dspy_lens_worker.optimizers.miprov2_layout import layout
from support.estimates.sweep import Case

PLAYS = 4000
OF_ONE = 40_000  # plays of a single scan, which are quick, and whose figures are few
ONE_SCAN = ("bootstrap", "bootstrap_optuna", "infer_rules")
TAIL = 0.005


@lru_cache(maxsize=4096)
def true_interval(case: Case) -> tuple[float, float] | None:
    """The 0.5 % and 99.5 % points of all task calls; None where no scan is played, or nothing is random."""
    play = _player(case)
    if play is None:
        return None
    rng = random.Random(case.key)
    _, _, held_out = case.parts
    plays = OF_ONE if case.name in ONE_SCAN else PLAYS
    totals = sorted(play(rng) for _ in range(plays))
    low, high = totals[int(TAIL * plays)], totals[int((1 - TAIL) * plays)]
    fixed = 2 * held_out
    return case.predictors * (low + fixed), case.predictors * (high + fixed)


def _player(case: Case) -> Callable[[random.Random], int] | None:
    optimizer = find(case.name)
    given: Any = parse_parameters(optimizer, dict(case.given))
    train, validation, _ = case.parts
    everything = train + validation
    rounds, labeled = getattr(given, "max_rounds", 1), getattr(given, "max_labeled_demos", 0)
    if case.name == "bootstrap":
        return lambda rng: scans(rng, case, everything, [given.max_bootstrapped_demos], rounds, labeled)
    if case.name == "bootstrap_rs":
        seeds = candidate_seeds(given)
        budgets = scan_budgets(given, seeds)
        fixed = len(seeds) * validation
        return lambda rng: fixed + scans(rng, case, train, budgets, rounds, labeled)
    if case.name in ("bootstrap_optuna", "infer_rules"):
        tried = getattr(given, "num_candidate_programs", 0) or given.num_candidates
        return lambda rng: (
            tried * validation + scans(rng, case, train, [given.max_bootstrapped_demos], rounds, labeled)
        )
    if case.name == "miprov2":
        plan = layout(given, case.shape, given.seed)
        if plan.minibatch:
            return None
        fixed = (1 + plan.trials) * plan.validation
        return lambda rng: fixed + scans(rng, case, plan.train, list(plan.budgets), 1, labeled)
    return None


def scans(rng: random.Random, case: Case, n: int, budgets: list[int], rounds: int, labeled: int) -> int:
    """Runs of one scan for each budget over the same examples, each in an order of its own.

    The teacher is shown labelled examples, others than the one it answers, as they are drawn for each scan. Where
    two scans show it the same, DSPy's cache has the answer, and so it is the same one.
    """
    easy = [rng.random() < case.success for _ in range(n)]
    answers: dict[object, bool] = {}
    return sum(scan(rng, case, easy, budget, rounds, labeled, answers) for budget in budgets)


def scan(
    rng: random.Random,
    case: Case,
    easy: list[bool],
    budget: int,
    rounds: int,
    labeled: int,
    answers: dict[object, bool],
) -> int:
    found = runs = 0
    teacher = rng.sample(range(len(easy)), min(labeled, len(easy)))
    for it in rng.sample(range(len(easy)), len(easy)):
        if found >= budget:
            break
        shown = tuple(other for other in teacher if other != it)
        for attempt in range(rounds):
            runs += 1
            key = (it, attempt, shown)
            if key not in answers:
                answers[key] = rng.random() < case.success if rng.random() < case.noise else easy[it]
            if answers[key]:
                found += 1
                break
    return runs
