"""From a request to a plan: the recipe with its estimate, or the one reason why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from dspy_lens.estimate.estimate import Prices, estimate
from dspy_lens.source.metric import judged
from dspy_lens.source.python.model_calls import model_calls, own_model
from dspy_lens.values.definition import Definition, Kind, Piece
from dspy_lens.values.estimate import ZERO, Estimate, Range
from dspy_lens.values.examples import Parts, digest
from dspy_lens.values.recipe import Recipe
from dspy_lens.values.request import Refused, RunRequest
from dspy_lens.values.run import Caps, Verb
from dspy_lens.values.settings import Settings, secrets_in
from dspy_lens.values.target import Metric, Target
from dspy_lens.workspace.experience import Experience
from dspy_lens.workspace.recipes import (
    Choice,
    Code,
    Models,
    caps_of,
    choice_of,
    code_of,
    is_practice,
    models_of,
    parts_of,
    price_orders,
    recipe_of,
    split_of,
    wrapper_of,
)
from dspy_lens.workspace.wanting import no_examples, no_metric
from dspy_lens_worker.messages import ModelOrder, PriceOrder
from dspy_lens_worker.optimizers import UnknownOptimizer, WrongParameter
from dspy_lens_worker.optimizers.base import Figure, Shape

FEWER, MORE = 0.75, 1.5  # around the calls of a run that a dry run saw
EVALUATE = "evaluate"
SECRET_GIVEN = (
    "A key among a model's parameters would be kept with the result. Put it into the environment or `.env`."
)

Finding = Callable[[str], tuple[Piece, ...] | None]


@dataclass(frozen=True, eq=False)
class Ingredients:
    """All that a recipe is made of, found and checked. Compared by identity; its digests are made once."""

    target: Target
    metric: Metric
    models: Models
    choice: Choice
    parts: Parts
    recipe: Recipe
    caps: Caps
    threads: int
    prices: Mapping[str, PriceOrder]
    code: Code = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        return self.recipe.key

    @cached_property
    def size(self) -> str:
        """What the sizes of prompts depend on, as a digest: the source, the examples, models and judge."""
        it = self.recipe
        asked = [it.metric] if self.models.judge else [self.judge.name] if self.judge else []
        prices = {name: price.model_dump() for name, price in self.prices.items()}
        return digest([it.source, list(it.examples), it.wrapper, it.models, prices, *asked])

    @cached_property
    def judge(self) -> ModelOrder | None:
        """The model that the metric asks: the built-in judge's, or one that a function names itself."""
        own = own_model(self.metric.pieces)
        return ModelOrder(name=own) if own else self.models.judge

    @property
    def definition(self) -> Definition:
        return self.target.definition

    @property
    def practice(self) -> bool:
        return all(is_practice(it) for it in self.models.all)


def ingredients(
    target: Target, settings: Settings, request: RunRequest, dspy: str, function: Finding
) -> Ingredients | Refused:
    """What a run of this target would be made of.

    `dspy` is the version the interpreter has, `function` the source of what `pkg.mod:name` names in the workspace.
    """
    if target.examples is None or not target.examples.examples:
        return Refused("examples", no_examples(target))
    if target.metric is None:
        return Refused("metric", no_metric(target))
    models = usable_models(target, settings, request)
    if isinstance(models, Refused):
        return models
    split = split_of(target, settings)
    parts = parts_of(target.examples, split)
    try:
        choice = choice_of(target, settings, request, parts)
    except (UnknownOptimizer, WrongParameter) as error:
        return Refused("used", str(error))
    # The held-out part is the same whichever of the others is the larger.
    parts = parts_of(target.examples, split, choice.optimizer.favours)
    if request.verb is Verb.OPTIMIZE:
        problem = choice.optimizer.problem(
            choice.optimizer.parameters.model_validate(choice.parameters),
            shape_of_run(target, choice, parts, models.task.name),
        )
        if problem:
            return Refused("examples", problem)
    seed = settings.seed if request.seed is None else request.seed
    code = code_of(choice, function)
    recipe = recipe_of(target, target.metric, models, choice, split, seed, dspy, code)
    if request.verb is Verb.EVALUATE:
        recipe = evaluation_of(recipe, request.sample)
        parts = parts if request.sample is None else sampled(parts, request.sample)
    return Ingredients(
        target,
        target.metric,
        models,
        choice,
        parts,
        recipe,
        caps_of(settings, request),
        request.threads or (1 if request.sample else settings.threads),
        price_orders(settings),
        code,
    )


def usable_models(target: Target, settings: Settings, request: RunRequest) -> Models | Refused:
    """The models of a run, none of them with a key among its parameters."""
    models = models_of(target, settings, request)
    if models is None:
        return Refused(
            "missing",
            'No model is set. Put model = "openai/gpt-4o-mini" into [tool.dspy-lens], '
            'or try model = "offline", the practice model.',
        )
    if any(tuple(secrets_in(it["parameters"])) for it in models.parts().values()):
        return Refused("key", SECRET_GIVEN)
    return models


def default_ingredients(target: Target, settings: Settings, function: Finding) -> Ingredients | Refused:
    """What a target's run is made of when nobody says otherwise; DSPy's version is left open."""
    return ingredients(target, settings, RunRequest(target=target.name), "", function)


def evaluation_of(recipe: Recipe, sample: int | None = None) -> Recipe:
    """The recipe of looking only: no optimizer takes part. A dry run looks at a few examples."""
    parameters = {} if sample is None else {"examples": sample}
    return Recipe.from_parts({**recipe.parts(), "optimizer": EVALUATE, "parameters": parameters, "code": {}})


def sampled(parts: Parts, most: int) -> Parts:
    """A few examples, none of them a held-out one."""
    return Parts((*parts.train, *parts.validation)[:most], (), ())


def shape_of_run(target: Target, choice: Choice, parts: Parts, model: str) -> Shape:
    """What call arithmetic needs to know of this target and its examples."""
    train, validation = len(parts.train), len(parts.validation)
    if not choice.optimizer.wants_validation:
        train, validation = train + validation, 0
    return Shape(
        train,
        validation,
        predictor_count(target),
        calls_per_run(target),
        model=model,
        metric=target.metric.name if target.metric else "",
        unlabelled=unlabelled(target),
        alike=wrapper_of(target) == "Predict",
    )


def unlabelled(target: Target) -> int | None:
    """How many predictors of a program have no output that the examples label; None where it is no program."""
    if target.definition.kind is not Kind.PROGRAM or not target.examples:
        return None
    labels = {name for it in target.examples.examples[:1] for name in it.labels}
    return sum(not labels & {it.name for it in one.outputs} for one in target.definition.predictors)


def predictor_count(target: Target) -> int:
    if target.definition.kind is Kind.PROGRAM:
        return max(1, len(target.definition.predictors))
    return 2 if wrapper_calls(target).high > 1 else 1


def calls_per_run(target: Target) -> Figure:
    """LM calls of one run of the program, as far as the source tells."""
    if target.definition.kind is Kind.PROGRAM:
        total = Figure.exactly(0)
        for predictor in target.definition.predictors:
            total = total + factory_calls(predictor.factory)
        return total if target.definition.predictors else Figure.exactly(1)
    return wrapper_calls(target)


def wrapper_calls(target: Target) -> Figure:
    return factory_calls(wrapper_of(target))


LOOPS = {
    "ReAct": Figure(2, 4, 21),
    "CodeAct": Figure(2, 3, 6),
    "RLM": Figure(2, 10, 71),
    "ProgramOfThought": Figure(2, 2, 6),
}
"""Predictors that call the model more than once a run; the ends are DSPy's own defaults."""


def factory_calls(factory: str) -> Figure:
    return LOOPS.get(factory, Figure.exactly(1))


def estimate_of(
    it: Ingredients, verb: Verb, prices: Prices | None, cached: float, past: Experience
) -> Estimate:
    """The estimate; without prices it has calls only."""
    shape = shape_of_run(it.target, it.choice, it.parts, it.models.task.name)
    calls = seen_calls(shape.calls_per_run, past.per_run)
    shape = replace(shape, success=past.success, measured=past.measured, calls_per_run=calls)
    parameters = it.choice.optimizer.parameters.model_validate(it.choice.parameters)
    found = estimate(
        target=it.target.name,
        key=it.key,
        optimizer=it.choice.optimizer,
        parameters=parameters,
        verb=verb,
        shape=shape,
        held_out=len(it.parts.test),
        seed=it.recipe.seed,
        model=it.models.task.name,
        prompt_model=(it.models.prompt or it.models.task).name,
        prices=prices,
        cached=cached,
        threads=it.threads,
        judge_calls=judge_calls(it.metric, past),
        latency=past.latency,
        correction=past.correction,
        uncached=it.models.uncached,
    )
    # What the practice model costs is known without rendering anything.
    return replace(found, dollars=ZERO) if it.practice and found.dollars is None else found


def seen_calls(told: Figure, seen: float | None) -> Figure:
    """Calls of one run of the program: what the source tells, or what a dry run saw where that says otherwise.

    Three examples do not tell how far a loop may go.
    """
    if seen is None or told == Figure.exactly(seen):
        return told
    return Figure(FEWER * seen, seen, max(MORE * seen, told.high if told.low < told.high else 0.0))


def judge_calls(metric: Metric, past: Experience) -> Range:
    """Calls of a model that the metric makes for one answer: its text tells, else what earlier runs saw."""
    if not metric.pieces:
        return Range.exactly(len(judged(metric.name)))
    found = model_calls(metric.pieces)
    return found if found.high else past.judge
