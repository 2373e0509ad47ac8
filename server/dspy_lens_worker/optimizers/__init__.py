"""One file for each optimizer: its parameters, when it fits, how many calls it makes, how to compile."""

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Optimizer, Parameters, Shape
from dspy_lens_worker.optimizers.registry import (
    UnknownOptimizer,
    WrongParameter,
    all_optimizers,
    choose,
    find,
    parse_parameters,
)

__all__ = [
    "CallPlan",
    "Figure",
    "Materials",
    "Optimizer",
    "Parameters",
    "Shape",
    "UnknownOptimizer",
    "WrongParameter",
    "all_optimizers",
    "choose",
    "find",
    "parse_parameters",
]
