"""What it costs that a metric asks a model: its calls, the examples, the price of the model."""

from collections.abc import Iterator
from dataclasses import replace

from dspy_lens.estimate.prices import Prices
from dspy_lens.estimate.sizes import judged_dollars
from dspy_lens.source.python.metric_problems import ASKING
from dspy_lens.source.python.model_calls import model_calls
from dspy_lens.values.definition import Problem
from dspy_lens.values.figures import count, money_range
from dspy_lens.workspace.planning import Ingredients
from dspy_lens.workspace.recipes import is_practice


def priced(problems: tuple[Problem, ...], made: Ingredients, prices: Prices) -> Iterator[Problem]:
    """The problems of a target; one on a metric that asks a model has the price of that in its message."""
    for it in problems:
        yield replace(it, message=f"{it.message} {price(made, prices)}") if it.code == ASKING else it


def price(made: Ingredients, prices: Prices) -> str:
    """A sentence on what it costs to judge an answer to each of the target's examples once."""
    parts, model = made.parts, made.judge or made.models.task
    examples = len(parts.train) + len(parts.validation) + len(parts.test)
    every = "its one example" if examples == 1 else f"all {count(examples, 'example')}"
    if is_practice(model):
        return "The practice model does it for nothing."
    dollars = judged_dollars(model_calls(made.metric.pieces) * examples, prices)
    if dollars is None:
        return (
            f"What that costs is unknown: no price of {model.name} is. Say it under `prices` in the settings."
        )
    return f"Judging {every} once costs about {money_range(dollars)}, at the price of {model.name}."
