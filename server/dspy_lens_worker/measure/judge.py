"""How large a call of the judge is, rendered as a run would send it."""

from statistics import fmean
from typing import Any

from dspy_lens_worker.judging import question, signature
from dspy_lens_worker.measure.render import measure_predictor
from dspy_lens_worker.measure.tokens import Count
from dspy_lens_worker.messages import MeasureRequest, PredictorMeasure

UNKNOWN = " word" * 40  # an answer that no example shows


def measure_judge(request: MeasureRequest, count: Count) -> PredictorMeasure:
    """The mean size of one call over the samples and over what the judge is asked about."""
    first = request.predictors[0]
    names = [it.name for it in first.inputs]
    every = [
        measure_predictor(
            "judge", [signature()], [asked(first.instructions or "", it, names, field)], [], count
        )
        for field in request.judged
        for it in request.samples or [{}]
    ]
    figures = [it for it in PredictorMeasure.model_fields if it != "name"]
    return PredictorMeasure(name="judge", **{key: fmean(getattr(it, key) for it in every) for key in figures})


def asked(task: str, sample: dict[str, Any], inputs: list[str], field: str | None) -> dict[str, str]:
    """What the judge would be asked, were the answer the expected one."""
    labels = {name: it for name, it in sample.items() if name not in inputs}
    given = {name: it for name, it in sample.items() if name in inputs}
    answer = labels if field is None or field in labels else {field: UNKNOWN}
    return question(task, given, labels, answer or {"answer": UNKNOWN}, field)
