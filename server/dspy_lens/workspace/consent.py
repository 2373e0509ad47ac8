"""What the user has said yes to for good: trust in a root, the Python that runs its code, the endpoints it names."""

from collections.abc import Callable
from pathlib import Path

from dspy_lens.runs.interpreter import Interpreter, NoInterpreter
from dspy_lens.store.store import Store
from dspy_lens.values.request import Question, Refused
from dspy_lens.workspace.interpreters import Interpreters

UNTRUSTED = Refused("untrusted", "This workspace is not trusted. Trust it before anything runs in it.")


class Consent:
    """Of one root, as the store remembers it. `look` is called when another Python may run its code from now on."""

    def __init__(self, store: Store, interpreters: Interpreters, look: Callable[[], None]) -> None:
        self.trusted = False
        self._store = store
        self._interpreters = interpreters
        self._look = look

    async def recall(self) -> None:
        """Remembers what was said before, as the store has it."""
        self.trusted = await self._store.trusted()
        if self.trusted:
            self._look()

    async def trust(self) -> None:
        """Remembers that the user trusts this root; from now on its code may run when asked to."""
        if not self.trusted:
            await self._store.set_trusted()
            self.trusted = True
            self._look()

    async def agree(self, question: Question) -> None:
        """Remembers a yes to what is asked once: trust, an interpreter, an endpoint."""
        match question.kind:
            case "trust":
                await self.trust()
            case "endpoint" | "interpreter":
                await self._store.confirm_endpoint(question.subject)
            case "spend" | "examples" | "budget":
                pass

    async def agree_to_measuring(self) -> None:
        """A yes to all that rendering prompts needs: trust, and an interpreter that the settings name."""
        await self.trust()
        if question := await self.interpreter_question():
            await self.agree(question)

    async def interpreter(self) -> Interpreter | NoInterpreter:
        """The Python that runs the user's code, as it is now."""
        return await self._interpreters.look()

    async def interpreter_question(self) -> Question | None:
        """What must be said yes to before the settings' interpreter is used; None when nothing must."""
        return await self._interpreters.question()

    def prefer_interpreter(self, path: str) -> None:
        """A window's choice of the Python that runs the user's code; it stands over the settings."""
        if path != self._interpreters.preferred:
            self._interpreters.preferred = path
            if self.trusted:
                self._look()


def trust_question(root: Path) -> Question:
    return Question(
        "trust",
        f"A run executes the code of {root.name} with its own Python. Do you trust this workspace?",
        "Trust and go on",
    )
