"""What runs gave, and what a prompt looks like: answers with the data, and a page for windows."""

import asyncio
from dataclasses import asdict

from dspy_lens.lsp.asking import named_run, named_target
from dspy_lens.lsp.commands.running import Argument
from dspy_lens.lsp.compared import comparison
from dspy_lens.lsp.pages import open_page
from dspy_lens.lsp.protocol import COMPARED, remarks_json, run_document
from dspy_lens.lsp.reports import prompt_page, report
from dspy_lens.lsp.session import Session
from dspy_lens.pages.advice import advice
from dspy_lens.pages.cautions import cautions
from dspy_lens.pages.comparison import compare as side_by_side
from dspy_lens.pages.record import Record, record_of
from dspy_lens.values.definition import Definition
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Run

MOST_COMPARED = 12  # runs that a chart still shows apart


async def show(session: Session, argument: Argument) -> Argument | Refused:
    """The run with its trials, held-out answers and program."""
    run = await named_run(session, argument)
    if isinstance(run, Refused):
        return run
    record = await record_of(session.workspace, run)
    document = await asyncio.to_thread(document_from, record)
    await open_page(session, f"{run.id}.md", lambda: report(run, document, record.estimate))
    return document


async def compare(session: Session, argument: Argument) -> Argument | Refused:
    """Runs of one target on their common held-out examples, with the parts of their recipes that differ."""
    runs = await runs_to_compare(session, argument)
    if isinstance(runs, Refused):
        return runs
    records = [await record_of(session.workspace, it) for it in runs]
    found = await asyncio.to_thread(side_by_side, records)
    if session.shows_comparisons:
        session.notify(COMPARED, {"runs": [it.id for it in runs]})
    else:
        await open_page(session, "compare.md", lambda: comparison(runs, found))
    return {
        "runs": [await asyncio.to_thread(document_from, it) for it in records],
        "differ": differing(runs),
        "comparison": asdict(found),
    }


async def preview(session: Session, argument: Argument) -> Argument | Refused:
    """The messages that a model would get for the first example, as DSPy renders them."""
    name = await named_target(session, argument.get("target"), "Whose prompt?")
    if isinstance(name, Refused):
        return name
    messages = await session.workspace.preview(name)
    if isinstance(messages, Refused):
        return messages
    await open_page(session, "prompt.md", lambda: prompt_page(name, messages))
    return {"target": name, "messages": list(messages)}


async def document_of(session: Session, run: Run) -> Argument:
    return await asyncio.to_thread(document_from, await record_of(session.workspace, run))


def document_from(it: Record) -> Argument:
    document = run_document(it.run, it.events, it.held_out, it.program, it.before, it.estimate)
    return {**document, **remarks_json(cautions(it), advice(it))}


async def runs_to_compare(session: Session, argument: Argument) -> tuple[Run, ...] | Refused:
    """The runs that are named, else the results of the target that is named, else of the newest one."""
    named = argument.get("runs") or []
    if not named:
        return await results_of(session, argument)
    found = [await named_run(session, {"run": str(it)}) for it in named]
    if refused := next((it for it in found if isinstance(it, Refused)), None):
        return refused
    runs = tuple(it for it in found if isinstance(it, Run))
    if len(runs) < 2:
        return Refused("missing", "Comparing takes two runs or more. Name another one.")
    if len({it.target for it in runs}) > 1:
        return Refused(
            "used", "Runs of different targets answer different questions. Name runs of one target."
        )
    return runs


async def results_of(session: Session, argument: Argument) -> tuple[Run, ...] | Refused:
    """The newest result of each recipe of a target that was scored as its newest one was, the oldest first."""
    target = argument.get("target")
    if isinstance(target, str) and target:
        found = (await session.snapshot()).find(target)
        target = found.name if isinstance(found, Definition) else target
    every = await session.workspace.runs(target if isinstance(target, str) else None)
    runs = [it for it in every if it.state.has_result and it.outcome and it.target == every[0].target]
    newest = next(iter(runs), None)
    alike = {it.key: it for it in reversed(runs) if newest and scored_alike(it, newest)}
    if len(alike) < 2:
        return Refused(
            "missing",
            "There are no two results of one target to compare yet. Run it again first, another way.",
        )
    return tuple(sorted(alike.values(), key=lambda it: it.created))[-MOST_COMPARED:]


def scored_alike(one: Run, other: Run) -> bool:
    """Whether two runs were scored by the same metric on the same examples."""
    a, b = one.recipe, other.recipe
    return (a.metric, a.metric_source, sorted(a.examples), a.split) == (
        b.metric,
        b.metric_source,
        sorted(b.examples),
        b.split,
    )


def differing(runs: tuple[Run, ...]) -> list[str]:
    """The parts of the recipe that are not the same in all runs."""
    parts = [it.recipe.parts() for it in runs]
    return [name for name in parts[0] if any(it[name] != parts[0][name] for it in parts)]
