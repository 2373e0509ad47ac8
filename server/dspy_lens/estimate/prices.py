"""What the measurer found out."""

from dataclasses import dataclass, replace
from statistics import fmean

from dspy_lens.values.money import Price
from dspy_lens_worker.messages import MeasureReply, PredictorMeasure, PriceMessage


@dataclass(frozen=True, slots=True)
class Prices:
    """Sizes of the prompts of each predictor, and what tokens cost; a price is None where it is unknown."""

    predictors: tuple[PredictorMeasure, ...]
    task: Price | None
    prompt: Price | None
    practice: bool = False
    judge: Price | None = None
    notes: tuple[str, ...] = ()  # each model's price, and where it is from
    judged: PredictorMeasure | None = None  # a call of the built-in judge; None where the metric is another
    example: float = 0.0  # tokens of an example with its own fields alone

    @classmethod
    def of(cls, reply: MeasureReply) -> "Prices":
        return cls(
            tuple(reply.predictors),
            _price(reply.price),
            _price(reply.prompt_price),
            reply.practice,
            _price(reply.judge_price),
            tuple(reply.price_notes),
            reply.judge,
            reply.example,
        )

    def mean(self, figure: str) -> float:
        """The mean over the predictors, each of which is called equally often."""
        return fmean(float(getattr(it, figure)) for it in self.predictors) if self.predictors else 0.0

    @property
    def labelled(self) -> "Prices":
        """Those predictors alone that labelled examples make demos for."""
        return replace(self, predictors=tuple(it for it in self.predictors if it.demo))

    @property
    def unlabelled(self) -> "Prices":
        """Those predictors alone that no labelled example makes a demo for."""
        return replace(self, predictors=tuple(it for it in self.predictors if not it.demo))

    @property
    def without_labels(self) -> float:
        """The share of the predictors that no labelled example makes a demo for."""
        return fmean(it.demo == 0 for it in self.predictors) if self.predictors else 0.0


def _price(message: PriceMessage | None) -> Price | None:
    return Price(message.input, message.output, message.max_output) if message else None
