"""Which examples a built-in metric can use: those that label what it compares."""

from dataclasses import replace

from dspy_lens.source.metric import compared, needs_labels
from dspy_lens.source.nearby import ExampleFiles
from dspy_lens.values.definition import Problem, Span
from dspy_lens.values.examples import Example, ExampleSet
from dspy_lens.values.target import Metric


def labelled_for(examples: ExampleSet, metric: Metric, files: ExampleFiles) -> ExampleSet:
    """The set without the examples that this metric cannot score; how many these are is a problem of it."""
    return files.remember((examples, metric.name), lambda: _usable(examples, metric))


def _usable(examples: ExampleSet, metric: Metric) -> ExampleSet:
    if not needs_labels(metric.name):
        return examples
    fields = compared(metric.name)
    kept = tuple(it for it in examples.examples if _has_labels(it, fields))
    out = len(examples.examples) - len(kept)
    if not out:
        return examples
    what = " and ".join(f"`{it}`" for it in sorted(fields)) or "any output"
    has = "has" if out == 1 else "have"
    message = (
        f"{out:,} of {len(examples.examples):,} examples {has} no label for {what}, so {metric.name} leaves them "
        "out. Label them, or name a metric that needs no labels."
    )
    place = Span(examples.files[0] if examples.files else examples.source, 1, 1)
    problem = Problem(place, "examples/unlabelled", message)
    return replace(examples, examples=kept, problems=(*examples.problems, problem))


def _has_labels(example: Example, fields: frozenset[str]) -> bool:
    return fields <= example.labels.keys() if fields else bool(example.labels)
