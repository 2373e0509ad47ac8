"""What optimizers are given in tests: few examples and models that count."""

from collections.abc import Callable
from typing import Any

from dspy_lens_worker.optimizers import Materials
from support.counting import Bench, examples, right


def materials(
    bench: Bench,
    student: Any,
    keep: Callable[[Any], None] = lambda program: None,
    train: int = 4,
    validation: int = 8,
    **changes: Any,
) -> Materials:
    given: dict[str, Any] = {
        "student": student,
        "train": examples(train),
        "validation": examples(validation, train),
        "metric": right,
        "model": bench.task_model,
        "prompt_model": bench.prompt_model,
        "teacher_model": None,
        "threads": 4,
        "seed": 0,
        "keep": keep,
    }
    return Materials(**{**given, **changes})
