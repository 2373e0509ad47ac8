"""The commands of CONTRACT: each takes one object, answers at once, and works with none by asking."""

import importlib
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pydantic import ValidationError
from pygls.exceptions import JsonRpcInvalidParams

from dspy_lens.values.request import Refused

if TYPE_CHECKING:
    from dspy_lens.lsp.session import Session

# Command -> module and function; loaded on first use, so that a daemon starts quickly.
COMMANDS = {
    "dspyLens.optimize": "running.optimize",
    "dspyLens.optimizeWith": "running.optimize_with",
    "dspyLens.evaluate": "running.evaluate",
    "dspyLens.dryRun": "running.dry_run",
    "dspyLens.rerun": "again.rerun",
    "dspyLens.rerunStale": "again.rerun_stale",
    "dspyLens.cancel": "again.cancel",
    "dspyLens.show": "looking.show",
    "dspyLens.compare": "looking.compare",
    "dspyLens.compareWith": "comparing.compare_with",
    "dspyLens.preview": "looking.preview",
    "dspyLens.apply": "changing.apply",
    "dspyLens.export": "changing.export",
    "dspyLens.createExamples": "creating.create_examples",
    "dspyLens.importExamples": "importing.import_examples",
    "dspyLens.chooseExamples": "choosing.choose_examples",
    "dspyLens.createMetric": "creating.create_metric",
    "dspyLens.openExamples": "creating.open_examples",
    "dspyLens.getExamples": "getting.get_examples",
    "dspyLens.spend": "keeping.spend",
    "dspyLens.clear": "keeping.clear",
    "dspyLens.doctor": "keeping.doctor",
    "dspyLens.install": "keeping.install",
    "dspyLens.trust": "keeping.trust",
}


async def run_command(session: "Session", name: str, argument: Any) -> Any:
    """What a command answers. A refusal is told to users whose client would not show it."""
    if name not in COMMANDS:
        raise JsonRpcInvalidParams(f"There is no command {name}.")
    if argument is not None and not isinstance(argument, dict):
        raise JsonRpcInvalidParams(f"{name} takes one object.")
    module, function = COMMANDS[name].split(".")
    act = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    try:
        answer = await act(session, argument or {})
    except ValidationError as error:
        answer = Refused("used", wrong_argument(error))
    if isinstance(answer, Refused):
        return told(session, answer)
    return answer


def told(session: "Session", refused: Refused) -> dict[str, Any]:
    from dspy_lens.lsp.protocol import refusal

    if not session.tells_refusals and refused.reason != "declined":
        session.say(refused.message, types.MessageType.Warning)
    return refusal(refused)


def wrong_argument(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(it) for it in first["loc"])
    return f"{where} cannot be used: {first['msg'].lower()}. Correct it and try again."
