"""What source declares: signatures and programs, each with the place it stands at."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How a target is written."""

    CLASS = "class"
    STRING = "string"
    PROGRAM = "program"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file: lines count from 1 and are inclusive, columns count code points from 0.

    `path` is relative to the root, with `/`; `cell` is None in plain files, else the index of the
    notebook cell from 0, and lines count inside the cell.
    """

    path: str
    line: int
    end_line: int
    column: int = 0
    end_column: int = 0
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the user should know about a place: one sentence on what is wrong and one thing to do."""

    span: Span
    code: str
    message: str
    severity: Severity = Severity.WARNING


@dataclass(frozen=True, slots=True)
class Field:
    """One input or output: its type as written (spaces normalized, `str` when there is none).

    `desc` is what DSPy would have (`${name}` by default), None where only running could tell.
    """

    name: str
    type: str = "str"
    desc: str | None = None
    span: Span | None = field(default=None, compare=False)
    required: bool = True


@dataclass(frozen=True, slots=True)
class Predictor:
    """A predictor inside a program: `name` as DSPy's named_predictors gives it (`generate`, `steps.answer`)."""

    name: str
    factory: str  # the class that makes it: Predict, ChainOfThought, ReAct, …
    inputs: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    instructions: str | None = None
    signature: str | None = None  # the target name of the signature behind it, when it is one of ours


@dataclass(frozen=True, slots=True)
class JoinComment:
    """`# dspy-lens: examples=… metric=… map=column:field,…` above a definition."""

    span: Span
    examples: str | None = None
    metric: str | None = None
    map: tuple[tuple[str, str], ...] = ()  # (field, column)
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Exact source text that a target leans on: itself, its bases, its types, its signatures."""

    path: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A signature or program as the source declares it; the thing a lens stands on.

    `name` is `module:Qualname`. A program's inputs are the parameters of `forward` and its outputs are
    empty. `instructions` is what DSPy would have, None where only running could tell. `pieces` holds
    the exact text of the definition and of everything in the workspace that it leans on.
    """

    name: str
    kind: Kind
    span: Span
    inputs: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    instructions: str | None = None
    docstring: Span | None = None  # where the instructions stand in the source, when they do
    predictors: tuple[Predictor, ...] = ()
    wrapper: str | None = None  # the one predictor class that wraps a bare signature in the user's code
    literal: str | None = None  # the signature string of a string signature
    comment: JoinComment | None = None
    pieces: tuple[Piece, ...] = ()

    @property
    def module(self) -> str:
        return self.name.partition(":")[0]

    @property
    def qualname(self) -> str:
        return self.name.partition(":")[2]

    @property
    def noun(self) -> str:
        """The word users read: "signature" or "program"."""
        return "program" if self.kind is Kind.PROGRAM else "signature"
