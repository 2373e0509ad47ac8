"""Settings: what a repository's `[tool.dspy-lens]` (or `dspy-lens.toml`) and the user's own file may say."""

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SECRET = re.compile(r"(key|token|secret|password|credentials?|authorization)$", re.IGNORECASE)
MILLION = 1_000_000
SHORTEST_SECRET = 8  # local servers are given shorter words in place of a key


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def secrets_in(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where a model's parameters hold what looks like a key: it would be kept with every result."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from secrets_in(value, (*above, name))
        elif isinstance(value, str) and len(value) >= SHORTEST_SECRET and SECRET.search(name):
            yield (*above, name)


class ModelSettings(_Strict):
    """A model with its parameters; anything beyond `name` and `api_base` goes to `dspy.LM` as it is."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field(
        description="As DSPy names it, e.g. `openai/gpt-4o-mini`; `offline` is the practice model."
    )
    api_base: str | None = Field(
        None, description="Where the model is reached; confirmed once before first use."
    )

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class Split(_Strict):
    """How examples are dealt out. Shares are parts of 1; None takes the optimizer's own default."""

    train: float | None = Field(None, ge=0, le=1, description="Share the optimizer learns from.")
    validation: float | None = Field(None, ge=0, le=1, description="Share the optimizer chooses by.")
    test: float = Field(0.3, ge=0, le=1, description="Held-out share, seen by no optimizer.")
    seed: int = Field(0, description="Another seed deals the examples out in another order.")


Period = Literal["day", "week", "month"]


class Budget(_Strict):
    dollars: float = Field(gt=0, description="What all runs together may spend in one period.")
    per: Period = "month"


class PriceSettings(_Strict):
    """What a model costs, for a million tokens each."""

    input: float = Field(ge=0, description="For a million input tokens.")
    output: float = Field(ge=0, description="For a million output tokens.")
    currency: str = Field("USD", pattern="^[A-Z]{3}$", description="Three letters, as in `EUR`.")
    rate: float | None = Field(None, gt=0, description="Dollars for one unit, where it is another currency.")
    date: datetime.date | str | None = Field(None, description="Since when this holds; shown with the price.")

    @model_validator(mode="after")
    def _needs_rate(self) -> "PriceSettings":
        if self.currency != "USD" and self.rate is None:
            raise ValueError(f"a price in {self.currency} needs `rate`, the dollars for one of them")
        return self

    @property
    def per_token(self) -> tuple[float, float]:
        """Dollars for one token of input and of output."""
        rate = self.rate or 1.0
        return self.input * rate / MILLION, self.output * rate / MILLION

    @property
    def source(self) -> str:
        """Where the price is from, as it is shown beside it."""
        when = f" of {self.date}" if self.date else ""
        other = (
            f" ({self.input:g} and {self.output:g} {self.currency} at ${self.rate:g})" if self.rate else ""
        )
        return f"the settings{when}{other}"


class OptimizerSettings(_Strict):
    """An optimizer by name; every other key is one of its parameters."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str = Field("auto", description="An optimizer's name, or `auto`.")

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class TargetSettings(_Strict):
    """What is said about one target."""

    examples: str | list[str] | None = Field(
        None, description="An example file, relative to the settings file."
    )
    inputs: list[str] | None = Field(
        None, description="Which fields are inputs, for programs without annotations."
    )
    map: dict[str, str] = Field(default_factory=dict, description="Field = column, where the names differ.")
    metric: str | None = Field(None, description="`pkg.mod:function`, or a built-in such as `exact:label`.")
    module: str | None = Field(
        None, description="What wraps a bare signature: `Predict`, `ChainOfThought`, …"
    )
    split: Split | None = None
    optimizer: OptimizerSettings | str | None = None
    model: ModelSettings | str | None = None


class CodeLensSettings(_Strict):
    enabled: bool = Field(True, description="Whether lenses are shown at all.")
    exclude: list[str] = Field(default_factory=list, description="Globs of files that show no lenses.")


class Settings(_Strict):
    """Everything `[tool.dspy-lens]` may hold."""

    model: ModelSettings | str | None = Field(None, description="The task model.")
    prompt_model: ModelSettings | str | None = Field(
        None, description="Writes instructions; default: `model`."
    )
    teacher: ModelSettings | str | None = Field(None, description="Makes demos; default: `model`.")
    judge_model: ModelSettings | str | None = Field(
        None, description="Answers the metric `judge`; default: `model`."
    )
    cap: float | None = Field(None, ge=0, description="Dollars a run may spend; 1 where a price is known.")
    cap_calls: int | None = Field(None, ge=0, description="Calls a run may send.")
    cap_tokens: int | None = Field(None, ge=0, description="Tokens a run may use.")
    cap_minutes: float | None = Field(None, gt=0, description="Minutes a run may take.")
    budget: Budget | None = None
    prices: dict[str, PriceSettings] = Field(
        default_factory=dict, description="By model: what it costs, where the price list is wrong or silent."
    )
    confirm_above: float = Field(0.10, ge=0, description="Dollars above which a run is confirmed first.")
    threads: int = Field(8, ge=1, le=256, description="Examples evaluated at the same time.")
    seed: int = Field(0, description="Seed of a run; another seed is another recipe.")
    interpreter: str | None = Field(
        None, description="The Python that runs your code; else `.venv`, else PATH."
    )
    artifacts: str = Field("optimized/{name}.json", description="Where export writes.")
    optimizer: OptimizerSettings | str = "auto"
    split: Split = Split()
    exclude: list[str] = Field(default_factory=list, description="Globs of files that are not read at all.")
    parallel_runs: int = Field(1, ge=1, le=16, description="Runs that may go on at the same time.")
    code_lens: CodeLensSettings = CodeLensSettings()
    problems: dict[str, bool | Literal["error", "warning", "information", "hint"]] = Field(
        default_factory=dict,
        description="By code, or by what stands before its `/`: false tells it no more, or another severity.",
    )
    target: dict[str, TargetSettings] = Field(default_factory=dict, description="By target name.")


class JoinedSettings(Settings):
    """What holds, once the user's own settings and the repository's are joined.

    `prices` are the user's own, `claimed_prices` the repository's: these can only make a model dearer, or a cap
    in dollars would hold nothing.
    """

    claimed_prices: dict[str, PriceSettings] = Field(default_factory=dict)
