"""Values as JSON has them, so that they can be digested, stored and sent."""

import datetime
import math
import re
from typing import Any

DEEPEST = 100
LARGEST = 2_000_000  # values in one file: aliases can make a small file an immense one

DOUBTFUL = re.compile(r"\\u[dD][89a-fA-F]|\d[eE]\+?\d{3}")
"""What JSON may say and others can not hold: half a character, a number beyond every float."""


class Plain:
    """Turns parsed values into JSON values; ValueError where that cannot be."""

    def __init__(self) -> None:
        self._left = LARGEST

    def __call__(self, value: Any, depth: int = 0) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError("it holds more values than can be read")
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")
        match value:
            case None | bool() | int():
                return value
            case str():
                return whole(value)
            case float():
                return value if math.isfinite(value) else None
            case dict():
                return {whole(_key(key)): self(it, depth + 1) for key, it in value.items()}
            case list() | tuple() | set():
                return [self(it, depth + 1) for it in value]
            case datetime.date():
                return value.isoformat()
        raise ValueError(f"it holds a value of type {type(value).__name__}")


def whole(text: str) -> str:
    """The text with halves of characters joined or replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _key(key: object) -> str:
    return key if isinstance(key, str) else str(key)
