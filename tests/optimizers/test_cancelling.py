"""Cancelling optimizers that work in threads of their own, in their middle."""

import signal
from typing import Any

import pytest

from support.orders import Place, Ran, examples, loopback, worker
from support.provider import KEY, Provider, copycat


@pytest.mark.parametrize(
    ("name", "given", "after"),
    [
        ("gepa", {"max_metric_calls": 60}, 26),
        ("simba", {"bsize": 4, "num_candidates": 2, "max_steps": 6}, 32),
    ],
)
def test_a_cancelled_run_stops_at_once_and_leaves_its_best(
    place: Place, name: str, given: dict[str, Any], after: int
) -> None:
    with Provider(rule=copycat("yes"), latency=0.03) as provider:
        order = place.order(model=loopback(provider.base), optimizer=name, parameters=given, threads=4)
        folder = place.folder(order, examples())
        with worker(folder, {"OPENAI_API_KEY": KEY}) as process:
            provider.wait_for(after)
            process.send_signal(signal.SIGINT)
            code = process.wait(15)
        sent = len(provider.log)
    ran = Ran(folder, code, (folder / "worker.log").read_text())
    assert (code, ran.finished.state, ran.finished.reason) == (0, "stopped", "Cancelled."), ran.log
    assert sent <= after + 2 * 4
    assert ran.finished.program is not None
