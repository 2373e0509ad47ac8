"""Why a target cannot be run for want of examples or of a metric, and what to do about it, in a sentence each."""

from dspy_lens.source.fitting import fitting_metrics
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.codes import UNASKED
from dspy_lens.values.definition import Severity
from dspy_lens.values.target import Target

NONE_AT_ALL = "{0} has no examples. Create some: dspy-lens create examples {0}"
UNDER_OTHER_NAMES = (
    "{0} has no examples, but {1} may hold them ({2}). Take it: dspy-lens link {0} {1}. "
    "Or create some: dspy-lens create examples {0}"
)
NO_LABELS = (
    "{0} has no metric, and {1} has no column for its output {2}. Name the column: "
    "dspy-lens link {0} {1} --map COLUMN:{3}. Or write a metric that needs none: dspy-lens create metric {0}"
)
NO_METRIC = (
    "{0} has no metric. Write one: dspy-lens create metric {0}. Or put `# dspy-lens: metric={1}` above it."
)


def no_examples(target: Target) -> str:
    """What is wrong with those that there might be, else the file that may hold some, else how to make some."""
    if why := _first_problem(target, "examples/"):
        return why
    if not target.offers:
        return NONE_AT_ALL.format(target.name)
    return UNDER_OTHER_NAMES.format(target.name, target.offers[0].path, target.offers[0].text)


def no_metric(target: Target) -> str:
    """What is wrong with that which is named, else the output that nothing labels, else the metrics that fit."""
    if why := _first_problem(target, "metric/"):
        return why
    outputs = example_fields(target.definition)[1]
    if target.examples is None or target.examples.labelled or not outputs:
        return NO_METRIC.format(target.name, fitting_metrics(outputs)[0])
    if why := _first_problem(target, "examples/extra-column"):
        return why
    names = ", ".join(f"`{it.name}`" for it in outputs)
    source = next(iter(target.examples.files), target.examples.source)
    return NO_LABELS.format(target.name, source, names, outputs[0].name)


def _first_problem(target: Target, code: str) -> str | None:
    """The first problem whose code begins so and that leaves a target without examples or metric, with its place."""
    found = [it for it in target.all_problems if it.code.startswith(code) and it.code not in UNASKED]
    worst = sorted(found, key=lambda it: it.severity is not Severity.ERROR)
    if not worst:
        return None
    place, message = worst[0].span, worst[0].message
    return message if message.startswith(place.path) else f"{place.path}:{place.line}: {message}"
