"""What a run says while it goes on, and what it leaves in its folder."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from dspy_lens_worker.messages.base import Message, Role, State


class Event(Message):
    """What every event says. `sequence` counts from 1 within a run; `at` is seconds since the epoch."""

    run: str
    sequence: int
    at: float


class Queued(Event):
    event: Literal["queued"] = "queued"


class Started(Event):
    event: Literal["started"] = "started"
    pid: int
    python: str = ""
    dspy: str = ""


class Loaded(Event):
    """The target and examples are loaded and match the order's digests."""

    event: Literal["loaded"] = "loaded"
    predictors: list[str]
    train: int
    validation: int
    test: int


class ScoreMessage(Message):
    """A mean from 0 to 1 over n examples, bounded by low and high at 95 %."""

    score: float
    n: int
    low: float
    high: float


class Baseline(Event):
    """The unoptimized program on the held-out part; null where that part is too small."""

    event: Literal["baseline"] = "baseline"
    baseline: ScoreMessage | None


class Trial(Event):
    """One evaluation of a candidate. `full` is false for a minibatch; `best` is the best full score."""

    event: Literal["trial"] = "trial"
    number: int
    of: int | None
    score: float
    full: bool
    best: float | None
    failed: int = Field(0, description="Answers that never came, because the provider failed.")


class Candidate(Event):
    """A new best candidate was written to `candidate.json`."""

    event: Literal["candidate"] = "candidate"
    trial: int
    score: float | None
    instructions: dict[str, str]
    demos: dict[str, int]


class CallCounts(Message):
    """Logical calls by role; `cached` are those of them that the LM cache answered."""

    task: int = 0
    prompt: int = 0
    judge: int = 0
    cached: int = 0


class TokenCounts(Message):
    input: int = 0
    output: int = 0


class Charge(Message):
    """One billed request."""

    role: Role
    model: str
    input: int
    output: int
    micros: int | None


class Usage(Event):
    """Running totals after a billed request, with that request itself where there was one."""

    event: Literal["usage"] = "usage"
    calls: CallCounts
    requests: int
    tokens: TokenCounts
    micros: int | None
    charge: Charge | None = None


class Log(Event):
    """A sentence for the user."""

    event: Literal["log"] = "log"
    level: Literal["info", "warning", "error"] = "info"
    message: str


class Validation(Message):
    """Scores on the validation part, which the optimizer chose by."""

    baseline: float | None
    best: float | None
    n: int


class PromptSize(Message):
    """Input tokens of one program run, before and after, on the same held-out example.

    `dollars` is what the difference adds to 1,000 runs of the program; null where the price is unknown.
    `thousand` is what 1,000 runs of the program cost, the optimized one's where there is one, answers included.
    `calls_before` and `calls` are how often a model was asked for that one answer; null in older runs.
    """

    before: float
    after: float
    dollars: float | None = None
    thousand_before: float | None = None
    thousand: float | None = None
    calls_before: int | None = None
    calls: int | None = None


class Finished(Event):
    """How a run ended; CONTRACT's `finished` event, from which the daemon leaves nothing out."""

    event: Literal["finished"] = "finished"
    state: State
    reason: str | None = None
    stage: str | None = Field(None, description="Where a failed run gave up: load, examples, metric, run, …")
    stored: bool = False
    target: str
    key: str
    optimizer: str
    parameters: dict[str, Any]
    model: str
    baseline: ScoreMessage | None = None
    best: ScoreMessage | None = None
    validation: Validation | None = None
    verdict: Literal["improved", "no clear difference", "worse"] | None = None
    calls: CallCounts = CallCounts()
    requests: int = 0
    tokens: TokenCounts = TokenCounts()
    dollars: float | None = None
    seconds: float = 0.0
    program: str | None = None
    module: str | None = Field(None, description="The Python file that makes it again, where one is needed.")
    instructions: dict[str, str] = {}
    demos: dict[str, int] = {}
    practice: bool = Field(False, description="Whether the practice model answered.")
    prompt: PromptSize | None = None
    judged: int = Field(0, description="How many answers the metric gave a score.")


AnyEvent = Annotated[
    Queued | Started | Loaded | Baseline | Trial | Candidate | Usage | Log | Finished,
    Field(discriminator="event"),
]
EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


class HeldOut(Message):
    """One held-out example: what the program answered, and how the metric judged it, from 0 to 1.

    `score` is None where the provider failed: that is not a wrong answer. In a run of the verb `draft`: one
    drafted example as its `answer`, without a score.
    """

    program: Literal["baseline", "best"]
    row: int
    inputs: dict[str, Any]
    labels: dict[str, Any]
    answer: dict[str, Any]
    score: float | None
    error: str | None = None


class Prompt(Message):
    """What a predictor sent to the model for one held-out example, as DSPy rendered it."""

    program: Literal["baseline", "best"]
    predictor: str
    row: int
    messages: list[dict[str, Any]]
