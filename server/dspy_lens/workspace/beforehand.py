"""What other runs tell of a run before it starts: which calls are paid already, and whether it can come to anything."""

from dataclasses import replace

from dspy_lens.source.metric import terms_of
from dspy_lens.values.request import Refused
from dspy_lens.workspace.experience import Experience
from dspy_lens.workspace.planning import Ingredients, calls_per_run, shape_of_run
from dspy_lens.workspace.recipes import is_cached
from dspy_lens_worker.messages import LEAST_EXAMPLES


def baseline_calls(it: Ingredients) -> int:
    """Calls of scoring the program as it is that the LM cache answers once another run has made them."""
    n = len(it.parts.train) + len(it.parts.validation) + len(it.parts.test)
    if n < LEAST_EXAMPLES or not is_cached(it.models.task):
        return 0
    return round(len(it.parts.test) * calls_per_run(it.target).low)


def hopeless(it: Ingredients, past: Experience) -> Refused | None:
    """Why optimizing would come to nothing, by what earlier runs measured of the program as it is."""
    right_or_wrong = not it.metric.pieces and all(
        term and term["name"] in ("exact", "normalized", "numeric") for term in terms_of(it.metric.name)
    )
    if it.models.teacher is not None or not past.measured or not right_or_wrong:
        return None
    shape = shape_of_run(it.target, it.choice, it.parts, it.models.task.name)
    shape = replace(shape, success=past.success, measured=past.measured, solved=past.success)
    parameters = it.choice.optimizer.parameters.model_validate(it.choice.parameters)
    problem = it.choice.optimizer.problem(parameters, shape)
    return Refused("examples", problem) if problem else None
