"""BootstrapFinetune that goes on after a failed answer, trains behind the guard, and tells how far it is."""

import atexit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dspy_lens_worker.exported.running import TUNED
from dspy_lens_worker.optimizers.base import Materials
from dspy_lens_worker.optimizers.finetune_local import own_python_first


def guarded_finetune(
    materials: Materials, provider: str, price: float | None, report: Callable[[list[Any]], None]
) -> Any:
    """DSPy's class. `report` hears of the answers before the training begins."""
    from dspy.teleprompt import BootstrapFinetune

    from dspy_lens_worker.training import Stopped, client_of

    class GuardedFinetune(BootstrapFinetune):  # type: ignore[misc]
        def compile(self, student: Any, trainset: list[Any], teacher: Any = None) -> Any:
            trainable: dict[int, Any] = {}
            for predictor in student.predictors():
                lm = predictor.lm
                if id(lm) not in trainable:
                    trainable[id(lm)] = lm.copy()
                    trainable[id(lm)].provider = self.provider_of(lm)
                predictor.lm = trainable[id(lm)]
            try:
                with answers_told(report):
                    compiled = super().compile(student, trainset, teacher)
            except Stopped as stopped:
                raise stopped.refused from None
            for lm in {id(it.lm): it.lm for it in compiled.predictors()}.values():
                tuned(lm, provider)
            return compiled

        def provider_of(self, lm: Any) -> Any:
            if provider == "local":
                from dspy.clients.lm_local import LocalProvider

                return LocalProvider()
            return materials.training.provider(lambda: client_of(lm), price)

    return GuardedFinetune


def tuned(lm: Any, provider: str) -> None:
    """Makes the trained model one that answers, and is saved with the program."""
    setattr(lm, TUNED, True)
    if provider == "local":
        own_python_first()
        lm.launch()
        atexit.register(lm.kill)
    else:
        lm.provider = lm.infer_provider()


@contextmanager
def answers_told(report: Callable[[list[Any]], None]) -> Iterator[None]:
    """Inside, an example that raises is left out, where DSPy throws away all that was paid for."""
    from dspy.teleprompt import bootstrap_finetune

    original = bootstrap_finetune.bootstrap_trace_data

    def told(**given: Any) -> list[Any]:
        data: list[Any] = original(**given, raise_on_error=False)
        report(data)
        return data

    bootstrap_finetune.bootstrap_trace_data = told
    try:
        yield
    finally:
        bootstrap_finetune.bootstrap_trace_data = original
