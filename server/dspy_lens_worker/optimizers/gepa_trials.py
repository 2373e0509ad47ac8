"""GEPA's variants as trials: one for each that was tried, on all validation examples or only on a few."""

from collections.abc import Mapping, Sequence
from typing import Any

from dspy_lens_worker.optimizers.base import Materials


class Trials:
    """A callback of GEPA. A variant is evaluated on a few examples, and on all only where it is better there.

    DSPy's own evaluations do not tell these apart: variants that are joined are tried on five validation
    examples under the same mark as on all.
    """

    def __init__(self, student: Any, materials: Materials) -> None:
        self._student = student
        self._tried = materials.tried
        self._failures = materials.failures
        self._before = materials.failures()
        self._proposed: dict[str, str] = {}
        self._parent: Mapping[str, str] = {}

    def on_valset_evaluated(self, event: Mapping[str, Any]) -> None:
        n, of = event["num_examples_evaluated"], event["total_valset_size"]
        program, score = self._program(event["candidate"]), float(event["average_score"])
        self._tried(program, score, n, n == of, min(n, self._failed()))

    def on_proposal_start(self, event: Mapping[str, Any]) -> None:
        self._parent = event["parent_candidate"]

    def on_proposal_end(self, event: Mapping[str, Any]) -> None:
        self._proposed = dict(event["new_instructions"])
        self._failed()  # those of the prompt model belong to no trial

    def on_evaluation_start(self, event: Mapping[str, Any]) -> None:
        self._failed()

    def on_evaluation_end(self, event: Mapping[str, Any]) -> None:
        scores: Sequence[float] = event["scores"]
        failed = min(len(scores), self._failed())
        if event["candidate_idx"] is None and scores:
            program = self._program({**self._parent, **self._proposed})
            self._tried(program, sum(map(float, scores)) / len(scores), len(scores), False, failed)

    def _failed(self) -> int:
        """How many calls the provider failed since this was asked last. GEPA evaluates one variant at a time."""
        before, self._before = self._before, self._failures()
        return self._before - before

    def _program(self, candidate: Mapping[str, str]) -> Any:
        made = self._student.deepcopy()
        for name, predictor in made.named_predictors():
            if name in candidate:
                predictor.signature = predictor.signature.with_instructions(candidate[name])
        return made


def trials(student: Any, materials: Materials) -> Trials:
    return Trials(student, materials)
