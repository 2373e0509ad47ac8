"""Reads requests and writes replies, one JSON line each, until standard input ends."""

import os
import sys
from typing import TextIO

from pydantic import ValidationError

from dspy_lens_worker.messages import MeasureReply, MeasureRequest


def main() -> int:
    """Answers on what standard output was; anything that prints goes to standard error instead."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    # Prices and tokenizers come from what is installed: nothing is fetched.
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with replies:
        return serve(sys.stdin, replies)


def serve(requests: TextIO, replies: TextIO) -> int:
    for line in requests:
        if line.strip():
            replies.write(answer(line).model_dump_json() + "\n")
            replies.flush()
    return 0


def answer(line: str) -> MeasureReply:
    """The reply to one line; what went wrong is said in it."""
    try:
        request = MeasureRequest.model_validate_json(line)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        return MeasureReply(id=0, error=f"The request was not understood: {reason}.")
    try:
        return measure(request)
    except Exception as error:  # one odd signature must not end the process
        return MeasureReply(id=request.id, error=f"{type(error).__name__}: {error}")


def measure(request: MeasureRequest) -> MeasureReply:
    """Sizes, prices and cached calls for one target."""
    from dspy_lens_worker.measure.cached import cached
    from dspy_lens_worker.measure.judge import measure_judge
    from dspy_lens_worker.measure.prices import is_practice, notes, price
    from dspy_lens_worker.measure.render import mean_example, measure_predictor, rendered
    from dspy_lens_worker.measure.signatures import predictors_of
    from dspy_lens_worker.measure.tokens import counter

    count = counter(request.model.name)
    parts = [(it.name, predictors_of(it)) for it in request.predictors]
    plain = rendered(parts[0][1][0], request.samples) if len(parts) == 1 else []
    return MeasureReply(
        id=request.id,
        predictors=[
            measure_predictor(name, inner, request.samples, request.demos, count) for name, inner in parts
        ],
        price=price(request.model, request.prices),
        prompt_price=price(request.prompt_model or request.model, request.prices),
        judge_price=price(request.judge_model or request.model, request.prices),
        price_notes=list(notes(request)),
        judge=measure_judge(request, count) if request.judged else None,
        example=mean_example(request.demos or request.samples, count),
        practice=is_practice(request.model),
        cached=cached(request.model, request.cache_dir, plain),
        messages=_preview(parts, request) if request.preview else [],
    )


def _preview(parts: list[tuple[str, list[type]]], request: MeasureRequest) -> list[dict[str, object]]:
    from dspy_lens_worker.measure.render import rendered

    return rendered(parts[0][1][0], request.samples[:1] or [{}])[0] if parts else []
