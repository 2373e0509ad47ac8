"""What words of comments, settings and strings stand for: example files, saved programs, metric functions."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import PurePosixPath

from dspy_lens.source.python import PYTHON, Project
from dspy_lens.values.definition import Span
from dspy_lens.values.target import Target
from dspy_lens.workspace.relations import declared, existing
from dspy_lens.workspace.snapshot import Snapshot

COMMENT = re.compile(r"#\s*dspy-lens:")
WORD = re.compile(r"[^\s=,\"']+")  # of a comment: between keys, commas and quotes
STRING = re.compile(r"\"([^\"]+)\"|'([^']+)'")


def pointed_at(
    snapshot: Snapshot, targets: Sequence[Target], path: str, line: str, column: int
) -> Span | None:
    """The file or function that is named at a place of a line; None where it names none for certain.

    In Python code, only files that hold the examples of a target or that a program is saved to or loaded from.
    """
    comment = COMMENT.search(line)
    if path.endswith(PYTHON) and (comment is None or column < comment.start()):
        known = {*example_files(targets), *saved_files(snapshot, targets)}
        return next((Span(it, 1, 1) for it in _places(_string(line, column), path) if it in known), None)
    word = _string(line, column) or (_comment_word(line, column) if comment else "")
    function = function_named(snapshot.project, word)
    files = (it for it in _places(word, path) if (snapshot.root / it).is_file())
    return function or next((Span(it, 1, 1) for it in files), None)


def may_point(path: str, line: str, column: int) -> bool:
    """Whether a place of a line may name a file or function at all: in Python code, only strings and our comments do."""
    return not path.endswith(PYTHON) or COMMENT.search(line) is not None or bool(_string(line, column))


def function_named(project: Project, name: str) -> Span | None:
    """Where `pkg.mod:function` is declared."""
    return declared(project, name) if ":" in name else None


def example_files(targets: Sequence[Target]) -> Iterator[str]:
    return chain.from_iterable(it.examples.files for it in targets if it.examples)


def saved_files(snapshot: Snapshot, targets: Sequence[Target]) -> Iterator[str]:
    """The files that programs are saved to and loaded from, as far as they are there."""
    for target in targets:
        for link in snapshot.project.links_about(target.name):
            if link.file is not None:
                yield from existing(snapshot, link.file)


def uses_of_metric(snapshot: Snapshot, targets: Sequence[Target], path: str, line: int) -> tuple[Span, ...]:
    """The function that is declared on a line of the flat text, and all that takes it as a metric; else nothing."""
    judged = [it for it in targets if it.metric and it.metric.pieces and it.metric.pieces[0].path == path]
    found: list[Span] = []
    for target in judged:
        declared = snapshot.project.found(target.metric.name) if target.metric else None
        if declared is not None and (declared.where.path, declared.line) == (path, line):
            found += [snapshot.project.placed(Span(path, line, line)), *_metric_names(snapshot, target)]
    return tuple(dict.fromkeys(found))


def _metric_names(snapshot: Snapshot, target: Target) -> Iterator[Span]:
    """Where a target's metric is named: comment, settings, calls; then the target itself."""
    definition, name = target.definition, target.metric.name if target.metric else ""
    if definition.comment is not None and definition.comment.metric == name:
        yield definition.comment.span
    said = snapshot.setting_place(definition, "metric")
    if said is not None and target.metric is not None and target.metric.rule == "settings":
        yield said
    yield from (it.span for it in snapshot.project.links_about(target.name) if it.metric == name)
    yield definition.span


def _string(line: str, column: int) -> str:
    found = (it for it in STRING.finditer(line) if it.start() <= column <= it.end())
    return next((it[1] or it[2] for it in found), "")


def _comment_word(line: str, column: int) -> str:
    return next((it[0] for it in WORD.finditer(line) if it.start() <= column <= it.end()), "")


def _places(name: str, path: str) -> tuple[str, ...]:
    """Where a file that is named so may lie: beside the one that names it, else from the root."""
    if not name or name.startswith("/") or ".." in name.split("/") or "\0" in name:
        return ()
    beside = (PurePosixPath(path).parent / name).as_posix()
    return tuple(dict.fromkeys((beside, PurePosixPath(name).as_posix())))
