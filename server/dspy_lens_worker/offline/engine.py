"""The engines that DSPy calls: one request in, one response out, by way of DSPy's own cache and callbacks."""

import hashlib
import itertools
from typing import Any

from dspy_lens_worker.offline import rollouts
from dspy_lens_worker.offline.draws import Draws
from dspy_lens_worker.offline.prompts import Turn
from dspy_lens_worker.offline.replies import reply

CHARACTERS_A_TOKEN = 4


class PracticeEngine:
    """Answers requests from what stands in them alone."""

    supported_params = ("temperature",)

    def __init__(self) -> None:
        self._asked: dict[bytes, itertools.count[int]] = {}

    def complete(self, request: Any) -> Any:
        """The response to a `dspy.lm15.Request`."""
        from dspy.lm15 import Message, Response, Usage

        system, turns = read_request(request)
        text = reply(system, turns, self._draws(request.config.temperature or 0.0, system, turns))
        asked = tokens(system, *(turn.text for turn in turns))
        return Response(
            id=None,
            model=request.model,
            message=Message.assistant(text),
            finish_reason="stop",
            usage=Usage(input_tokens=asked, output_tokens=tokens(text)),
        )

    def dump_state(self) -> dict[str, Any]:
        """What a saved program needs to have this engine again: nothing."""
        return {}

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> "PracticeEngine":
        """An engine from its saved state."""
        return cls()

    def __deepcopy__(self, memo: dict[int, Any]) -> "PracticeEngine":
        # Copies of a program share one engine, as they would share one provider.
        return self

    def __reduce__(self) -> tuple[type["PracticeEngine"], tuple[()]]:
        return type(self), ()

    def _draws(self, temperature: float, system: str, turns: tuple[Turn, ...]) -> Draws:
        """The chances of this answer; requests for several answers look alike and are told apart here."""
        if temperature <= 0:
            return Draws(0.0)
        key = hashlib.blake2b(repr((system, turns)).encode(), digest_size=16).digest()
        which = rollouts.current() or ("asked", next(self._asked.setdefault(key, itertools.count())))
        return Draws(temperature, key.hex(), *which)


class AsyncPracticeEngine(PracticeEngine):
    """The same for `acall`."""

    async def complete(self, request: Any) -> Any:
        """The response to a `dspy.lm15.Request`."""
        return super().complete(request)


def read_request(request: Any) -> tuple[str, tuple[Turn, ...]]:
    """The system text and the other messages of a `dspy.lm15.Request`."""
    system = [_text(request.system)]
    turns = []
    for message in request.messages:
        if message.role == "developer":
            system.append(_text(message.parts))
        else:
            turns.append(Turn(message.role, _text(message.parts)))
    return "\n".join(filter(None, system)), tuple(turns)


def tokens(*texts: str) -> int:
    """About how many tokens texts have."""
    return sum(-(-len(text) // CHARACTERS_A_TOKEN) for text in texts)


def _text(content: Any) -> str:
    """The words of a message; pictures and sounds are not read."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.text for part in content if getattr(part, "type", "") == "text")
