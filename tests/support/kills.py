"""`kill -9` in the middle of a run, at a request of the provider's log, and what came of it."""

import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from support.house import House, asked_twice, begin, finished
from support.provider import Arrival
from support.wire import Wire

PATIENCE = 120.0  # seconds until a request must have arrived
ENOUGH_CALLS = 100_000


@dataclass(frozen=True)
class Recipe:
    """What is run: an optimizer with its parameters."""

    optimizer: str
    parameters: dict[str, Any]

    def begin(self, window: Wire) -> str:
        return begin(window, self.optimizer, self.parameters, cap_calls=ENOUGH_CALLS)


@dataclass(frozen=True)
class Undisturbed:
    """What a run sends, and comes to, when nothing happens to it."""

    log: Sequence[Arrival]
    program: dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What was left after a kill: events that had been read and are gone, and requests sent twice."""

    state: str
    lost: int
    same: bool
    twice: int


Kill = Callable[[House, Recipe, Undisturbed, int], Outcome]


def undisturbed(house: House, recipe: Recipe) -> Undisturbed:
    with fresh(house) as window:
        run = recipe.begin(window)
        end = finished(window, run)
        assert end["state"] == "succeeded", end
    return Undisturbed(tuple(house.provider.log), house.program(run))


def moments(seed: int, count: int, requests: int) -> list[int]:
    """Random numbers of requests, none of them twice as long as there are enough."""
    rng = random.Random(seed)
    every = range(1, requests + 1)
    return sorted(rng.sample(every, count) if count <= requests else rng.choices(every, k=count))


def kill_worker(house: House, recipe: Recipe, whole: Undisturbed, at: int) -> Outcome:
    """Kills the worker, and gives the same command once more."""
    with fresh(house) as window:
        run = recipe.begin(window)
        house.provider.wait_for(at, PATIENCE)
        seen = tuple(window.heard())
        os.kill(house.worker(run), signal.SIGKILL)
        first = finished(window, run)
        lost = missing(house, run, seen)
        again = run if first["state"] == "succeeded" else recipe.begin(window)
        state = finished(window, again)["state"]
    return outcome(house, again, state, lost, whole)


def kill_daemon(house: House, recipe: Recipe, whole: Undisturbed, at: int) -> Outcome:
    """Kills the daemon; a new window starts another one."""
    with fresh(house) as window:
        run = recipe.begin(window)
        house.provider.wait_for(at, PATIENCE)
        os.kill(house.daemon(), signal.SIGKILL)
        window.gone()
        seen = tuple(window.events)
    return gone_on(house, run, seen, whole)


def kill_pump(house: House, recipe: Recipe, whole: Undisturbed, at: int) -> Outcome:
    """Kills the pump of the only window; another window is opened."""
    with fresh(house) as window:
        run = recipe.begin(window)
        house.provider.wait_for(at, PATIENCE)
        window.kill()
        seen = tuple(window.heard())
    return gone_on(house, run, seen, whole)


def gone_on(house: House, run: str, seen: Sequence[dict[str, Any]], whole: Undisturbed) -> Outcome:
    """What a new window sees of a run that nobody looked at for a while."""
    with house.window() as window:
        window.request("dspyLens/follow", {"run": run})
        state = finished(window, run)["state"]
        lost = missing(house, run, seen)
    return outcome(house, run, state, lost, whole)


def missing(house: House, run: str, seen: Sequence[dict[str, Any]]) -> int:
    """How many events that had been read a new window does not get; also requests that are not counted."""
    with house.window() as window:
        window.request("dspyLens/follow", {"run": run})
        finished(window, run)
        known = window.events
        counted: int = window.request("dspyLens/run", {"run": run})["requests"]
    told: int = max((it["requests"] for it in seen if it["event"] == "usage"), default=0)
    return sum(it not in known for it in seen) + max(0, told - counted)


def outcome(house: House, run: str, state: str, lost: int, whole: Undisturbed) -> Outcome:
    same = state == "succeeded" and house.program(run) == whole.program
    return Outcome(state, lost, same, asked_twice(house.provider.log, whole.log))


def fresh(house: House) -> Any:
    """A window on a house that remembers no run and no reply."""
    with house.window() as window:
        window.command("clear", runs=True, cache=True)
    house.provider.log.clear()
    return house.window()
