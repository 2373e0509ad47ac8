"""What is sent, judged by the provider's own log: caps, held-out examples, stored results."""

from pathlib import Path

import pytest

from support.heldout import Askings, askings
from support.house import SEARCH, House, begin, finished, house, pupil, start
from support.kills import ENOUGH_CALLS, Recipe, Undisturbed, fresh
from support.provider import KEY, Arrival, Provider


def test_a_stored_result_sends_nothing(place: House, recipe: Recipe, whole: Undisturbed) -> None:
    place.provider.log.clear()
    with place.window() as window:
        answer = start(window, recipe.optimizer, recipe.parameters, cap_calls=ENOUGH_CALLS)
        run = window.request("dspyLens/run", {"run": answer["run"]})
    assert answer["stored"] is True
    assert run["outcome"]["state"] == "succeeded"
    assert place.provider.log == []


@pytest.mark.parametrize(
    ("optimizer", "parameters"),
    [
        ("labeled", {}),
        ("bootstrap", {}),
        ("bootstrap_rs", {**SEARCH, "num_candidate_programs": 1}),
        ("miprov2", {"auto": None, "num_candidates": 3, "num_trials": 2, "minibatch": False}),
    ],
)
def test_no_optimizer_sees_a_held_out_example(
    place: House, optimizer: str, parameters: dict[str, object]
) -> None:
    with fresh(place) as window:
        run = begin(window, optimizer, parameters, cap_calls=ENOUGH_CALLS)
        assert finished(window, run)["state"] == "succeeded"
    held_out = place.held_out(run)
    found = askings(place.provider.log, held_out)
    assert (found.baseline, found.leaked) == (len(held_out), 0)


def test_a_held_out_example_among_the_demos_would_be_noticed() -> None:
    log = [
        Arrival(0.0, {"messages": [{"content": it}]}, KEY, 200) for it in ("a?", "b?", "a! c?", "a?", "b?")
    ]
    assert askings(log, ("a", "b")) == Askings(baseline=2, optimizer=1, final=2, leaked=1)


def test_a_cap_holds_through_the_whole_way(tmp_path: Path) -> None:
    with (
        Provider(rule=pupil, latency=0.05) as provider,
        house(tmp_path, provider, threads=8) as it,
        it.window() as window,
    ):
        end = finished(window, begin(window, "bootstrap_rs", SEARCH, cap_calls=60))
        assert (end["state"], end["reason"]) == ("stopped", "The cap of 60 calls is reached.")
        assert end["requests"] == len(provider.log) <= 60
        assert end["best"] is not None
