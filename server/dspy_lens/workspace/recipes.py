"""From a target and a request to a recipe. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dspy_lens.runs.stale import SHAPE
from dspy_lens.source.metric import judged
from dspy_lens.source.split import Favour, deal
from dspy_lens.values.definition import Definition, Kind, Piece
from dspy_lens.values.examples import ExampleSet, Parts, digest
from dspy_lens.values.money import micros
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.request import RunRequest
from dspy_lens.values.run import Caps
from dspy_lens.values.settings import JoinedSettings, ModelSettings, OptimizerSettings, Settings, Split
from dspy_lens.values.target import Metric, Target
from dspy_lens_worker.messages import ModelOrder, PriceOrder
from dspy_lens_worker.optimizers import choose, find, parse_parameters
from dspy_lens_worker.optimizers.base import Optimizer

PRACTICE = "offline"
AUTO = "auto"

Code = Mapping[str, tuple[Piece, ...]]
"""What parameters name of the user's code, with what it leans on, by its name."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a run by role. Keys are never among their parameters."""

    task: ModelOrder
    prompt: ModelOrder | None
    teacher: ModelOrder | None
    judge: ModelOrder | None = None  # where the metric asks one

    @property
    def all(self) -> tuple[ModelOrder, ...]:
        """Those that are named."""
        return tuple(it for it in (self.task, self.prompt, self.teacher, self.judge) if it is not None)

    @property
    def uncached(self) -> frozenset[str]:
        """The roles whose model is asked anew each time."""
        roles = {"task": self.task, "prompt": self.prompt or self.task, "judge": self.judge}
        return frozenset(role for role, it in roles.items() if not is_cached(it))

    def parts(self) -> dict[str, Any]:
        named = {"task": self.task, "prompt": self.prompt, "teacher": self.teacher, "judge": self.judge}
        return {role: it.model_dump() for role, it in named.items() if it is not None}


def models_of(target: Target, settings: Settings, request: RunRequest) -> Models | None:
    """The request's models, else the target's, else the settings'; None when no task model is named."""
    task, *others = (
        cached_or_not(model_order(it), request.cache)
        for it in (
            request.model or target.settings.model or settings.model,
            request.prompt_model or settings.prompt_model,
            request.teacher or settings.teacher,
            request.judge_model or settings.judge_model,
        )
    )
    if task is None:
        return None
    prompt, teacher, judge = others
    return Models(task, prompt, teacher, judge or task if asks_judge(target) else None)


def cached_or_not(model: ModelOrder | None, cache: bool | None) -> ModelOrder | None:
    """The model with the LM cache on or off as a request says; where it says nothing, as the settings do."""
    if model is None or cache is None:
        return model
    others = {name: it for name, it in model.parameters.items() if name != "cache"}
    return model.model_copy(update={"parameters": others if cache else {**others, "cache": False}})


def is_cached(model: ModelOrder | None) -> bool:
    return model is None or model.parameters.get("cache") is not False


def asks_judge(target: Target) -> bool:
    """Whether the target's metric is the built-in judge, or has it among its terms."""
    return target.metric is not None and not target.metric.pieces and bool(judged(target.metric.name))


def model_order(model: ModelSettings | str | None) -> ModelOrder | None:
    if model is None:
        return None
    if isinstance(model, str):
        return ModelOrder(name=model)
    return ModelOrder(name=model.name, api_base=model.api_base, parameters=model.parameters)


def price_orders(settings: Settings) -> dict[str, PriceOrder]:
    """What the settings say that models cost; only the user's own word can make one cheaper."""
    claimed = settings.claimed_prices if isinstance(settings, JoinedSettings) else {}
    return {
        name: PriceOrder(
            input=it.per_token[0], output=it.per_token[1], own=name in settings.prices, source=it.source
        )
        for name, it in {**claimed, **settings.prices}.items()
    }


def is_practice(model: ModelOrder | None) -> bool:
    return model is not None and model.name == PRACTICE


@dataclass(frozen=True, slots=True)
class Choice:
    """An optimizer with its parameters, checked and complete."""

    optimizer: Optimizer
    parameters: dict[str, Any]

    @property
    def name(self) -> str:
        return self.optimizer.name


def choice_of(target: Target, settings: Settings, request: RunRequest, parts: Parts) -> Choice:
    """The optimizer and its parameters; `auto` goes by the labelled examples that one may use.

    Raises ValueError, with a sentence for the user, where a name or a parameter is wrong.
    """
    wanted = wanted_optimizer(target, settings)
    if request.optimizer is not None and request.optimizer != wanted.name:
        wanted = OptimizerSettings(name=request.optimizer)
    given = {**wanted.parameters, **request.parameters}
    if wanted.name != AUTO:
        return checked(wanted.name, given)
    usable = (*parts.train, *parts.validation)
    name, chosen = choose(sum(1 for it in usable if it.labels) or len(usable))
    return checked(name, {**chosen, **given})


def wanted_optimizer(target: Target, settings: Settings) -> OptimizerSettings:
    """What the settings want for a target: its own optimizer, else that of all."""
    wanted = target.settings.optimizer or settings.optimizer
    return wanted if isinstance(wanted, OptimizerSettings) else OptimizerSettings(name=wanted)


def checked(name: str, given: dict[str, Any]) -> Choice:
    optimizer = find(name)
    parameters = parse_parameters(optimizer, given)
    return Choice(optimizer, parameters.model_dump(mode="json"))


@lru_cache(maxsize=256)
def parts_of(examples: ExampleSet, split: Split, favour: Favour = "validation") -> Parts:
    """The examples dealt out, once for each set, split and side that gets more of them."""
    return deal(examples.examples, split, favour)


def split_of(target: Target, settings: Settings) -> Split:
    return target.settings.split or settings.split


def recipe_of(
    target: Target,
    metric: Metric,
    models: Models,
    choice: Choice,
    split: Split,
    seed: int,
    dspy: str,
    code: Code | None = None,
) -> Recipe:
    """All that decides the result, as digests and plain values."""
    definition = target.definition
    return Recipe(
        target=target.name,
        source={**source_digests(definition.pieces), SHAPE: digest(shape_of(definition))},
        examples=target.examples.digests if target.examples else (),
        metric=metric.name,
        metric_source=pieces_digest(metric.pieces),
        wrapper=wrapper_of(target),
        optimizer=choice.name,
        parameters=choice.parameters,
        models=models.parts(),
        split=split.model_dump(),
        seed=seed,
        dspy=dspy,
        code={name: pieces_digest(pieces) for name, pieces in (code or {}).items()},
    )


def code_of(choice: Choice, function: Callable[[str], tuple[Piece, ...] | None]) -> Code:
    """What the parameters name of the user's code, as far as it stands in the workspace."""
    named = choice.optimizer.parameters.model_validate(choice.parameters).code()
    found = {it: function(it) for it in named}
    return {name: pieces for name, pieces in found.items() if pieces}


def pieces_digest(pieces: tuple[Piece, ...]) -> str:
    return digest([[it.path, it.name, it.text] for it in pieces])


def source_digests(pieces: tuple[Piece, ...]) -> dict[str, str]:
    return {f"{it.path}:{it.name}": digest(it.text) for it in pieces}


def shape_of(definition: Definition) -> list[Any]:
    """What stays when only instructions change: the fields, and a program's own text."""
    if definition.kind is Kind.PROGRAM:
        own = [it.text for it in definition.pieces if it.name == definition.qualname]
        fields = [
            [it.name, it.factory, _fields(it.inputs), _fields(it.outputs)] for it in definition.predictors
        ]
        return [definition.name, own, fields]
    return [definition.name, _fields(definition.inputs), _fields(definition.outputs)]


def _fields(fields: tuple[Any, ...]) -> list[list[str | None]]:
    return [[it.name, it.type, it.desc] for it in fields]


def wrapper_of(target: Target) -> str:
    """What wraps a bare signature: the settings' word, else the code's own predictor, else Predict."""
    comment = target.definition.comment
    named = target.settings.module or (comment.module if comment else None)
    return named or target.definition.wrapper or "Predict"


def caps_of(settings: Settings, request: RunRequest) -> Caps:
    """What the request says of each kind of cap, else the settings."""
    cap = settings.cap if request.cap is None else request.cap
    return Caps(
        dollars=None if cap is None else micros(cap),
        calls=settings.cap_calls if request.cap_calls is None else request.cap_calls,
        tokens=settings.cap_tokens if request.cap_tokens is None else request.cap_tokens,
        minutes=settings.cap_minutes if request.cap_minutes is None else request.cap_minutes,
    )
