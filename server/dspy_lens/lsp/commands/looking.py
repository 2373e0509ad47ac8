"""What runs gave, and what a prompt looks like: answers with the data, and a page for windows."""

from dspy_lens.lsp.asking import named_run, named_target
from dspy_lens.lsp.commands.running import Argument
from dspy_lens.lsp.pages import open_page
from dspy_lens.lsp.protocol import remarks_json, run_document
from dspy_lens.lsp.reports import comparison, prompt_page, report
from dspy_lens.lsp.session import Session
from dspy_lens.pages.advice import advice
from dspy_lens.pages.cautions import cautions
from dspy_lens.pages.record import Record, record_of
from dspy_lens.values.request import Refused
from dspy_lens.values.run import Run


async def show(session: Session, argument: Argument) -> Argument | Refused:
    """The run with its trials, held-out answers and program."""
    run = await named_run(session, argument)
    if isinstance(run, Refused):
        return run
    record = await record_of(session.workspace, run)
    document = document_from(record)
    await open_page(session, f"{run.id}.md", lambda: report(run, document, record.estimate))
    return document


async def compare(session: Session, argument: Argument) -> Argument | Refused:
    """Runs side by side, with the parts of their recipes that differ."""
    runs = await runs_to_compare(session, argument)
    if isinstance(runs, Refused):
        return runs
    await open_page(session, "compare.md", lambda: comparison(runs))
    return {"runs": [await document_of(session, it) for it in runs], "differ": differing(runs)}


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
    return document_from(await record_of(session.workspace, run))


def document_from(it: Record) -> Argument:
    document = run_document(it.run, it.events, it.held_out, it.program, it.before, it.estimate)
    return {**document, **remarks_json(cautions(it), advice(it))}


async def runs_to_compare(session: Session, argument: Argument) -> tuple[Run, ...] | Refused:
    named = argument.get("runs") or []
    if not named:
        return await newest_two(session, argument)
    found = [await named_run(session, {"run": str(it)}) for it in named]
    if refused := next((it for it in found if isinstance(it, Refused)), None):
        return refused
    if len(found) < 2:
        return Refused("missing", "Comparing takes two runs or more. Name another one.")
    return tuple(it for it in found if isinstance(it, Run))


async def newest_two(session: Session, argument: Argument) -> tuple[Run, ...] | Refused:
    target = argument.get("target")
    runs = [
        it for it in await session.workspace.runs(target if isinstance(target, str) else None) if it.outcome
    ]
    same = [it for it in runs if it.target == runs[0].target]
    if len(same) < 2:
        return Refused("missing", "There are no two runs of one target to compare yet. Run it again first.")
    return (same[1], same[0])


def differing(runs: tuple[Run, ...]) -> list[str]:
    """The parts of the recipe that are not the same in all runs."""
    parts = [it.recipe.parts() for it in runs]
    return [name for name in parts[0] if any(it[name] != parts[0][name] for it in parts)]
