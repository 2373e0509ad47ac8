"""What daemon and worker say to each other: the order that goes in, the events that come out.

Both ends import this file, so it needs the standard library and pydantic only. A run folder holds
`order.json` (an Order), `examples.jsonl` (one OrderExample a line), `events.jsonl` (one event a line,
appended), `heldout.jsonl` (one HeldOut a line), `prompts.jsonl` (one Prompt a line), `baseline.json` (the
unoptimized state), `candidate.json` (the best state so far), `program.json` (the final state, as DSPy's
`program.load` reads it), `program.py` (what makes the program again where its state alone does not),
`worker.log` and `lock`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

ORDER = "order.json"
EXAMPLES = "examples.jsonl"
EVENTS = "events.jsonl"
HELD_OUT = "heldout.jsonl"
PROMPTS = "prompts.jsonl"
BASELINE = "baseline.json"
CANDIDATE = "candidate.json"
PROGRAM = "program.json"
MODULE = "program.py"
MODULE_MARK = "Made by DSPy Lens"  # in its first line: it may be written over
LOG = "worker.log"
LOCK = "lock"

LEAST_EXAMPLES = 10
"""With fewer examples overall nothing is held out: a score on two or three examples says nothing."""

Role = Literal["task", "prompt", "judge"]
Part = Literal["train", "validation", "test"]
State = Literal["succeeded", "stopped", "failed", "lost"]


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldOrder(Message):
    name: str
    type: str = "str"
    desc: str | None = None


class TargetOrder(Message):
    """What to load: `module:qualname` from `path`, below one of `import_roots` (absolute folders)."""

    name: str
    kind: Literal["class", "string", "program"]
    path: str
    module: str
    qualname: str
    import_roots: list[str]
    literal: str | None = Field(None, description="The text of a string signature.")
    instructions: str | None = None
    wrapper: str = Field("Predict", description="The DSPy predictor class that wraps a bare signature.")
    inputs: list[FieldOrder] = []
    outputs: list[FieldOrder] = []


class ModelOrder(Message):
    """A model and its parameters. Keys are never here: they come from the environment or `.env`."""

    name: str
    api_base: str | None = None
    parameters: dict[str, Any] = {}


class PriceOrder(Message):
    """What a model costs by the settings, in dollars for one token.

    `own` is true for the user's own word, which stands; a repository's only counts where it is dearer.
    """

    input: float
    output: float
    own: bool
    source: str


class CapsOrder(Message):
    """What the run may spend; None is no limit of that kind. `micros` are millionths of a dollar."""

    micros: int | None = None
    calls: int | None = Field(default=None, description="Requests sent, retries included.")
    tokens: int | None = None
    seconds: float | None = None
    answer_seconds: float = Field(
        default=180.0, description="How long one request may take before the run stops."
    )
    load_seconds: float = Field(default=120.0, description="How long importing the user's code may take.")


class OrderExample(Message):
    """One mapped example. `labels` holds only the outputs its record gives."""

    part: Part
    row: int
    inputs: dict[str, Any]
    labels: dict[str, Any] = {}


class Order(Message):
    """All that a worker is given. It needs nobody else."""

    run: str
    verb: Literal["optimize", "evaluate"] = "optimize"
    root: str
    key: str
    target: TargetOrder
    metric: str = Field(description="`pkg.mod:function`, or a built-in such as `exact:label`.")
    optimizer: str
    parameters: dict[str, Any] = {}
    model: ModelOrder
    prompt_model: ModelOrder | None = None
    teacher: ModelOrder | None = None
    judge_model: ModelOrder | None = Field(None, description="Answers the metric `judge`, where it is one.")
    judge_calls: float | None = Field(
        None, description="Calls of a model that the metric makes for one answer, as the estimate had them."
    )
    seed: int = 0
    threads: int = 8
    prices: dict[str, PriceOrder] = Field({}, description="Model -> its price by the settings.")
    caps: CapsOrder = CapsOrder()
    cache_dir: str = Field(description="The user's LM cache; one folder below it for each endpoint.")
    files: dict[str, str] = Field({}, description="Relative path -> sha256 of each file the recipe read.")
    provenance: dict[str, Any] = Field({}, description="The recipe's parts, written into the program.")
    env_file: str | None = Field(None, description="A `.env` of the root, read by the worker.")


class ExamplesOrder(Message):
    """Which examples of the user's code are wanted: what `module:qualname` gives, from `path` below `root`."""

    root: str
    module: str
    qualname: str
    path: str
    import_roots: list[str]
    most: int = Field(10_000, description="Items that are taken.")

    @property
    def name(self) -> str:
        return f"{self.module}:{self.qualname}"


class ExamplesReply(Message):
    """The records, or why there are none: one sentence on what happened and one thing to do."""

    records: list[dict[str, Any]] = []
    error: str | None = None


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
    """

    before: float
    after: float
    dollars: float | None = None
    thousand_before: float | None = None
    thousand: float | None = None


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

    `score` is None where the provider failed: that is not a wrong answer.
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
    cached: int = Field(0, description="How many of the samples' plain calls the LM cache already holds.")
    messages: list[dict[str, Any]] = []
    error: str | None = None
