"""Which Python runs the user's code here, and whether the user has seen that it does."""

import asyncio
import os
from pathlib import Path

from dspy_lens.paths import Paths
from dspy_lens.runs.answers import Answers
from dspy_lens.runs.interpreter import Interpreter, NoInterpreter, find_interpreter
from dspy_lens.store.store import Store
from dspy_lens.values.request import Question
from dspy_lens.workspace.index import Index


class Interpreters:
    """The interpreter as last seen. One outside the root that the settings name is confirmed once first."""

    def __init__(self, paths: Paths, store: Store, index: Index) -> None:
        self._root = paths.root
        self._answers = Answers(paths.interpreter)
        self._store = store
        self._index = index
        self.preferred: str | None = None
        """What a window names: the user's own choice, so nobody need confirm it."""
        self.seen: Interpreter | NoInterpreter | None = None

    async def question(self) -> Question | None:
        """What must be said yes to before the settings' interpreter is started; None when nothing must."""
        path = self._foreign()
        if path is None or await self._store.endpoint_confirmed(subject(path)):
            return None
        message = f"The settings want {path} to run the code, which is outside this repository. Use it?"
        return Question("interpreter", message, "Use it", subject(path))

    async def look(self) -> Interpreter | NoInterpreter:
        """The interpreter as it is now; takes as long as a Python takes to start, the first time and when it has changed."""
        if (asked := await self.question()) is not None:
            return NoInterpreter(
                f"{asked.subject.partition(':')[2]} is not confirmed yet. Start a run to confirm it."
            )
        named = self.preferred or self._index.snapshot.settings.interpreter
        self.seen = await asyncio.to_thread(find_interpreter, self._root, named, os.environ, self._answers)
        return self.seen

    @property
    def usable(self) -> Interpreter | None:
        """The interpreter as last seen, when it will do."""
        return self.seen if isinstance(self.seen, Interpreter) else None

    def _foreign(self) -> str | None:
        """The settings' interpreter, where it lies outside the root and no window has named another."""
        named = self._index.snapshot.settings.interpreter
        if named is None or self.preferred:
            return None
        # Not resolved: the Python of a virtual environment is itself a link to somewhere else.
        path = Path(os.path.normpath(self._root / Path(named).expanduser()))
        return None if path.is_relative_to(self._root) else str(path)


def subject(path: str) -> str:
    return f"interpreter:{path}"
