"""What belongs to a definition: its predictors, examples, metric, calls, saved programs and settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dspy_lens.source.python import PYTHON, Project
from dspy_lens.source.python.occurrences import Occurrences
from dspy_lens.source.python.records import FileRead
from dspy_lens.values.definition import Span
from dspy_lens.values.target import Target
from dspy_lens.workspace.snapshot import Snapshot

SETTINGS = ("dspy-lens.toml", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Related:
    """A place that belongs to a definition."""

    role: str  # definition | comment | predictor | examples | metric | compile | Evaluate | save | load | program | settings
    span: Span


def related(snapshot: Snapshot, target: Target, looked: Occurrences) -> tuple[Related, ...]:
    """Every place that belongs to a target, its declaration first. Blocks while it reads."""
    definition, project = target.definition, snapshot.project
    found = [Related("definition", definition.span)]
    found += [Related("predictor", it.span) for it in looked.made if it.name == target.name]
    found += [Related("examples", it) for it in example_places(target, project)]
    found += [Related("metric", it) for it in metric_places(target, project)]
    if definition.comment is not None:
        found.append(Related("comment", definition.comment.span))
    for link in project.links_about(target.name):
        found.append(Related(link.verb, link.span))
        if link.file is not None and (file := next(existing(snapshot, link.file), None)):
            found.append(Related("program", Span(file, 1, 1)))
    found += [Related("settings", span) for name, span in snapshot.settings_targets if name == target.name]
    return tuple(dict.fromkeys(found))


def example_places(target: Target, project: Project) -> Iterator[Span]:
    """The first line of each file, or each literal."""
    for path in target.examples.files if target.examples else ():
        if not path.endswith(PYTHON):
            yield Span(path, 1, 1)
            continue
        names = {it.name for it in target.definition.inputs}
        for it in project.example_literals(path):
            if names & it.values.keys():
                yield it.span


def metric_places(target: Target, project: Project) -> Iterator[Span]:
    if target.metric and target.metric.pieces and (found := declared(project, target.metric.name)):
        yield found


def declared(project: Project, name: str) -> Span | None:
    """The line that declares what a dotted name names; None where that is not in the source."""
    found = project.found(name)
    return None if found is None else project.placed(Span(found.where.path, found.line, found.line))


def existing(snapshot: Snapshot, file: FileRead) -> Iterator[str]:
    """Where a file that code names is, of the places where it may be."""
    return (it for it in file.places if (snapshot.root / it).is_file())


def target_named_in(line: str, column: int) -> str | None:
    """The target that a line of a settings file names at a place: `[target."app:QA"]`."""
    for it in re.finditer(r"[\"']([^\"']+:[^\"']+)[\"']", line):
        if it.start() <= column <= it.end():
            return it[1]
    return None
