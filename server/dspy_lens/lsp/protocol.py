"""What server and client say to each other beyond LSP; the shapes are on `docs/protocol.md`.

Requests, each with one object:
`dspyLens/targets` {path?} -> {root, targets}; `dspyLens/runs` {target?} -> {runs};
`dspyLens/run` {run} -> the run with its trials, held-out answers, program, estimate, and instructions `before`;
`dspyLens/page` {run} -> {run, html}, one self-contained page; {runs} or {target} -> {runs, html}, side by side;
`dspyLens/estimate` as the command optimize -> an estimate; `dspyLens/optimizers` {} -> {optimizers};
`dspyLens/matches` {target} -> {target, matches};
`dspyLens/follow` {run, after?} -> {run, state}, then `dspyLens/event` for each event until `finished`.
Where there is no answer they give {"refused": {"reason", "message"}}, as commands do.
Notifications: `dspyLens/changed` {targets, runs}; `dspyLens/compared` {runs}, to VS Code; `dspyLens/event`, an event as
CONTRACT words it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from dspy_lens.pages.advice import Advice
from dspy_lens.pages.cautions import Caution
from dspy_lens.values.definition import Field, Problem
from dspy_lens.values.estimate import Estimate, Range
from dspy_lens.values.money import dollars
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Run
from dspy_lens.values.standing import Failed, Never, Stale, Standing
from dspy_lens.values.target import Target
from dspy_lens_worker.messages import AnyEvent, Finished, HeldOut, Trial
from dspy_lens_worker.messages import Usage as UsageEvent
from dspy_lens_worker.optimizers.base import Optimizer

CHANGED = "dspyLens/changed"
COMPARED = "dspyLens/compared"
EVENT = "dspyLens/event"
TARGETS = "dspyLens/targets"
RUNS = "dspyLens/runs"
RUN = "dspyLens/run"
PAGE = "dspyLens/page"
ESTIMATE = "dspyLens/estimate"
CHOICES = "dspyLens/choices"
MATCHES = "dspyLens/matches"
OPTIMIZERS = "dspyLens/optimizers"
FOLLOW = "dspyLens/follow"

Json = dict[str, Any]


def refusal(refused: Refused) -> Json:
    fix = {"fix": refused.fix} if refused.fix else {}
    return {"refused": {"reason": refused.reason, "message": refused.message, **fix}}


def target_json(target: Target, problems: Iterable[Problem]) -> Json:
    """A target with those of its problems that are to be told."""
    definition, examples, metric = target.definition, target.examples, target.metric
    span = definition.span
    return {
        "name": definition.name,
        "kind": definition.kind.value,
        "path": span.path,
        "line": span.line,
        "end_line": span.end_line,
        "cell": span.cell,
        "inputs": [field_json(it) for it in definition.inputs],
        "outputs": [field_json(it) for it in definition.outputs],
        "instructions": definition.instructions,
        "predictors": [it.name for it in definition.predictors],
        "examples": examples
        and {"source": examples.source, "count": len(examples.examples), "rule": examples.rule},
        "metric": metric and {"name": metric.name, "rule": metric.rule},
        "wanted": [it.source for it in target.wanted],
        "offers": [{"source": it.path, "map": it.map, "lacking": list(it.lacking)} for it in target.offers],
        "missed": [{"what": it.what, "rule": it.rule, "why": it.why} for it in target.missed],
        "problems": [problem_json(it) for it in problems],
    }


def field_json(it: Field) -> Json:
    return {"name": it.name, "type": it.type, "desc": it.desc}


def problem_json(it: Problem) -> Json:
    return {
        "path": it.span.path,
        "line": it.span.line,
        "cell": it.span.cell,
        "code": it.code,
        "severity": it.severity.value,
        "message": it.message,
    }


def standing_json(standing: Standing) -> Json:
    """`{"standing": "stale", "run", "reasons"}`; a target that never ran has no run."""
    said: Json = {"standing": type(standing).__name__.lower()}
    if not isinstance(standing, Never):
        said["run"] = standing.run.id
    if isinstance(standing, Stale):
        said["reasons"] = list(standing.reasons)
    if isinstance(standing, Failed):
        said["reason"] = standing.run.outcome.get("reason")
    return said


def run_json(run: Run) -> Json:
    usage, caps = run.usage, run.caps
    return {
        "run": run.id,
        "target": run.target,
        "verb": run.verb.value,
        "state": run.state.value,
        "key": run.key,
        "optimizer": run.recipe.optimizer,
        "parameters": run.recipe.parameters,
        "models": run.recipe.models,
        "seed": run.recipe.seed,
        "examples": len(run.recipe.examples),
        "metric": run.recipe.metric,
        "created": run.created,
        "started": run.started,
        "finished": run.finished,
        "progress": asdict(run.progress),
        "calls": {"task": usage.task, "prompt": usage.prompt, "judge": usage.judge, "cached": usage.cached},
        "requests": usage.requests,
        "tokens": {"input": usage.input_tokens, "output": usage.output_tokens},
        "dollars": None if usage.dollars is None else dollars(usage.dollars),
        "caps": {**asdict(caps), "dollars": None if caps.dollars is None else dollars(caps.dollars)},
        "outcome": run.outcome or None,
    }


def run_document(
    run: Run,
    events: Iterable[AnyEvent],
    held_out: Iterable[HeldOut],
    program: Json | None,
    before: Mapping[str, str],
    estimate: Estimate | None,
) -> Json:
    """A run with everything that is known of it."""
    return {
        **run_json(run),
        "trials": [event_json(it) for it in events if isinstance(it, Trial)],
        "held_out": [it.model_dump(mode="json") for it in held_out],
        "program": program,
        "before": dict(before),
        "estimate": None if estimate is None else estimate_json(estimate),
    }


def remarks_json(cautions: Iterable[Caution], advice: Iterable[Advice]) -> Json:
    """What must be known before the figures are believed, and what to try next."""
    return {"cautions": [asdict(it) for it in cautions], "advice": [asdict(it) for it in advice]}


def event_json(event: AnyEvent) -> Json:
    """An event as CONTRACT words it: `dollars` rather than millionths, no single charges."""
    said = event.model_dump(mode="json")
    if isinstance(event, UsageEvent):
        micros = said.pop("micros")
        said.pop("charge")
        said["dollars"] = None if micros is None else micros / 1_000_000
    if isinstance(event, Finished):
        said["stored"] = event.stored
    return said


def estimate_json(it: Estimate) -> Json:
    return {
        "target": it.target,
        "key": it.key,
        "optimizer": it.optimizer,
        "parameters": it.parameters,
        "model": it.model,
        "prompt_model": it.prompt_model,
        "calls": {
            "task": range_json(it.calls.task),
            "prompt": range_json(it.calls.prompt),
            "judge": range_json(it.calls.judge),
        },
        "evaluation_calls": range_json(it.evaluation_calls),
        "cached_calls": range_json(it.cached_calls),
        "requests": range_json(it.requests),
        "tokens": it.tokens
        and {"input": range_json(it.tokens.input), "output": range_json(it.tokens.output)},
        "dollars": it.dollars and range_json(it.dollars),
        "seconds": it.seconds and range_json(it.seconds),
        "assumptions": list(it.assumptions),
    }


def range_json(it: Range) -> Json:
    return {"low": it.low, "expected": it.expected, "high": it.high}


def optimizer_json(it: Optimizer) -> Json:
    return {
        "name": it.name,
        "aliases": list(it.aliases),
        "summary": it.summary,
        "needs": list(it.needs),
        "parameters": it.parameters.model_json_schema(),
    }
