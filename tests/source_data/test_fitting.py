"""The metrics that are offered for outputs, each of them one that the join accepts."""

import pytest

from dspy_lens.source.fitting import fitting_metrics
from dspy_lens.source.metric import named_metric
from dspy_lens.values.definition import Field, Span
from support.source import read


@pytest.mark.parametrize(
    ("outputs", "first"),
    [
        ({"label": 'Literal["a", "b"]'}, "exact:label"),
        ({"score": "float"}, "numeric:0.01:score"),
        ({"answer": "str"}, "f1:answer"),
        ({"tags": "list[str]"}, "overlap:tags"),
        ({"label": "bool", "count": "int"}, "exact"),
        ({"label": "bool", "why": "str"}, "0.5*exact:label+0.5*f1:why"),
        ({"thing": "Thing"}, "fields:thing"),
        ({}, "judge"),
    ],
)
def test_what_is_offered_fits_the_types_and_is_a_metric(outputs: dict[str, str], first: str) -> None:
    fields = [Field(name, it) for name, it in outputs.items()]
    names = fitting_metrics(fields)
    assert names[0] == first
    for name in names:
        metric, problems = named_metric(name, "comment", Span("app.py", 1, 1), fields, read("import dspy\n"))
        assert (metric and metric.name, problems) == (name, ())
