"""What the measurer is asked, and what it answers."""

from typing import Any

from pydantic import Field

from dspy_lens_worker.messages.base import Message
from dspy_lens_worker.messages.order import ModelOrder, PriceOrder, TargetOrder


class MeasureRequest(Message):
    """Asks the measurer for prompt sizes and prices. No user code is loaded to answer it.

    `predictors` are measured one by one, each wrapped by its own DSPy class; `samples` are example
    records (inputs and labels together), `demos` labelled ones.
    """

    id: int
    predictors: list[TargetOrder]
    samples: list[dict[str, Any]] = []
    demos: list[dict[str, Any]] = []
    model: ModelOrder
    prompt_model: ModelOrder | None = None
    judge_model: ModelOrder | None = None
    judged: list[str | None] = Field([], description="What a judge is asked about: fields; null: the answer.")
    prices: dict[str, PriceOrder] = {}
    cache_dir: str | None = None
    preview: bool = Field(False, description="Whether to send back the messages of the first sample.")


class PriceMessage(Message):
    """Dollars for one token."""

    input: float
    output: float
    max_output: int | None = None


class PredictorMeasure(Message):
    """Mean tokens of one rendered call: without demos, and what each labelled or bootstrapped demo adds.

    `assumed_input` and `assumed_output` are the parts of it that no example shows.
    """

    name: str
    input: float
    demo: float
    bootstrapped: float = 0
    output: float
    instructions: float
    assumed_input: float = 0
    assumed_output: float = 0


class MeasureReply(Message):
    id: int
    predictors: list[PredictorMeasure] = []
    price: PriceMessage | None = None
    prompt_price: PriceMessage | None = None
    judge_price: PriceMessage | None = None
    judge: PredictorMeasure | None = Field(None, description="One call of the judge.")
    price_notes: list[str] = Field([], description="Each model's price and where it is from.")
    example: float = Field(
        0.0, description="Mean tokens of an example as plain lines, each a field and its value."
    )
    practice: bool = False
    cached: list[bool] = Field(
        [],
        description="Of each sample whether the LM cache holds its plain call; empty where it was not asked.",
    )
    messages: list[dict[str, Any]] = []
    error: str | None = None
