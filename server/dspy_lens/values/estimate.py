"""What an optimization would cost, as ranges."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Range:
    """A low, an expected and a high; equal where the figure is certain."""

    low: float
    expected: float
    high: float

    @classmethod
    def exactly(cls, value: float) -> "Range":
        return cls(value, value, value)

    def __add__(self, other: "Range") -> "Range":
        return Range(self.low + other.low, self.expected + other.expected, self.high + other.high)

    def __sub__(self, other: "Range") -> "Range":
        """What is left when `other` is taken away: the least when the most is taken; never below 0."""
        return Range(
            max(0.0, self.low - other.high),
            max(0.0, self.expected - other.expected),
            max(0.0, self.high - other.low),
        )

    def __mul__(self, factor: float) -> "Range":
        return Range(self.low * factor, self.expected * factor, self.high * factor)

    @property
    def certain(self) -> bool:
        return self.low == self.high


ZERO = Range.exactly(0)


@dataclass(frozen=True, slots=True)
class Calls:
    """Logical calls by the role of the model that answers them."""

    task: Range = ZERO
    prompt: Range = ZERO
    judge: Range = ZERO

    @property
    def total(self) -> Range:
        return self.task + self.prompt + self.judge


@dataclass(frozen=True, slots=True)
class Tokens:
    input: Range = ZERO
    output: Range = ZERO


@dataclass(frozen=True, slots=True)
class Share:
    """What the model of one role takes: requests that are sent, and their tokens.

    `seconds` lie between the first answer and the last one, where it has happened.
    """

    requests: float = 0.0
    input: float = 0.0
    output: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a recipe would cost. `tokens`, `dollars` and `seconds` are None until they are known.

    `calls` are logical calls of the whole run, baseline and held-out evaluations included
    (`evaluation_calls` are these alone). `cached_calls` are those the LM cache is expected to answer.
    `requests` = calls − cached − asked twice within the run, without retries. `dollars` are in US
    dollars; None when a price is unknown, 0 for the practice model. `roles` are the expected figures of
    each role, before any correction by earlier runs: what the next runs are corrected by.
    """

    target: str
    key: str
    optimizer: str
    parameters: dict[str, object]
    model: str | None
    prompt_model: str | None
    calls: Calls
    evaluation_calls: Range
    cached_calls: Range
    requests: Range
    tokens: Tokens | None = None
    dollars: Range | None = None
    seconds: Range | None = None
    assumptions: tuple[str, ...] = ()
    roles: Mapping[str, Share] = field(default_factory=dict)
