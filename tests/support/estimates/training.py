"""A training that takes no time: what a model would be trained on is counted, and it answers as before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.optimizers.finetune_counts import usual_epochs
from support.counting import tokens

TUNED = "fake/task-tuned"
MARKS = 4  # tokens around a message


@dataclass
class Training:
    """Stands where a run's trainer does; `tokens` are those of all rows, each as often as it was trained on."""

    tokens: int = 0

    def provider(self, client: Callable[[], Any], price: float | None) -> Any:
        from dspy.clients.provider import Provider

        outer = self

        class Counting(Provider):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.finetunable = True

            def __deepcopy__(self, memo: Any) -> Any:
                return self

            def finetune(
                self, job: Any, model: str, train_data: Any, train_data_format: Any, train_kwargs: Any = None
            ) -> str:
                epochs = (train_kwargs or {}).get("n_epochs") or usual_epochs(len(train_data))
                outer.tokens += epochs * sum(
                    tokens(it["content"]) + MARKS for row in train_data for it in row["messages"]
                )
                return TUNED

        return Counting()
