"""JSON Lines: a record a line."""

import json
from typing import Any

from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.plain import DEEPEST, DOUBTFUL, Plain


def read_lines(text: str, found: Found) -> None:
    """Each line is a record; a broken one is a problem at its line, and the others stay."""
    parsed = Parser(text)
    # Not splitlines: JSON strings may hold U+2028, which ends no line here.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            value = parsed(line)
        except ValueError as error:
            found.broken(number, broken(error))
        else:
            found.record(number, value)


class Parser:
    """Parses JSON texts of one file. NaN and the infinities, which JSON does not know, are read as null."""

    def __init__(self, text: str) -> None:
        self._decoder = json.JSONDecoder(parse_constant=lambda _: None)
        self._plain = Plain() if DOUBTFUL.search(text) else None

    def __call__(self, text: str) -> Any:
        value, end = self.at(text, len(text) - len(text.lstrip()))
        if text[end:].strip():
            raise json.JSONDecodeError("Extra data", text, end)
        return value

    def at(self, text: str, start: int) -> tuple[Any, int]:
        """The value that starts here, and where it ends; ValueError where none can be read."""
        try:
            value, end = self._decoder.raw_decode(text, start)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if self._plain:
            value = self._plain(value)
        if text.count("[", start, end) + text.count("{", start, end) > DEEPEST:
            _checked(value)
        return value, end


def broken(error: ValueError) -> str:
    """What is wrong with a record, as a sentence, and what to do."""
    if isinstance(error, json.JSONDecodeError):
        where = f" (column {error.colno})" if error.lineno == 1 else ""
        return f"This record is not JSON: {error.msg.lower()}{where}. Mend it; the other records are used."
    if "limit" in str(error):
        return "This record holds a number of more than 4,300 digits. Write it as text."
    return f"This record can not be used: {error}. Mend it; the other records are used."


def _checked(value: Any) -> None:
    """Raises where a value is nested so deeply that others could not read it."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise ValueError("it is nested too deeply")
        level = [
            inner
            for it in level
            if isinstance(it, dict | list)
            for inner in (it.values() if isinstance(it, dict) else it)
            if isinstance(inner, dict | list)
        ]
