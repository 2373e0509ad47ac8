"""`kill -9` in the middle of a run: nothing recorded is lost, and nothing but what is in flight is paid twice."""

import os
import signal

import pytest

from support.house import House, finished
from support.kills import Kill, Recipe, Undisturbed, fresh, kill_daemon, kill_pump, kill_worker, moments

THREADS = 4


def test_a_killed_worker_is_replayed_to_the_same_program(
    place: House, recipe: Recipe, whole: Undisturbed
) -> None:
    (at,) = moments(2, 1, len(whole.log))
    found = kill_worker(place, recipe, whole, at)
    assert (found.state, found.lost, found.same) == ("succeeded", 0, True)
    assert found.twice <= THREADS


@pytest.mark.parametrize("kill", [kill_daemon, kill_pump])
def test_a_run_needs_neither_daemon_nor_window(
    place: House, recipe: Recipe, whole: Undisturbed, kill: Kill
) -> None:
    (at,) = moments(3, 1, len(whole.log))
    found = kill(place, recipe, whole, at)
    assert (found.state, found.lost, found.same, found.twice) == ("succeeded", 0, True, 0)


def test_who_follows_a_run_hears_that_its_worker_is_gone(place: House, recipe: Recipe) -> None:
    with fresh(place) as window:
        run = recipe.begin(window)
        place.provider.wait_for(5)
        os.kill(place.worker(run), signal.SIGKILL)
        end = finished(window, run)
        assert end["state"] == "lost"
        assert "Run it again: paid replies are in the cache." in end["reason"]
        assert end["sequence"] == window.events[-2]["sequence"] + 1
