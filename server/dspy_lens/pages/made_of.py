"""What a run was made of: all that decides its result. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dspy_lens.pages.record import Record
from dspy_lens.pages.texts import as_text, moment
from dspy_lens.runs.stale import SHAPE
from dspy_lens.values.money import shown
from dspy_lens.values.run import Caps

DIGEST = 12  # characters of a digest that tell two apart


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    lines: list[str]


def facts(record: Record) -> list[Fact]:
    return [Fact(name, lines) for name, lines in rows(record) if lines]


def rows(record: Record) -> Iterator[tuple[str, list[str]]]:
    run, recipe, started = record.run, record.run.recipe, record.started
    yield "target", [recipe.target]
    yield "source", [f"{name}  {text[:DIGEST]}" for name, text in recipe.source.items() if name != SHAPE]
    yield "wrapped by", [recipe.wrapper]
    yield "examples", [dealt(record)]
    yield "metric", [recipe.metric]
    yield "optimizer", [recipe.optimizer]
    yield "code", [f"{name}  {text[:DIGEST]}" for name, text in recipe.code.items()]
    yield "parameters", settings(recipe.parameters)
    for role, model in recipe.models.items():
        yield f"{role} model", model_lines(model)
    yield "split", settings(recipe.split)
    yield "seed", [str(recipe.seed)]
    yield "DSPy", [it for it in (recipe.dspy,) if it]
    yield "Python", [it for it in (started.python if started else "",) if it]
    yield "caps", caps(run.caps)
    yield "run", [run.id]
    yield "key", [run.key]
    yield "asked for", [it for it in (moment(run.created),) if it]
    yield "finished", [it for it in (moment(run.finished),) if it]


def dealt(record: Record) -> str:
    total, loaded = f"{len(record.run.recipe.examples):,}", record.loaded
    if loaded is None:
        return total
    return f"{total}: {loaded.train:,} to learn from, {loaded.validation:,} to choose by, {loaded.test:,} held out"


def settings(found: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {as_text(it)}" for name, it in found.items() if it is not None]


def model_lines(model: object) -> list[str]:
    if not isinstance(model, Mapping):
        return [str(model)]
    base = [f"at {model['api_base']}"] if model.get("api_base") else []
    return [str(model.get("name")), *base, *settings(model.get("parameters") or {})]


def caps(it: Caps) -> list[str]:
    named = (("calls", it.calls), ("tokens", it.tokens), ("minutes", it.minutes))
    dollars = [shown(it.dollars)] if it.dollars is not None else []
    return [*dollars, *(f"{amount:,g} {name}" for name, amount in named if amount is not None)]
