"""The parts of BetterTogether: our optimizers as DSPy's teleprompters."""

from dataclasses import replace
from typing import Any

from dspy_lens_worker.optimizers.base import Materials, Optimizer, Parameters
from dspy_lens_worker.optimizers.running import with_students_model


def part_of(optimizer: Optimizer, parameters: Parameters, materials: Materials) -> Any:
    """A teleprompter that runs one of our optimizers with the model that the program has by then."""
    from dspy.teleprompt.teleprompt import Teleprompter

    class Part(Teleprompter):  # type: ignore[misc]
        error: Exception | None = None

        def compile(self, student: Any, *, trainset: list[Any], valset: list[Any] | None = None) -> Any:
            work = replace(
                with_students_model(materials, student),
                student=student,
                train=list(trainset),
                validation=list(valset or ()) if optimizer.wants_validation else [],
            )
            try:
                return optimizer.compile(parameters, work)
            except Exception as error:
                # DSPy goes on with the best so far, and says so in its log only.
                self.error = error
                raise

    return Part()
