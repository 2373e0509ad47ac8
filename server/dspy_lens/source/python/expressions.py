"""Expressions boiled down to what can be known about them without running anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a block: lines count from 1 in the block, columns are code points."""

    line: int
    end_line: int
    column: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Const:
    value: str | bytes | int | float | complex | bool | None
    place: Place


@dataclass(frozen=True, slots=True)
class Ref:
    """A name with its attributes: `QA`, `dspy.Predict`, `self.answer`."""

    dotted: str
    place: Place


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute of something that is no plain name: `dspy.Example(…).with_inputs`."""

    value: "Expr"
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    func: "Expr"
    args: tuple["Expr", ...]
    keywords: tuple[tuple[str | None, "Expr"], ...]
    place: Place

    def argument(self, index: int, name: str) -> "Expr | None":
        """An argument by position or keyword; None where it is not given or hidden behind a star."""
        if index < len(self.args) and not any(isinstance(it, Unknown) for it in self.args[:index]):
            return self.args[index]
        return next((value for key, value in self.keywords if key == name), None)


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set."""

    kind: str
    items: tuple["Expr", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Pairs:
    """A dict; the key of a `**spread` is None."""

    items: tuple[tuple["Expr | None", "Expr"], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Each:
    """`for names in over if tests`: what the variables of a comprehension hold, one after another."""

    names: tuple[str, ...]
    unpacked: bool  # `for a, b in …`
    over: "Expr"
    tests: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A list comprehension: what it makes and how often, None where only running could tell."""

    item: "Expr"
    count: int | None
    place: Place
    each: Each | None = None  # of one loop over plain names


@dataclass(frozen=True, slots=True)
class Stream:
    """A generator expression, by the list that it would make."""

    made: Repeat
    place: Place


@dataclass(frozen=True, slots=True)
class Sum:
    """Texts one after another: `A + "b"`, `f"{A}b"`."""

    parts: tuple["Expr", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions with an operator between: `FOLDER / "file.json"`, `a or b`, `sys.version_info >= (3, 9)`.

    `format` is that of a hole: `{value:.2f}`, `{value!r}`.
    """

    op: str
    left: "Expr"
    right: "Expr"
    place: Place


@dataclass(frozen=True, slots=True)
class Not:
    value: "Expr"
    place: Place


@dataclass(frozen=True, slots=True)
class Choice:
    """`body if test else other`."""

    test: "Expr"
    body: "Expr"
    other: "Expr"
    place: Place


@dataclass(frozen=True, slots=True)
class Item:
    """`TEXTS["long"]`."""

    value: "Expr"
    key: "Expr"
    place: Place


@dataclass(frozen=True, slots=True)
class Unknown:
    place: Place


Expr = (
    Const
    | Ref
    | Member
    | Call
    | Items
    | Pairs
    | Repeat
    | Stream
    | Sum
    | Binary
    | Not
    | Choice
    | Item
    | Unknown
)


def method_of(call: Call) -> tuple[Expr | None, str]:
    """What a method is called on, and its name; None for a plain call."""
    match call.func:
        case Member(value, name):
            return value, name
        case Ref(name, place) if "." in name:
            owner, _, method = name.rpartition(".")
            return Ref(owner, place), method
    return None, ""


def literal(expr: Expr) -> object:
    """The value of an expression made of literals alone; raises ValueError for any other."""
    match expr:
        case Const(value):
            return value
        case Items("list", items):
            return [literal(it) for it in items]
        case Items("tuple", items):
            return tuple(literal(it) for it in items)
        case Pairs(items):
            return {_key(key): literal(value) for key, value in items}
    raise ValueError("not a literal")


def _key(key: Expr | None) -> object:
    match key:
        case Const(value):
            return value
    raise ValueError("not a literal")
