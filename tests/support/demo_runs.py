"""Runs of the demo workspace's targets by real workers with the practice model."""

from pathlib import Path
from typing import Any

import dspy

from dspy_lens_worker.messages import CapsOrder, OrderExample, TargetOrder
from support.orders import Place, Ran, run
from support.practice import DEMO, demo_rows, practising, score
from support.practice import right as right_in

LABELS = {"events": ("category",), "dispatches": ("place", "desk")}


def event_target(place: Place) -> TargetOrder:
    """The demo's signature of one predictor, in a root of its own."""
    place.write("app.py", (DEMO / "events.py").read_text())
    return place.named_target("class", "HistoricEvent")


def briefing_target(place: Place) -> TargetOrder:
    """The demo's program of two steps."""
    place.write("app.py", (DEMO / "briefing.py").read_text())
    return place.named_target("program", "Briefing")


def demo_examples(name: str, train: int = 5, validation: int = 9, test: int = 10) -> list[OrderExample]:
    """The first rows of a demo file, dealt out in their order."""
    parts = ["test"] * test + ["train"] * train + ["validation"] * validation
    rows = zip(parts, demo_rows(name), strict=False)
    return [
        OrderExample.model_validate(
            {
                "part": part,
                "row": number,
                "inputs": {key: it for key, it in row.items() if key not in LABELS[name]},
                "labels": {key: row[key] for key in LABELS[name]},
            }
        )
        for number, (part, row) in enumerate(rows)
    ]


def demo_order(place: Place, optimizer: str, parameters: dict[str, Any], **changes: Any) -> Path:
    """The run folder of an order for the event target."""
    target = event_target(place)
    order = place.order(
        target, optimizer=optimizer, parameters=parameters, threads=2, metric="exact", **changes
    )
    return place.folder(order, demo_examples("events"))


def demo_run(place: Place, optimizer: str, parameters: dict[str, Any], calls: int | None = None) -> Ran:
    """A whole run, stopped after so many calls where a cap is given."""
    return run(demo_order(place, optimizer, parameters, caps=CapsOrder(calls=calls)))


def score_in_plain_dspy(place: Place, ran: Ran) -> float:
    """The held-out score of the program that a run left, loaded by DSPy alone."""
    made: dict[str, Any] = {}
    exec((DEMO / "events.py").read_text(), made)
    program = dspy.Predict(made["HistoricEvent"])
    program.load(str(ran.folder / "program.json"))
    test = [
        dspy.Example(**it.inputs, **it.labels).with_inputs(*it.inputs)
        for it in demo_examples("events")
        if it.part == "test"
    ]
    with practising(place.path / "plain"):
        return score(program, test, right_in("category"))
