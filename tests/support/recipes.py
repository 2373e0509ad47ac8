"""Recipes, runs, orders and events as tests need them: all the same but for what is said."""

from typing import Any

from dspy_lens.values.money import Micros
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.run import Caps, Run, RunState, Verb
from dspy_lens_worker import messages
from dspy_lens_worker.messages import Order

TARGET = "app:QA"


def recipe(**changes: Any) -> Recipe:
    base = Recipe(
        target=TARGET,
        source={"app.py:QA": "one", "app.py:Label": "two", "#shape": "three"},
        examples=("a", "b", "c"),
        metric="exact",
        metric_source="m",
        wrapper="Predict",
        optimizer="bootstrap",
        parameters={"max_rounds": 1},
        models={"task": {"name": "openai/gpt-4o-mini"}},
        split={"test": 0.3},
        seed=0,
        dspy="3.4.1",
    )
    return Recipe.from_parts({**base.parts(), **changes})


def run(id: str = "r1", created: float = 1000.0, dollars: int | None = None, **changes: Any) -> Run:
    it = recipe(**changes)
    caps = Caps(dollars=None if dollars is None else Micros(dollars), calls=7)
    return Run(id, it.target, Verb.OPTIMIZE, RunState.QUEUED, it, created, caps)


def order(it: Run, root: str = "/tmp") -> Order:
    module, _, qualname = it.target.partition(":")
    return Order.model_validate(
        {
            "run": it.id,
            "root": root,
            "key": it.key,
            "target": {
                "name": it.target,
                "kind": "class",
                "path": "app.py",
                "module": module,
                "qualname": qualname,
                "import_roots": [root],
                "inputs": [{"name": "question"}],
                "outputs": [{"name": "answer"}],
            },
            "metric": "exact",
            "optimizer": it.recipe.optimizer,
            "parameters": it.recipe.parameters,
            "model": {"name": "openai/gpt-4o-mini"},
            "caps": {"micros": it.caps.dollars, "calls": it.caps.calls},
            "cache_dir": "/nowhere",
            "provenance": it.recipe.parts(),
        }
    )


def started(sequence: int = 1, run: str = "r1", at: float = 1001.0) -> messages.Started:
    return messages.Started(run=run, sequence=sequence, at=at, pid=4242)


def trial(
    sequence: int, number: int, score: float, best: float | None = None, run: str = "r1", full: bool = True
) -> messages.Trial:
    return messages.Trial(
        run=run,
        sequence=sequence,
        at=1001.0 + 10 * number,
        number=number,
        of=10,
        score=score,
        full=full,
        best=score if best is None else best,
    )


def charged(
    sequence: int,
    total: int | None,
    micros: int | None,
    run: str = "r1",
    at: float = 1002.0,
    model: str = "m",
) -> messages.Usage:
    return messages.Usage(
        run=run,
        sequence=sequence,
        at=at,
        calls=messages.CallCounts(task=sequence),
        requests=sequence,
        tokens=messages.TokenCounts(input=100 * sequence, output=10 * sequence),
        micros=total,
        charge=messages.Charge(role="task", model=model, input=100, output=10, micros=micros),
    )


def finished(
    sequence: int, run: str = "r1", state: messages.State = "succeeded", **changes: Any
) -> messages.Finished:
    return messages.Finished.model_validate(
        {
            "run": run,
            "sequence": sequence,
            "at": 1100.0,
            "state": state,
            "target": TARGET,
            "key": "k",
            "optimizer": "bootstrap",
            "parameters": {},
            "model": "openai/gpt-4o-mini",
            "baseline": {"score": 0.5, "n": 10, "low": 0.2, "high": 0.8},
            "best": {"score": 0.8, "n": 10, "low": 0.5, "high": 0.95},
            "requests": 5,
            "dollars": 0.05,
            **changes,
        }
    )
