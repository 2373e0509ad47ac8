"""InferRules with its faults mended: it wrote into the user's signature, and every candidate had the last rules."""

import logging
from typing import Any

ATTEMPTS = 3
log = logging.getLogger(__name__)


def own_signatures(program: Any) -> Any:
    """The program with signatures that nobody else has, so that changing them changes nothing else."""
    for predictor in program.predictors():
        predictor.signature = predictor.signature.with_instructions(predictor.signature.instructions)
    return program


def guarded_infer_rules() -> Any:
    """DSPy's class. A candidate for which no rules can be read keeps its instructions."""
    from dspy.teleprompt import InferRules

    class GuardedInferRules(InferRules):  # type: ignore[misc]
        def induce_natural_language_rules(self, predictor: Any, trainset: list[Any]) -> str | None:
            import dspy

            for _ in range(ATTEMPTS):
                try:
                    return str(super().induce_natural_language_rules(predictor, trainset))
                except (AssertionError, RuntimeError) as error:
                    # DSPy's assertion hides what really happened. A reply may be better the next time.
                    reason = error.__context__
                    if isinstance(reason, dspy.ContextWindowExceededError) and len(trainset) > 1:
                        trainset = trainset[: len(trainset) // 2]
                    elif isinstance(reason, dspy.LMError):
                        raise reason from None
                    log.warning("No rules could be read from the reply: %r", reason)
            return None

        def update_program_instructions(self, predictor: Any, natural_language_rules: str | None) -> None:
            if natural_language_rules:
                instructions = (
                    f"{predictor.signature.instructions}\n\n"
                    f"Please adhere to the following rules when making your prediction:\n{natural_language_rules}"
                )
                predictor.signature = predictor.signature.with_instructions(instructions)

    return GuardedInferRules
