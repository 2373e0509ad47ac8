"""Fixes of settings files: the name that was meant, where the message has one near."""

import re
from collections.abc import Callable, Iterator, Mapping

from dspy_lens.source.fixes.fix import Fix, lines_of, within
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.values.definition import Problem


def near_key(problem: Problem, text: str) -> Iterator[Fix]:
    """A key by the one that is near."""
    said = re.search(r"`([^`]+)`[^`]*Did you mean `([^`]+)`\?", problem.message)
    if said:
        yield from _instead(problem, text, said[1].rpartition(".")[2], said[2])


def near_optimizer(problem: Problem, text: str) -> Iterator[Fix]:
    """An optimizer, or one of its parameters, by the one that is near, where the message names just one."""
    said = re.search(r"(?:called|has no parameter) '([^']+)'\. Use ([\w.]+)\.$", problem.message)
    if said:
        yield from _instead(problem, text, said[1], said[2])


def near_target(problem: Problem, text: str) -> Iterator[Fix]:
    """A target by the one that is near, where the message names just one."""
    said = re.search(r"no target (\S+)\. Did you mean (\S+)\?", problem.message)
    if said and " or " not in problem.message:
        yield from _instead(problem, text, said[1], said[2])


def _instead(problem: Problem, text: str, wrong: str, right: str) -> Iterator[Fix]:
    number, lines = problem.span.line, lines_of(text)
    if number > len(lines):
        return
    found = list(re.finditer(rf"(?<![\w:.-]){re.escape(wrong)}(?![\w:.-])", lines[number - 1]))
    if len(found) == 1:
        place = within(problem.span, number, found[0].start(), number, found[0].end())
        yield Fix(f"Write {right}", (TextEdit(place, right),))


SETTINGS: Mapping[str, Callable[[Problem, str], Iterator[Fix]]] = {
    "settings/unknown": near_key,
    "settings/optimizer": near_optimizer,
    "settings/unknown-problem": near_key,
    "settings/unknown-target": near_target,
}
