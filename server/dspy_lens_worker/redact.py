"""Keeps keys out of everything that a run writes."""

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS?)$", re.IGNORECASE)
# What providers echo, also in part: "Incorrect API key provided: sk-proj-ab…".
KEY_SHAPE = re.compile(r"\b(?:sk|pk|gsk|xai|hf)[-_][A-Za-z0-9*_\-]{6,}|\bAIza[A-Za-z0-9_\-]{20,}")
SHORTEST = 6
MARK = "[key]"


class Redactor:
    """Replaces known secrets, and whatever has the shape of a provider's key, in texts."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._secrets: set[str] = set()
        self.learn(value for name, value in environment.items() if SECRET_NAME.search(name))

    def learn(self, secrets: Iterable[object]) -> None:
        """Remembers values that must never be shown; short ones are words, not keys."""
        for value in secrets:
            if isinstance(value, str) and len(value) >= SHORTEST and value.lower() not in ("unused", "none"):
                self._secrets.update({value, json.dumps(value)[1:-1]})

    def text(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MARK)
        return KEY_SHAPE.sub(MARK, text)

    def value(self, value: Any) -> Any:
        """The same JSON value without secrets in its texts."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {key: self.value(it) for key, it in value.items()}
            case list() | tuple():
                return [self.value(it) for it in value]
            case _:
                return value


class RedactedStream:
    """A text stream that passes everything on without keys."""

    def __init__(self, stream: TextIO, redactor: Redactor) -> None:
        self._stream = stream
        self._redactor = redactor

    def write(self, text: str) -> int:
        self._stream.write(self._redactor.text(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def guard_output(redactor: Redactor) -> None:
    """From here on nothing printed or logged shows a key."""
    sys.stdout = RedactedStream(sys.stdout, redactor)
    sys.stderr = RedactedStream(sys.stderr, redactor)


def process_redactor() -> Redactor:
    return Redactor(os.environ)
