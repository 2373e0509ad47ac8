"""What is done with a result: applied as an edit that can be undone, or exported."""

from typing import Any

from lsprotocol import types

from dspy_lens.lsp.asking import DECLINED, named_run
from dspy_lens.lsp.commands.running import Argument
from dspy_lens.lsp.edits import can_apply, previewed_edit
from dspy_lens.lsp.session import Session
from dspy_lens.values.request import Refused

LABEL = "Apply optimized instructions"


async def apply(session: Session, argument: Argument) -> Argument | Refused:
    """Brings a run's instructions into the source; where demos carry the gain, exports and loads the program."""
    run = await named_run(session, argument, "Which run's result shall be applied?")
    if isinstance(run, Refused):
        return run
    texts = {it.path: it.text for it in session.documents}
    changes = await session.workspace.apply(run.id, await session.snapshot(), texts)
    if isinstance(changes, Refused):
        return changes
    if changes.edits:
        change = await previewed_edit(session, changes.edits, LABEL)
        applied = await edit(session, change, LABEL)
        if isinstance(applied, Refused):
            return applied
    written = await session.workspace.export(run.id, changes.export) if changes.export else None
    if isinstance(written, Refused):
        return written
    return {
        "run": run.id,
        "files": list(changes.edits),
        "written": written and str(written),
        "note": changes.note,
    }


async def edit(session: Session, change: types.WorkspaceEdit, label: str) -> bool | Refused:
    if not can_apply(session.capabilities):
        return Refused(
            "missing", "This editor takes no edits from a server. Use `dspy-lens apply` in a terminal."
        )
    params = types.ApplyWorkspaceEditParams(edit=change, label=label)
    answer: Any = await session.ask(types.WORKSPACE_APPLY_EDIT, params)
    if isinstance(answer, dict) and answer.get("applied"):
        return True
    reason = answer.get("failureReason") if isinstance(answer, dict) else None
    if reason in (None, "declined"):
        return DECLINED
    return Refused("declined", f"The editor did not take the edit: {reason}. Try again.")


async def export(session: Session, argument: Argument) -> Argument | Refused:
    """Writes the optimized program, with its provenance, where plain `program.load(path)` reads it."""
    run = await named_run(session, argument, "Which run's program shall be exported?")
    if isinstance(run, Refused):
        return run
    to = argument.get("to")
    written = await session.workspace.export(run.id, str(to) if to else None)
    if isinstance(written, Refused):
        return written
    if not session.tells_refusals:
        session.say(f"Wrote {written}.")
    return {"run": run.id, "path": str(written)}
