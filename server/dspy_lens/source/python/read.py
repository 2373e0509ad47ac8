"""Reads one file of Python: never executes it, never raises."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

from dspy_lens.source.python.blocks import split
from dspy_lens.source.python.extract import extract
from dspy_lens.source.python.facts import CELL, Binding, Block, Function, Later, Placed, Scope
from dspy_lens.source.python.notebooks import SUFFIX, Cells, joined, python_cells
from dspy_lens.source.python.repair import repair
from dspy_lens.source.python.text import clean, parse
from dspy_lens_worker.messages import MODULE_MARK

ACTS = (".compile(", "Evaluate(", ".save(", ".load(", "dspy.load")


@dataclass(frozen=True, eq=False)
class FileFacts:
    """What one file says. Files that never name DSPy are only read when something leans on them."""

    path: str
    text: str
    quiet: bool  # whether DSPy is never named
    imports: frozenset[str] = field(default_factory=frozenset)  # of a quiet file: modules it seems to import
    cells: Cells | None = None  # of a notebook, whose text is that of its cells one after another

    @cached_property
    def blocks(self) -> tuple[tuple[int, Block], ...]:
        """The file's blocks, each with the number of lines before it."""
        return tuple(
            (before + line, made or _saved(part))
            for before, text in self._parts()
            for line, part, made in split(text, _read_or_none)
        )

    def _parts(self) -> Iterator[tuple[int, str]]:
        """The texts that are read by themselves: the cells of a notebook, so that none breaks another."""
        if self.cells is None:
            yield 0, self.text
            return
        for start, end in pairwise((*self.cells.starts, len(self.lines))):
            yield start, "\n".join(self.lines[start:end])

    @cached_property
    def names(self) -> dict[str, tuple[tuple[int, Binding], ...]]:
        """The module's own names: each with its bindings and the number of lines before their block."""
        names: dict[str, list[tuple[int, Binding]]] = {}
        for offset, block in self.blocks:
            for binding in block.scope.bindings:
                names.setdefault(binding.name, []).append((offset, binding))
        return {name: tuple(found) for name, found in names.items()}

    @cached_property
    def marimo(self) -> dict[str, Placed]:
        """The names that marimo's cells bind for each other: each with the cells that bind it."""
        names: dict[str, list[tuple[int, Binding]]] = {}
        for offset, block in self.blocks:
            for it in block.scope.bindings:
                if isinstance(it, Function) and it.scope.kind == CELL:
                    for name in {inner.name for inner in it.scope.bindings}:
                        names.setdefault(name, []).append((offset, it))
        return {name: tuple(found) for name, found in names.items()}

    @cached_property
    def acts(self) -> bool:
        """Whether it may compile, evaluate, save or load a program."""
        return any(word in self.text for word in ACTS)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def stars(self) -> Placed:
        """The star imports of the module."""
        return tuple((offset, star) for offset, block in self.blocks for star in block.scope.stars)

    @cached_property
    def docs(self) -> dict[str, Placed]:
        """What module-level statements put into the `__doc__` of classes: the last for each name."""
        return {
            name: ((offset, Later(value, line)),)
            for offset, block in self.blocks
            for name, value, line in block.scope.docs
        }

    @cached_property
    def grown(self) -> dict[str, Placed]:
        """The names whose lists and dicts the file changes after they are made, each with the blocks that do."""
        names: dict[str, list[tuple[int, str]]] = {}
        for offset, block in self.blocks:
            for name in block.scope.grown:
                names.setdefault(name, []).append((offset, name))
        return {name: tuple(found) for name, found in names.items()}

    @property
    def broken(self) -> bool:
        """Whether some of it does not parse at the moment."""
        return any(block.broken for _, block in self.blocks)


def read_python(path: str, text: str) -> FileFacts:
    """What one file says, an `.ipynb` file by its cells.

    A file that never names DSPy is looked at no further until something needs it.
    """
    if path.endswith(SUFFIX):
        return read_cells(path, python_cells(text))
    return _facts(path, clean(text), None)


def read_cells(path: str, cells: Sequence[str]) -> FileFacts:
    """What a notebook says: its cells as Python, those that hold none empty."""
    text, starts = joined([clean(it) for it in cells])
    return _facts(path, text, starts)


def _facts(path: str, text: str, cells: Cells | None) -> FileFacts:
    exported = MODULE_MARK in text.partition("\n")[0]  # what an export wrote is nothing to optimize
    if "dspy" not in text or exported:
        return FileFacts(path, text, True, frozenset(_imports(text)), cells)
    facts = FileFacts(path, text, False, cells=cells)
    _ = facts.names  # read now, so that it happens where reading was asked for
    return facts


class _Unreadable(Exception):
    """The text does not parse. Raised so that the cache keeps only what does."""


# A keystroke changes one block of a file; the others are found here again.
@lru_cache(maxsize=8192)
def _read(text: str) -> Block:
    tree = parse(text)
    if tree is None:
        raise _Unreadable
    try:
        return Block(text, extract(tree, text))
    except RecursionError:
        raise _Unreadable from None


def _read_or_none(text: str) -> Block | None:
    try:
        return _read(text)
    except _Unreadable:
        return None


@lru_cache(maxsize=256)
def _saved(text: str) -> Block:
    """What can be saved of a block that does not parse."""
    repaired = repair(text)
    tree = parse(repaired)
    try:
        scope = extract(tree, repaired) if tree else Scope("module", "")
    except RecursionError:
        return Block(text, Scope("module", ""), broken=True, too_deep=True)
    return Block(text, scope, broken=True)


def _imports(text: str) -> Iterator[str]:
    """Modules that a file seems to import, relative ones with their dots; a guess that costs next to nothing."""
    for part in ("\n" + text).split("\nfrom ")[1:]:
        yield part[:200].partition(" import")[0].strip()
    for part in ("\n" + text).split("\nimport ")[1:]:
        line = part.partition("\n")[0]
        yield from (it.split()[0] for it in line.split(",") if it.strip())
