"""Examples: the rows of a target, and how they are dealt out."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dspy_lens.values.definition import Problem


def digest(value: object) -> str:
    """The sha256 of a JSON value in canonical form, in hexadecimal."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Row:
    """One record of an example file, as it stands there: `number` counts records from 0."""

    number: int
    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExampleFile:
    """What one example file holds; a broken record becomes a problem, the others stay."""

    path: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    digest: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """One example mapped onto a target's fields; `labels` holds only the outputs the record gives."""

    inputs: Mapping[str, Any]
    labels: Mapping[str, Any]
    row: int  # the record's number in its file

    @property
    def digest(self) -> str:
        return digest([dict(self.inputs), dict(self.labels)])

    @property
    def input_digest(self) -> str:
        return digest(dict(self.inputs))


@dataclass(frozen=True, eq=False)
class ExampleSet:
    """The examples of a target: where they come from, by which rule, and what they hold.

    Compared by identity, and its digests are worked out once: a set may be large and is asked for often.
    """

    source: str
    rule: str  # comment | settings | calls | examples | file
    examples: tuple[Example, ...]
    problems: tuple[Problem, ...] = ()
    files: tuple[
        str, ...
    ] = ()  # what was read for it, in order; a source that is no file stands as it is named

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """The digest of each example, in the order of the file."""
        return tuple(it.digest for it in self.examples)

    @cached_property
    def digest(self) -> str:
        return digest(self.digests)

    @cached_property
    def labelled(self) -> int:
        return sum(1 for it in self.examples if it.labels)


@dataclass(frozen=True, slots=True)
class Parts:
    """Examples dealt out; `test` is the held-out part that no optimizer ever sees."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
