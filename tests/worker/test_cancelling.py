"""Signals in the middle of a run, and what is left of it."""

import signal
from pathlib import Path

import pytest

from dspy_lens_worker.messages import Candidate
from support.orders import Place, Ran, examples, loopback, run, worker
from support.provider import KEY, Provider

ENVIRONMENT = {"OPENAI_API_KEY": KEY}
SOME = {"num_candidate_programs": 6, "max_bootstrapped_demos": 1}


def ran(folder: Path, code: int) -> Ran:
    return Ran(folder, code, (folder / "worker.log").read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_run_stops_at_once_and_keeps_its_best(
    place: Place, provider: Provider, number: signal.Signals
) -> None:
    provider.latency = 0.05
    order = place.order(model=loopback(provider.base), parameters=SOME, threads=4)
    folder = place.folder(order, examples(4, 16, 6))
    with worker(folder, ENVIRONMENT) as process:
        provider.wait_for(60)
        process.send_signal(number)
        code = process.wait(15)
        sent = len(provider.log)
    end = ran(folder, code).finished
    assert (code, end.state, end.reason) == (0, "stopped", "Cancelled.")
    assert sent <= 60 + 2 * 4
    assert end.best is None
    assert end.baseline is not None
    best = ran(folder, code).of(Candidate)[-1]
    assert end.demos == best.demos
    assert end.program == str(folder / "program.json")


def test_cancelling_does_not_wait_for_a_model_that_is_silent(place: Place) -> None:
    with Provider(behaviour=["hang"]) as silent:
        order = place.order(model=loopback(silent.base), threads=2)
        folder = place.folder(order, examples())
        with worker(folder, ENVIRONMENT) as process:
            silent.wait_for(2)
            process.send_signal(signal.SIGTERM)
            code = process.wait(10)
        assert (code, ran(folder, code).finished.reason) == (0, "Cancelled.")


def test_a_killed_run_is_replayed_without_paying_twice(place: Place, provider: Provider) -> None:
    provider.latency = 0.02
    threads = 4
    parameters = {"num_candidate_programs": 3, "max_bootstrapped_demos": 2}

    undisturbed = place.order(model=loopback(provider.base), parameters=parameters, threads=threads)
    undisturbed = undisturbed.model_copy(update={"cache_dir": str(place.path / "other cache")})
    whole = run(place.folder(undisturbed, examples()), ENVIRONMENT)
    needed = len(provider.log)

    order = place.order(model=loopback(provider.base), parameters=parameters, threads=threads)
    folder = place.folder(order, examples())
    with worker(folder, ENVIRONMENT) as process:
        provider.wait_for(needed + needed // 2)
        process.kill()
        process.wait(10)
    again = run(place.folder(order.model_copy(update={"run": "again"}), examples()), ENVIRONMENT)

    assert again.finished.state == "succeeded"
    assert len(provider.log) - needed <= needed + threads
    assert again.program["demos"] == whole.program["demos"]
    assert again.finished.best == whole.finished.best


def test_a_run_can_be_taken_up_in_its_own_folder(place: Place, provider: Provider) -> None:
    order = place.order(model=loopback(provider.base), verb="evaluate")
    folder = place.folder(order, examples())
    (folder / "events.jsonl").write_text(
        '{"event":"started","run":"run1","sequence":1,"at":0,"pid":1}\n{"eve'
    )
    assert run(folder, ENVIRONMENT).code == 0
    lines = (folder / "events.jsonl").read_text().splitlines()
    assert lines[1] == '{"eve'
    assert '"sequence": 2' in lines[2]


def test_only_one_worker_has_a_run(place: Place, provider: Provider) -> None:
    provider.latency = 0.2
    folder = place.folder(place.order(model=loopback(provider.base)), examples())
    with worker(folder, ENVIRONMENT):
        provider.wait_for(1)
        assert run(folder, ENVIRONMENT).code == 3
