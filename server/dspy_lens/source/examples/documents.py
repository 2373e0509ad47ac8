"""JSON: an array of records, or an object that holds one, or one for each split; record by record."""

import json
import re
from typing import Any

from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.lines import Parser, broken, read_lines
from dspy_lens.values.definition import Severity

SPLITS = frozenset(
    {"train", "training", "trainset", "dev", "devset", "val", "valid", "validation", "valset", "eval"}
    | {"test", "testset", "testing", "evaluation"}
)
PREDICTOR = re.compile(r'"signature"\s*:\s*\{')
SPACE = re.compile(r"[ \t\r\n]*")


def read_json(text: str, found: Found) -> None:
    """Finds the records of a JSON file; the part of a broken file that can be read is."""
    scanner = _Scanner(text, found)
    start = scanner.space(0)
    if text.startswith("[", start) and "{" not in text and not text.startswith("]", scanner.space(start + 1)):
        message = "This list holds no objects. Write [{…}, …], with a key for each field."
        found.problem(1, "examples/no-records", message, Severity.ERROR)
    elif text.startswith("[", start):
        scanner.array(start)
    elif text.startswith("{", start):
        _read_object(scanner, text, start, found)
    elif start < len(text):
        found.problem(1, "examples/no-records", "This file holds no list of objects. Write [{…}, …].")


def _read_object(scanner: "_Scanner", text: str, start: int, found: Found) -> None:
    """An object with lists of records under its keys. Several objects in a row are JSON Lines."""
    lists, end, error = scanner.members(start)
    if error is None and text.startswith("{", scanner.space(end)):
        return read_lines(text, found)
    if "demos" in lists and PREDICTOR.search(text):
        message = "This is a program that DSPy saved, and its demos are no examples. Name another file."
        found.problem(1, "examples/no-records", message, Severity.ERROR)
        return None
    chosen = _chosen(lists)
    for at in chosen:
        scanner.array(at)
    if error is not None and not chosen:
        found.broken(scanner.line(error[0]), broken(error[1]))
    elif not chosen and len(lists) > 1:
        names = ", ".join(f"`{it}`" for it in lists)
        found.problem(
            1,
            "examples/no-records",
            f"Several lists could be the examples: {names}. Keep one.",
            Severity.ERROR,
        )
    elif not chosen:
        message = 'This object holds no list of objects. Write [{…}, …], or {"examples": [{…}, …]}.'
        found.problem(1, "examples/no-records", message, Severity.ERROR)
    return None


def _chosen(lists: dict[str, int]) -> list[int]:
    """The one list of records, or one for each split."""
    if len(lists) == 1 or (lists and all(it.lower() in SPLITS for it in lists)):
        return list(lists.values())
    return []


class _Scanner:
    """Walks over one JSON text value by value, so that each record's line is known."""

    def __init__(self, text: str, found: Found) -> None:
        self.text, self.found = text, found
        self._parse = Parser(text)
        self._at, self._line = 0, 1

    def space(self, at: int) -> int:
        match = SPACE.match(self.text, at)
        return match.end() if match else at

    def line(self, at: int) -> int:
        """The line of a place; places are asked for mostly in order."""
        if at < self._at:
            self._at, self._line = 0, 1
        self._line += self.text.count("\n", self._at, at)
        self._at = at
        return self._line

    def array(self, start: int) -> int:
        """Reads the records of an array. After a broken one it goes on where a line opens the next."""
        at = self.space(start + 1)
        margin: str | None = None
        while not self.text.startswith("]", at):
            if at >= len(self.text):
                self._ended(at)
                return at
            if margin is None:
                margin = self._margin(at)
            try:
                value, end = self._record(at)
            except ValueError as error:
                self.found.broken(self.line(at), broken(error))
                resumed = self._resumed(at, margin)
                if resumed is None:
                    return len(self.text)
                at = resumed
                continue
            self.found.record(self.line(at), value)
            at = self.space(end)
            at = self.space(at + 1) if self.text.startswith(",", at) else at
        return at + 1

    def members(self, start: int) -> tuple[dict[str, int], int, tuple[int, ValueError] | None]:
        """Where an object's lists of objects start, by key; where it ends; and where it breaks, if so."""
        lists: dict[str, int] = {}
        at = self.space(start + 1)
        while not self.text.startswith("}", at):
            try:
                key, end = self._parse.at(self.text, at)
                end = self.space(end)
                if not isinstance(key, str) or not self.text.startswith(":", end):
                    raise json.JSONDecodeError("Expecting ':' delimiter", self.text, end)
                at = self.space(end + 1)
                if self.text.startswith("[", at) and self.text.startswith("{", self.space(at + 1)):
                    lists[key] = at
                _, end = self._parse.at(self.text, at)
            except ValueError as error:
                return lists, at, (at, error)
            at = self.space(end)
            at = self.space(at + 1) if self.text.startswith(",", at) else at
        return lists, at + 1, None

    def _record(self, at: int) -> tuple[Any, int]:
        value, end = self._parse.at(self.text, at)
        after = self.space(end)
        if after < len(self.text) and self.text[after] not in ",]":
            raise json.JSONDecodeError("Expecting ',' delimiter", self.text, after)
        return value, end

    def _margin(self, at: int) -> str | None:
        """What stands before the first record on its line, when that is only space."""
        before = self.text[self.text.rfind("\n", 0, at) + 1 : at]
        return before if not before.strip() else None

    def _resumed(self, at: int, margin: str | None) -> int | None:
        """Where the next record opens at the same margin; None where records do not start lines."""
        if margin is None:
            return None
        found = self.text.find(f"\n{margin}{{", at)
        return None if found < 0 else found + 1 + len(margin)

    def _ended(self, at: int) -> None:
        self.found.problem(
            self.line(at), "examples/broken-row", "The list of records does not end. Add the closing bracket."
        )
