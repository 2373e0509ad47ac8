"""Guards around DSPy's optimizers that all of them need. Imports DSPy inside functions only."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from dspy_lens_worker.exported.running import TUNED
from dspy_lens_worker.optimizers.base import Figure, Materials

LONGER = Figure(0, 70, 300)  # tokens that a proposed instruction is longer than the original one
OWN_TRIALS = "dspy_lens_own_trials"
RECORDS = (
    "candidate_programs",
    "detailed_results",
    "mb_candidate_programs",
    "results_best",
    "results_latest",
    "simba_idx",
    "total_calls",
    "trial_logs",
)


def fresh(student: Any) -> Any:
    """A copy of the program that DSPy agrees to compile.

    DSPy refuses a program that was compiled before, and does not see the predictors of a compiled part.
    Parts stay frozen as their author wants them, unless nothing would be left to optimize.
    """
    program = student.deepcopy()
    program._compiled = False
    if not program.predictors():
        for _, part in program.named_sub_modules():
            part._compiled = False
    return program


def ordered(examples: Sequence[Any], seed: int) -> list[Any]:
    """The examples in the order of this seed; seed 0 leaves them as they were dealt.

    DSPy's few-shot optimizers have fixed seeds of their own, so that the order is all a seed can change.
    """
    result = list(examples)
    if seed:
        random.Random(seed).shuffle(result)
    return result


def both_parts(materials: Materials) -> list[Any]:
    """The examples of an optimizer that takes a trainset only, each once."""
    seen = {id(it) for it in materials.train}
    return [*materials.train, *(it for it in materials.validation if id(it) not in seen)]


def halved(train: Sequence[Any], validation: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
    """Both parts; where one is empty the other is cut in two, and a single example serves for both."""
    if train and validation:
        return train, validation
    given = train or validation
    half = len(given) // 2
    return (given[:half], given[half:]) if half else (given, given)


def teacher_settings(given: dict[str, Any] | None, materials: Materials) -> dict[str, Any]:
    """What a teacher runs with; its model is named, since bootstrapping ignores that of the student."""
    return {**(given or {}), "lm": materials.teacher_model or materials.model}


def number_of(metric: Callable[..., Any]) -> Callable[..., float]:
    """The metric as a number: DSPy takes a record for a success, whatever its score."""
    from dspy_lens_worker.metrics import score_of

    def number(example: Any, prediction: Any, trace: Any = None) -> float:
        return score_of(metric(example, prediction, trace))

    return number


@contextmanager
def model_of(materials: Materials) -> Iterator[None]:
    """Everything inside that has no model of its own asks the run's task model."""
    import dspy

    with dspy.context(lm=materials.model), own_models_kept():
        yield


@contextmanager
def own_models_kept() -> Iterator[None]:
    """Inside, predictors keep the model that the program's author gave them, which DSPy's resetting takes away."""
    import dspy

    from dspy_lens_worker.program_state import is_authors

    original = dspy.Predict.reset

    def reset(predictor: Any) -> None:
        lm = getattr(predictor, "lm", None)
        original(predictor)
        if is_authors(lm):
            predictor.lm = lm

    dspy.Predict.reset = reset
    try:
        yield
    finally:
        dspy.Predict.reset = original


@contextmanager
def own_trials() -> Iterator[None]:
    """DSPy's evaluations inside are no trials: the optimizer reports these itself."""
    import dspy

    with dspy.context(**{OWN_TRIALS: True}):
        yield


def only_program(program: Any) -> Any:
    """The compiled program without the search's own records, which hold every candidate program."""
    for name in RECORDS:
        program.__dict__.pop(name, None)
    return program


def holding_model(program: Any, model: Any) -> Any:
    """The program with a model that was trained for it wherever DSPy has taken the model away."""
    if getattr(model, TUNED, False) and any(it.lm is None for it in program.predictors()):
        program = program.deepcopy()
        for predictor in program.predictors():
            predictor.lm = predictor.lm or model
    return program


def with_students_model(materials: Materials, student: Any) -> Materials:
    """The run's model, or the one that was trained for the program: DSPy's few-shot optimizers take the former."""
    own = {id(it.lm): it.lm for it in student.predictors() if getattr(it.lm, TUNED, False)}
    return replace(materials, model=next(iter(own.values()))) if len(own) == 1 else materials
