"""Every optimizer tells of its best so far while it runs, and leaves it when it is cancelled in its middle."""

import json
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from dspy_lens_worker.messages import Candidate, OrderExample
from dspy_lens_worker.optimizers import all_optimizers
from support.colours import SMALL, half_right
from support.orders import Place, Ran, loopback, worker
from support.provider import KEY
from support.tuning import Tuning, topical

# Long enough that there is a middle: what comes after the first candidate.
LONG: dict[str, dict[str, Any]] = {
    **SMALL,
    "bootstrap_rs": {"num_candidate_programs": 8},
    "copro": {"breadth": 3, "depth": 2},
    "simba": {"bsize": 4, "num_candidates": 2, "max_steps": 6},
    "ensemble": {"parameters": {"num_candidate_programs": 8}},
}


class Seen:
    """The model's rule, which notices the first candidate among what a run has told."""

    def __init__(self) -> None:
        self.events: Path | None = None
        self.candidate = threading.Event()

    def __call__(self, inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
        if self.events is not None and not self.candidate.is_set():
            lines = self.events.read_bytes().splitlines() if self.events.exists() else []
            if any(b'"event": "candidate"' in it for it in lines):
                self.candidate.set()
        return half_right(inputs, outputs, earlier)


def test_no_optimizer_is_left_out() -> None:
    assert {it.name for it in all_optimizers()} == {it for it in LONG if "," not in it}


@pytest.mark.parametrize("name", LONG)
def test_a_cancelled_run_stops_at_once_and_leaves_its_best(place: Place, name: str) -> None:
    seen = Seen()
    with Tuning(rule=seen, latency=0.02, ends=None) as tuning:
        order = place.order(
            model=loopback(tuning.base), optimizer=name, parameters=LONG[name], threads=4, metric="exact"
        )
        folder = place.folder(order, part_by_part())
        seen.events = folder / "events.jsonl"
        with worker(folder, {"OPENAI_API_KEY": KEY}) as process:
            assert seen.candidate.wait(60), (folder / "worker.log").read_text()
            sent = len(tuning.log)
            process.send_signal(signal.SIGINT)
            code = process.wait(15)
        assert len(tuning.log) <= sent + 4 * 4
        assert all(it.status == "cancelled" for it in tuning.jobs)
    ran = Ran(folder, code, (folder / "worker.log").read_text())
    assert (code, ran.finished.state, ran.finished.reason) == (0, "stopped", "Cancelled."), ran.log
    assert ran.of(Candidate)
    assert ran.finished.program is not None
    assert "signature" in json.dumps(ran.program)


def part_by_part() -> list[OrderExample]:
    return topical(22, 10, 10)
