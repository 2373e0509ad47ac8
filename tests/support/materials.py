"""What optimizers are given in tests: few examples and models that count."""

from collections.abc import Callable
from typing import Any

from dspy_lens_worker.optimizers import Materials
from support.counting import Bench, examples, right


def materials(
    bench: Bench,
    student: Any,
    keep: Callable[[Any], None] = lambda program: None,
    seed: int = 0,
    train: int = 4,
    validation: int = 8,
    **more: Any,
) -> Materials:
    given = {"teacher_model": None, "metric": right, "threads": 4, **more}
    return Materials(
        student=student,
        train=examples(train),
        validation=examples(validation, train),
        model=bench.task_model,
        prompt_model=bench.prompt_model,
        seed=seed,
        keep=keep,
        **given,
    )
