"""A BootstrapFewShot that hands over what it has after every demo, so that a stopped run leaves something."""

import random
from collections.abc import Callable
from typing import Any


def keeping_bootstrap(keep: Callable[[Any], None], base: Any = None) -> Any:
    """DSPy's class, which calls `keep` with the student as it would be trained by the demos so far.

    `base` is a class that bootstraps and goes on from there.
    """
    from dspy.teleprompt import BootstrapFewShot

    class KeepingBootstrap(base or BootstrapFewShot):  # type: ignore[misc]
        def _bootstrap_one_example(self, example: Any, round_idx: int = 0) -> Any:
            success = super()._bootstrap_one_example(example, round_idx)
            if success:
                self.accepted = [*getattr(self, "accepted", ()), id(example)]
                keep(self.so_far())
            return success

        def so_far(self) -> Any:
            """The student with the demos so far, filled up as DSPy will fill it up at the end."""
            rest = [it for it in self.trainset if id(it) not in self.accepted]
            random.Random(0).shuffle(rest)
            rng = random.Random(0)
            program = self.student.deepcopy()
            for name, predictor in program.named_predictors():
                augmented = self.name2traces[name][: self.max_bootstrapped_demos]
                more = max(0, min(self.max_labeled_demos - len(augmented), len(rest)))
                predictor.demos = [*augmented, *rng.sample(rest, more)]
            return program

    return KeepingBootstrap
