"""A repository with one signature whose model the loopback provider plays, and windows on it through the pump."""

import hashlib
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dspy_lens.daemon.connect import living, status, stop
from dspy_lens.runs.folder import RunFolder
from support.lens_client import PUMP, Home
from support.provider import KEY, Arrival, Provider
from support.wire import Wire

TARGET = "app:Mood"
SOURCE = '''
    import dspy
    from typing import Literal


    class Mood(dspy.Signature):
        """Tell the mood of a sentence."""

        sentence: str = dspy.InputField()
        mood: Literal["glad", "sad"] = dspy.OutputField()
'''
GLAD = ("sunny", "happy", "laughing", "cheerful", "delighted", "merry")
SAD = ("gloomy", "crying", "lonely", "mournful", "weeping", "grieving")
SEARCH = {"num_candidate_programs": 4, "max_bootstrapped_demos": 2, "max_labeled_demos": 4}
LIGHT = {"auto": "light", "max_bootstrapped_demos": 2, "max_labeled_demos": 2}


def pupil(inputs: str, outputs: list[str], earlier: str) -> dict[str, Any]:
    """Is right the more often, the more demos show the mood in question; writes instructions when asked to."""
    right, wrong = ("glad", "sad") if any(it in inputs for it in GLAD) else ("sad", "glad")
    luck = int(hashlib.sha256(inputs.encode()).hexdigest(), 16) % 5
    mood = right if luck < 1 + 2 * earlier.count(right) else wrong
    return {it: mood if it == "mood" else f"Look at the words of {it}." for it in outputs}


def sentences(count: int) -> list[dict[str, str]]:
    """Labelled sentences, half of each mood, no two alike and none a part of another."""
    words = [(it, "glad") for it in GLAD] + [(it, "sad") for it in SAD]
    random.Random(0).shuffle(words)
    pairs = [words[it % len(words)] for it in range(count)]
    return [{"sentence": f"Child {at:03} was {word}.", "mood": mood} for at, (word, mood) in enumerate(pairs)]


@dataclass(frozen=True)
class House:
    """One user's machine and the provider that its only model is at."""

    home: Home
    provider: Provider

    @classmethod
    def make(cls, base: Path, provider: Provider, threads: int = 4, count: int = 24) -> "House":
        rows = "".join(json.dumps(it) + "\n" for it in sentences(count))
        model = f'name = "openai/test-model", api_base = "{provider.base}", num_retries = 0, max_tokens = 200'
        settings = f'model = {{ {model} }}\ninterpreter = "{sys.executable}"\nthreads = {threads}\n'
        home = Home.make(base, {"app.py": SOURCE, "data/mood.jsonl": rows, "dspy-lens.toml": settings})
        home.extra["OPENAI_API_KEY"] = KEY
        return cls(home, provider)

    # windows and processes -----------------------------------------------------------------------------
    @contextmanager
    def window(self) -> Iterator[Wire]:
        """A window that is attached, trusts the workspace and answers every question with yes."""
        with Wire(PUMP, self.home.environment, self.home.root) as wire:
            wire.initialize(self.home.root, trusted=True)
            yield wire

    def close(self) -> None:
        """Ends the daemon; `kill -9` of it leaves a lock that nobody holds."""
        stop(self.home.paths)

    def daemon(self) -> int:
        """The process id of the daemon."""
        found = living(self.home.paths)
        assert found is not None
        return found.pid

    def status(self) -> dict[str, Any] | None:
        return status(self.home.paths)

    # runs ----------------------------------------------------------------------------------------------
    def folder(self, run: str) -> RunFolder:
        return RunFolder(self.home.paths.runs / run)

    def worker(self, run: str) -> int:
        """The process id of a run's worker."""
        pid = self.folder(run).pid()
        assert pid is not None
        return pid

    def program(self, run: str) -> dict[str, Any]:
        """The optimized program's state, without what says where and when it was made."""
        state: dict[str, Any] = json.loads(self.folder(run).program.read_text())
        return {name: it for name, it in state.items() if name != "metadata"}

    def held_out(self, run: str) -> tuple[str, ...]:
        """The inputs of the run's held-out examples."""
        lines = (self.folder(run).path / "examples.jsonl").read_text().splitlines()
        found = [json.loads(it) for it in lines]
        return tuple(it["inputs"]["sentence"] for it in found if it["part"] == "test")


@contextmanager
def house(base: Path, provider: Provider, threads: int = 4, count: int = 24) -> Iterator[House]:
    """A house whose daemon ends with the block."""
    made = House.make(base, provider, threads, count)
    try:
        yield made
    finally:
        made.close()


def begin(window: Wire, optimizer: str, parameters: dict[str, Any] | None = None, **more: Any) -> str:
    """Starts a run, follows it, and returns its id."""
    run = start(window, optimizer, parameters, **more)["run"]
    assert isinstance(run, str)
    window.request("dspyLens/follow", {"run": run})
    return run


def start(
    window: Wire, optimizer: str, parameters: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """What the command `dspyLens.optimize` answers."""
    argument = {"target": TARGET, "optimizer": optimizer, "parameters": parameters or {}, "yes": True, **more}
    answer: dict[str, Any] = window.command("optimize", **argument)
    assert "run" in answer, answer
    return answer


def finished(window: Wire, run: str) -> dict[str, Any]:
    """The last event of a run that the window follows."""
    return window.until(lambda it: it["event"] == "finished" and it["run"] == run)


def bodies(log: Sequence[Arrival]) -> Counter[str]:
    """How often each request was sent."""
    return Counter(json.dumps(it.body, sort_keys=True) for it in log)


def asked_twice(log: Sequence[Arrival], needed: Sequence[Arrival]) -> int:
    """Requests beyond those that the undisturbed run needed."""
    return (bodies(log) - bodies(needed)).total()
