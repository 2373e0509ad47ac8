"""Everything a run works with, once it is loaded and before anything is spent."""

import importlib.util
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dspy_lens_worker import embeddings
from dspy_lens_worker.cache import EndpointCache, install
from dspy_lens_worker.events import Writer
from dspy_lens_worker.exported.running import SETTINGS
from dspy_lens_worker.failure import Failed
from dspy_lens_worker.guard import Guard
from dspy_lens_worker.health import Health
from dspy_lens_worker.hooks import Hooks
from dspy_lens_worker.judging import Judge
from dspy_lens_worker.load import (
    Parts,
    add_roots,
    check_files,
    find_attribute,
    import_user_module,
    read_examples,
)
from dspy_lens_worker.messages import ORDER, PROGRAM, Order
from dspy_lens_worker.metrics import Metric, find_metric
from dspy_lens_worker.models import Models, check_prices, make_models
from dspy_lens_worker.optimizers import (
    CallPlan,
    Optimizer,
    Parameters,
    Shape,
    UnknownOptimizer,
    WrongParameter,
    find,
    parse_parameters,
)
from dspy_lens_worker.optimizers.finetune_local import local_problem
from dspy_lens_worker.prices import Prices, said_prices
from dspy_lens_worker.redact import Redactor
from dspy_lens_worker.report import Report
from dspy_lens_worker.student import build_student
from dspy_lens_worker.watch import Watch, where_main_is


@dataclass(frozen=True, slots=True)
class Tools:
    """What a run has before it loads anything of the user's."""

    order: Order
    folder: Path
    writer: Writer
    guard: Guard
    report: Report
    watch: Watch
    redactor: Redactor

    @property
    def roots(self) -> list[str]:
        return [self.order.root, *self.order.target.import_roots]


@dataclass(frozen=True, slots=True)
class Session:
    """What the order names, as DSPy objects."""

    models: Models
    student: Any
    metric: Metric
    parts: Parts
    prices: Prices
    health: Health


@dataclass(frozen=True, slots=True)
class Choice:
    """The optimizer with its parameters, and what it is given."""

    optimizer: Optimizer
    parameters: Parameters
    plan: CallPlan
    code: dict[str, Any]
    members: dict[str, dict[str, Any]]
    shape: Shape

    def hopeless(self, scores: Sequence[float | None], taught: bool) -> str | None:
        """Why optimizing would come to nothing, now that the program as it is has these scores.

        `taught`: another model answers for it, of which nothing is known.
        """
        known = [it for it in scores if it is not None]
        if taught or not known:
            return None
        solved = sum(it > 0 for it in known) / len(known)
        shape = replace(self.shape, success=sum(known) / len(known), measured=len(known), solved=solved)
        return self.optimizer.problem(self.parameters, shape)


def open_session(tools: Tools) -> Session:
    """Loads what the order names behind the guard; fails at the stage where something is wrong."""
    order, cache = tools.order, EndpointCache(tools.order.cache_dir)
    prices = Prices(said_prices(order.prices))
    health = Health(tools.guard, order.threads)
    hooks = Hooks(
        tools.guard,
        tools.report.ledger,
        health,
        cache,
        tools.redactor,
        prices,
    )
    hooks.install()
    embeddings.install(hooks)
    install(cache)
    check_files(order)
    add_roots(order.target.import_roots)
    models = make_models(order)
    judge = Judge(models.judge or models.task, order.target.instructions or "")
    with tools.watch.limit(order.caps.load_seconds, lambda: too_slow(tools)):
        student = build_student(order)
        metric = find_metric(order.metric, tools.roots, tools.guard, judge)
    parts = read_examples(tools.folder)
    if parts.n == 0:
        raise Failed("examples", "There are no examples. Add some.")
    warning = check_prices(models, order.caps, prices)
    if warning:
        tools.writer.log(warning, "warning")
    # Once more, since user code may have configured its own.
    install(cache)
    return Session(models, student, metric, parts, prices, health)


def too_slow(tools: Tools) -> None:
    """Ends a run whose user code does not come back from being imported."""
    line = where_main_is(tools.roots)
    seconds = f"{tools.order.caps.load_seconds:g} seconds"
    reason = f"{line}: " if line else ""
    tools.report.finish(
        "failed",
        f'{reason}Importing took more than {seconds}. Put what is slow under `if __name__ == "__main__":`.',
        "load",
    )


def choose(tools: Tools, session: Session) -> Choice:
    """The order's optimizer, known to fit and to find what it needs; fails before anything is spent."""
    order = tools.order
    try:
        optimizer = find(order.optimizer)
        parameters = parse_parameters(optimizer, order.parameters)
    except (UnknownOptimizer, WrongParameter) as error:
        raise Failed("optimizer", str(error)) from error
    missing = [it for it in (*optimizer.needs, *parameters.needs()) if importlib.util.find_spec(it) is None]
    if missing:
        raise Failed(
            "optimizer",
            f"{optimizer.name} needs {' and '.join(missing)}. Install it where the run's Python is: "
            f"{sys.executable}.",
        )
    shape = Shape(
        train=len(session.parts.train),
        validation=len(session.parts.validation),
        predictors=max(1, len(session.student.named_predictors())),
        model=order.model.name,
        metric=order.metric,
    )
    problem = optimizer.problem(parameters, shape)
    problem = problem or own_model_problem(optimizer.name, session)
    problem = problem or training_problem(parameters, tools, session)
    if problem:
        raise Failed("optimizer", problem)
    return Choice(
        optimizer,
        parameters,
        optimizer.calls(parameters, shape, order.seed),
        {it: named(it, tools.roots) for it in parameters.code()},
        {it: saved(it, tools) for it in parameters.members()},
        shape,
    )


def own_model_problem(optimizer: str, session: Session) -> str | None:
    """Where DSPy does not do with a program's own models, and cannot be mended from here."""
    names = optimizer.split(",")
    if "simba" in names and len({id(it.lm) for it in session.student.predictors()}) > 1:
        return "SIMBA needs one model for all steps. Choose another optimizer, or set one model."
    own = [name for name, it in session.student.named_predictors() if it.lm is not None]
    if "knn" in names and own:
        return f"KNNFewShot forgets the model that {own[0]} names for itself. Use bootstrap_rs instead."
    return None


def training_problem(parameters: Parameters, tools: Tools, session: Session) -> str | None:
    """Why a model cannot be trained, or why no cap could hold while it is."""
    caps, lm = tools.order.caps, session.models.task
    dollars_only = caps.micros is not None and caps.calls is None and caps.tokens is None
    for it in parameters.trainings():
        given = it.model_dump()
        if given["provider"] == "local":
            if dollars_only:
                return "A cap in dollars cannot hold for a model that is trained here. Use --cap-calls."
            if problem := local_problem(lm, bool((given["train_kwargs"] or {}).get("use_peft"))):
                return problem
            continue
        own = [predictor.lm for predictor in session.student.predictors() if predictor.lm is not None]
        if wrong := [it for it in own if not it.provider.finetunable]:
            return (
                f"The program's own model {wrong[0].model} cannot be trained. Leave it out, or name another."
            )
        if dollars_only and given["training_price"] is None:
            return (
                f"The price of training {lm.model} is unknown, so a cap in dollars cannot hold. "
                "Set training_price, in dollars for a million tokens, or use --cap-calls."
            )
        after = lm.copy(model=f"openai/ft:{lm.model.removeprefix('openai/')}")
        if dollars_only and session.prices.price(after) is None:
            return (
                f"What {lm.model} costs once it is trained is unknown, so a cap in dollars cannot hold. "
                "Name a dated model such as openai/gpt-4o-mini-2024-07-18, or use --cap-calls."
            )
    return None


def named(name: str, roots: Sequence[str]) -> Any:
    """What `pkg.mod:function` names of the user's code."""
    module, _, attribute = name.partition(":")
    found = find_attribute(import_user_module(module, roots, "optimizer"), attribute)
    if not callable(found):
        raise Failed("optimizer", f"There is no function {attribute} in {module}. Name one that exists.")
    return found


def saved(run: str, tools: Tools) -> dict[str, Any]:
    """The state of the program that an earlier run of the same target left; its id may be shortened."""
    folders = [it for it in tools.folder.parent.iterdir() if it.name.startswith(run) or it.name.endswith(run)]
    if len(folders) != 1:
        many = "could be several" if folders else "is not there"
        raise Failed("optimizer", f"The run {run} {many}. `dspy-lens runs` lists what there is.")
    try:
        state: dict[str, Any] = json.loads((folders[0] / PROGRAM).read_bytes())
        other = Order.model_validate_json((folders[0] / ORDER).read_bytes())
    except (OSError, ValueError) as error:
        raise Failed("optimizer", f"The run {run} left no program. Name another one.") from error
    if (other.target.name, other.target.wrapper) != (tools.order.target.name, tools.order.target.wrapper):
        raise Failed("optimizer", f"The run {run} is one of {other.target.name}. Name runs of this target.")
    if SETTINGS in state.get("metadata", {}).get("dspy_lens", {}):
        raise Failed("optimizer", f"The program of run {run} cannot be a member. Name another one.")
    return {name: it for name, it in state.items() if name != "metadata"}
