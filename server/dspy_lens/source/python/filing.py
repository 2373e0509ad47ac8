"""What a whole file declares: its blocks' readings put together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from dspy_lens.source.python.comments import comment_above
from dspy_lens.source.python.literals import ExampleLiteral
from dspy_lens.source.python.modules import Modules
from dspy_lens.source.python.names import Names
from dspy_lens.source.python.read import FileFacts
from dspy_lens.source.python.reading import ANONYMOUS, BlockReading, Declared, read_block
from dspy_lens.source.python.relocate import still_holds
from dspy_lens.source.python.shape import Origin
from dspy_lens.values.definition import Problem


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file declares, and the files that this rests on."""

    declared: tuple[Declared, ...]
    wrapped: tuple[tuple[Origin, str | None], ...]
    problems: tuple[Problem, ...]
    examples: tuple[ExampleLiteral, ...]
    blocks: tuple[BlockReading, ...]
    rests_on: Mapping[str, FileFacts]

    def holds(self, files: Mapping[str, FileFacts]) -> bool:
        """Whether nothing that it rests on has changed."""
        return all(files.get(path) is facts for path, facts in self.rests_on.items())


def read_file(path: str, files: Mapping[str, FileFacts], modules: Modules, before: Reading | None) -> Reading:
    """What a file declares; blocks whose ground has not changed are taken over from `before`."""
    facts = files[path]
    known = dict(_numbered_blocks(before)) if before else {}
    blocks: list[BlockReading] = []
    counts: dict[int, int] = {}
    for offset, block in facts.blocks:
        number = counts[id(block)] = counts.get(id(block), 0) + 1
        old = known.get((id(block), number))
        kept = still_holds(old, path, offset, files) if old else None
        blocks.append(kept or read_block(path, offset, block, Names(files, modules)))
    declared = list(_numbered([it for block in blocks for it in block.declared]))
    commented = [_commented(it, facts) for it in declared]
    problems = [it for block in blocks for it in block.problems] + [it for _, its in commented for it in its]
    paths = {path, *(other for block in blocks for (other, _), _ in block.rests_on)}
    return Reading(
        tuple(it for it, _ in commented),
        tuple(it for block in blocks for it in block.wrapped),
        tuple(sorted(problems, key=lambda it: it.span)),
        tuple(it for block in blocks for it in block.examples),
        tuple(blocks),
        {it: files[it] for it in paths},
    )


def _numbered_blocks(reading: Reading) -> Iterator[tuple[tuple[int, int], BlockReading]]:
    """Blocks by identity; equal texts share one block, so they are counted."""
    counts: dict[int, int] = {}
    for it in reading.blocks:
        number = counts[id(it.block)] = counts.get(id(it.block), 0) + 1
        yield (id(it.block), number), it


def _commented(declared: Declared, facts: FileFacts) -> tuple[Declared, tuple[Problem, ...]]:
    comment, problems = comment_above(facts.lines, facts.path, declared.starts)
    if comment is None:
        return declared, problems
    return replace(declared, definition=replace(declared.definition, comment=comment)), problems


def _numbered(found: list[Declared]) -> Iterator[Declared]:
    """Names as users see them: a string that nothing holds by its line, the second of a name with `#2`."""
    taken: dict[str, int] = {}
    for it in found:
        name = it.definition.name
        if name.endswith(f":{ANONYMOUS}"):
            name = f"{name}{it.definition.span.line}"
        number = taken[name] = taken.get(name, 0) + 1
        name = name if number == 1 else f"{name}#{number}"
        yield it if name == it.definition.name else _renamed(it, name)


def _renamed(declared: Declared, name: str) -> Declared:
    own, *rest = declared.definition.pieces
    pieces = (replace(own, name=name.partition(":")[2]), *rest)
    return replace(declared, definition=replace(declared.definition, name=name, pieces=pieces))
