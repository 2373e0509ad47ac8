"""Optimizers by name, their parameters from text, and which one fits."""

import difflib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from dspy_lens_worker.optimizers.base import Optimizer, Parameters
from dspy_lens_worker.optimizers.better_together import BetterTogether
from dspy_lens_worker.optimizers.bootstrap import Bootstrap
from dspy_lens_worker.optimizers.bootstrap_optuna import BootstrapOptuna
from dspy_lens_worker.optimizers.bootstrap_rs import BootstrapRS
from dspy_lens_worker.optimizers.copro import COPRO
from dspy_lens_worker.optimizers.ensemble import Ensemble
from dspy_lens_worker.optimizers.finetune import Finetune
from dspy_lens_worker.optimizers.gepa import GEPA
from dspy_lens_worker.optimizers.infer_rules import InferRules
from dspy_lens_worker.optimizers.knn import KNN
from dspy_lens_worker.optimizers.labeled import Labeled
from dspy_lens_worker.optimizers.miprov2 import MIPROv2
from dspy_lens_worker.optimizers.sequence import Sequence, sequence_of
from dspy_lens_worker.optimizers.simba import SIMBA

_ALL: tuple[Optimizer, ...] = (
    Labeled(),
    Bootstrap(),
    BootstrapRS(),
    BootstrapOptuna(),
    MIPROv2(),
    COPRO(),
    GEPA(),
    SIMBA(),
    InferRules(),
    KNN(),
    Ensemble(),
    Finetune(),
    BetterTogether(),
)

_LATER = {
    "avataroptimizer": "it does not work in DSPy 3.4. Use gepa.",
}


class UnknownOptimizer(LookupError):
    """No optimizer has this name; the message names the nearest ones."""


class WrongParameter(ValueError):
    """A parameter the optimizer does not have, or a value it does not take; the message says what it does."""


def all_optimizers() -> tuple[Optimizer, ...]:
    return _ALL


def find(name: str) -> Optimizer:
    """The optimizer of this name: ours, DSPy's class name or an old one, in any case.

    Names with commas between them are optimizers that run one after the other.
    """
    names = [it.strip() for it in name.split(",")]
    return _find(name) if len(names) == 1 else _sequence(tuple(_find(it).name for it in names))


@lru_cache(maxsize=256)
def _sequence(names: tuple[str, ...]) -> Optimizer:
    return sequence_of([_find(it) for it in names])


def _find(name: str) -> Optimizer:
    names = {alias.lower(): it for it in _ALL for alias in (it.name, *it.aliases)}
    key = name.strip().removeprefix("dspy.").lower()
    if key in names:
        return names[key]
    if key in _LATER:
        raise UnknownOptimizer(f"{name.strip()} is not supported yet: {_LATER[key]}")
    near = difflib.get_close_matches(key, names, n=3, cutoff=0.5)
    offered = list(dict.fromkeys(names[it].name for it in near)) or ["auto", *(it.name for it in _ALL)]
    raise UnknownOptimizer(f"There is no optimizer called {name!r}. Use {_listed(offered)}.")


def choose(n_labelled_usable: int) -> tuple[str, dict[str, Any]]:
    """What `auto` takes for so many labelled examples that an optimizer may use, with its parameters."""
    if n_labelled_usable < 3:
        return "miprov2", {"auto": "light", "max_bootstrapped_demos": 0, "max_labeled_demos": 0}
    if n_labelled_usable < 20:
        return "bootstrap", {}
    if n_labelled_usable < 300:
        return "bootstrap_rs", {}
    return "miprov2", {"auto": "light"}


def parse_parameters(optimizer: Optimizer, given: Mapping[str, Any]) -> Parameters:
    """The optimizer's parameters from values or their text (`4`, `true`, `none`, `[0, 1]`)."""
    if isinstance(optimizer, Sequence):
        return _of_each(optimizer, given)
    fields = optimizer.parameters.model_fields
    given = _tables(fields, given)
    for name in given:
        if name not in fields:
            raise WrongParameter(_unknown(optimizer, name))
    try:
        return optimizer.parameters(**{name: _value(optimizer, name, it) for name, it in given.items()})
    except ValidationError as error:
        raise WrongParameter(f"{optimizer.name}: {error.errors()[0]['msg']}.") from error


def _tables(fields: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`table.key=value` put into the parameter `table`, where there is one."""
    found = {
        name: it for name, it in given.items() if name.partition(".")[0] not in fields or "." not in name
    }
    for name, value in given.items():
        table, dot, key = name.partition(".")
        if dot and table in fields:
            held = next((it for it in _readings(found.get(table, {})) if isinstance(it, Mapping)), {})
            found[table] = {**held, key: value}
    return found


def _of_each(sequence: Sequence, given: Mapping[str, Any]) -> Parameters:
    """Parameters of a sequence: under a part's name, as `part.name`, or by name for all parts that have it."""
    each: dict[str, dict[str, Any]] = {key: {} for key in sequence.parts}
    for name, value in given.items():
        part, dot, rest = name.partition(".")
        table = next((it for it in _readings(value) if isinstance(it, Mapping)), None)
        holders = [it for it in each if name in sequence.parts[it].parameters.model_fields]
        if dot and part in each:
            each[part][rest] = value
        elif name in each and table is not None:
            each[name].update(table)
        elif holders:
            for it in holders:
                each[it].setdefault(name, value)
        else:
            raise WrongParameter(f"None of {sequence.name} has a parameter {name!r}. {_example(sequence)}")
    return sequence.parameters(**{it: parse_parameters(sequence.parts[it], each[it]) for it in each})


def _example(sequence: Sequence) -> str:
    part, it = next(iter(sequence.parts.items()))
    return f"Use a name such as {part}.{next(iter(it.parameters.model_fields))}."


def _value(optimizer: Optimizer, name: str, value: Any) -> Any:
    field = optimizer.parameters.model_fields[name]
    annotated: Any = Annotated[field.annotation, field]
    kind: TypeAdapter[Any] = TypeAdapter(annotated)
    reason = ""
    for candidate in _readings(value):
        try:
            return kind.validate_python(candidate)
        except ValidationError as error:
            reason = reason or error.errors()[0]["msg"]
    reason = reason[:1].lower() + reason[1:]
    raise WrongParameter(f"{name}={value} does not suit {optimizer.name}: {reason}. {field.description}")


def _readings(value: Any) -> list[Any]:
    """What a text may stand for, the likeliest first."""
    if not isinstance(value, str):
        return [value]
    text = value.strip()
    if text.lower() in ("none", "null"):
        return [None, value]
    try:
        return [value, json.loads(text)]
    except ValueError:
        return [value]


def _unknown(optimizer: Optimizer, name: str) -> str:
    fields = list(optimizer.parameters.model_fields)
    near = difflib.get_close_matches(name, fields, n=3, cutoff=0.5) or fields
    return f"{optimizer.name} has no parameter {name!r}. Use {_listed(near)}."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
