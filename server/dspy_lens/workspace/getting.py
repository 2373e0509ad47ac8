"""Examples from elsewhere: what must be said yes to, and getting them then."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from dspy_lens.elsewhere.given import NotGiven, given
from dspy_lens.elsewhere.hub import Dataset, Downloaded, HubProblem, download
from dspy_lens.runs.interpreter import NoInterpreter
from dspy_lens.source.kept import Kept
from dspy_lens.values.elsewhere import Elsewhere
from dspy_lens.values.request import Question, Refused
from dspy_lens.workspace.interpreters import Interpreters
from dspy_lens_worker.messages import ExamplesOrder


def question_about(it: Elsewhere) -> Question | Refused:
    """What is asked before a source is got; a refusal where its name makes no sense."""
    if not it.on_the_hub:
        message = f"{it.source} of {it.path} gives the examples. Run it with this workspace's own Python?"
        return Question("examples", message, "Run it", it.source)
    try:
        asked = Dataset.parse(it.source)
    except HubProblem as problem:
        return Refused("examples", str(problem))
    message = f"Download up to {asked.rows:,} rows of {asked.name} from the Hugging Face Hub?"
    return Question("examples", message, "Download", it.source)


class Getting:
    """Gets examples after somebody said yes, and keeps them."""

    def __init__(self, root: Path, kept: Kept, interpreters: Interpreters) -> None:
        self._root = root
        self._kept = kept
        self._interpreters = interpreters

    async def get(self, it: Elsewhere, environment: Mapping[str, str]) -> str | Refused:
        """What was got, in a few words."""
        return await (self._from_hub(it, environment) if it.on_the_hub else self._from_code(it, environment))

    async def _from_hub(self, it: Elsewhere, environment: Mapping[str, str]) -> str | Refused:
        try:
            found = await asyncio.to_thread(download, it.source, environment)
        except HubProblem as problem:
            return Refused("examples", str(problem))
        await asyncio.to_thread(self._kept.keep, it, found.records)
        return taken(found)

    async def _from_code(self, it: Elsewhere, environment: Mapping[str, str]) -> str | Refused:
        interpreter = await self._interpreters.look()
        if isinstance(interpreter, NoInterpreter):
            return Refused("missing", interpreter.message)
        module, _, qualname = it.source.partition(":")
        order = ExamplesOrder(
            root=str(self._root),
            module=module,
            qualname=qualname,
            path=it.path,
            import_roots=[str(self._root), str(self._root / "src")],
        )
        try:
            records = await given(order, Path(interpreter.path), environment)
        except NotGiven as problem:
            return Refused("examples", str(problem))
        await asyncio.to_thread(self._kept.keep, it, records)
        return f"{len(records):,} records of {it.source}"


def taken(found: Downloaded) -> str:
    """`500 of 7,473 rows of main/train, 3 left out since they are too large`."""
    of = f" of {found.of:,}" if found.of is not None else ""
    out = f", {found.left_out:,} left out since they are too large" if found.left_out else ""
    return f"{len(found.records):,}{of} rows of {found.config}/{found.split}{out}"
