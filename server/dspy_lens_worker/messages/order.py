"""The orders that a worker is given."""

from typing import Any, Literal

from pydantic import Field

from dspy_lens_worker.messages.base import Message, Part


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
    verb: Literal["optimize", "evaluate", "draft"] = "optimize"
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
