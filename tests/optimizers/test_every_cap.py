"""A cap of K calls, for every optimizer: K at one thread, never more at several, and the best so far is there."""

import json
from typing import Any

import pytest

from dspy_lens_worker.messages import Candidate, CapsOrder
from dspy_lens_worker.optimizers import all_optimizers
from support.colours import SMALL, half_right
from support.orders import Place, Ran, loopback, run
from support.provider import KEY
from support.tuning import Tuning, topical

PARTS = (22, 10, 10)
# Each so long that the cap is reached in its middle, when it has come to a first candidate.
LONG: dict[str, dict[str, Any]] = {
    **SMALL,
    "bootstrap_rs": {"num_candidate_programs": 8},
    "bootstrap_optuna": {"num_candidate_programs": 8},
    "miprov2": {"auto": None, "num_candidates": 3, "num_trials": 8, "minibatch": False},
    "copro": {"breadth": 4, "depth": 3},
    "gepa": {"max_metric_calls": 150},
    "simba": {"bsize": 4, "num_candidates": 2, "max_steps": 6},
    "infer_rules": {"num_candidates": 6},
    "ensemble": {"parameters": {"num_candidate_programs": 8}},
    "better_together": {"strategy": "p -> p", "p_parameters": {"num_candidate_programs": 8}},
}
WITHIN_BASELINE_AND_BEST = ("labeled", "knn")
"""What asks nothing while it compiles: only scoring its result may meet the cap."""
CAPS = {"bootstrap": 24, "infer_rules": 36, "finetune": 35, "bootstrap,copro": 40}
CAP = 60
ANSWERS = {"ensemble": 3}
"""How many answers of its members one answer of the result takes."""


def test_no_optimizer_is_left_out() -> None:
    assert {it.name for it in all_optimizers()} == {it for it in LONG if "," not in it}


def capped(place: Place, name: str, threads: int) -> tuple[Ran, int, int]:
    """What became of a run that reached its cap, its cap, and how many requests the server saw."""
    cap = 15 if name in WITHIN_BASELINE_AND_BEST else CAPS.get(name, CAP)
    with Tuning(rule=half_right, latency=0.005 * (threads > 1)) as tuning:
        order = place.order(
            model=loopback(tuning.base),
            optimizer=name,
            parameters=LONG[name],
            threads=threads,
            metric="exact",
            caps=CapsOrder(calls=cap),
        )
        ran = run(place.folder(order, topical(*PARTS)), {"OPENAI_API_KEY": KEY})
        return ran, cap, len(tuning.log)


@pytest.mark.parametrize("threads", [1, 8])
@pytest.mark.parametrize("name", LONG)
def test_the_cap_is_kept_and_leaves_the_best_so_far(place: Place, name: str, threads: int) -> None:
    ran, cap, sent = capped(place, name, threads)
    end = ran.finished
    assert end.requests == sent <= cap
    if name in WITHIN_BASELINE_AND_BEST:
        assert end.program is not None
        return
    assert (end.state, end.reason) == ("stopped", f"The cap of {cap} calls is reached."), ran.log
    assert ran.of(Candidate)
    assert end.program is not None
    assert "signature" in json.dumps(ran.program)
    if threads == 1:
        # What was kept back for scoring the best is left where the cache holds its answers, or where the best so far
        # is a single program, and several were to be asked.
        members = ANSWERS.get(name, 1)
        assert sent >= cap - PARTS[2] * members
        assert sent >= cap - PARTS[2] * (members - 1) or end.calls.cached >= cap - sent
