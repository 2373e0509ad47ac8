"""Renames a field of a signature wherever that is certain: source, examples, metric, settings."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from keyword import iskeyword

from dspy_lens.source.examples.columns import TEXT, column_places
from dspy_lens.source.python import PYTHON, Project
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.source.python.fieldwords import example_words, metric_words
from dspy_lens.source.python.occurrences import Occurrences
from dspy_lens.values.definition import Definition, Kind, Span
from dspy_lens.values.elsewhere import is_elsewhere
from dspy_lens.values.target import Target

Read = Callable[[str], str | None]
"""The text of a file as a window has it, else as the disk has it."""

Edits = dict[str, list[TextEdit]]
RESERVED = frozenset({"instructions", "demos", "signature", "config", "lm", "model_config"})


class NotRenamed(Exception):
    """Why a field is not renamed: one sentence on what happened and one thing to do."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """The field that stands at a place, with every place that names it in Python."""

    definition: Definition
    name: str
    places: tuple[Span, ...]

    def at(self, line: int, column: int, path: str, cell: int | None) -> Span | None:
        """The place that a cursor stands in."""
        return next((it for it in self.places if holds(it, line, column, path, cell)), None)


def holds(span: Span, line: int, column: int, path: str, cell: int | None) -> bool:
    return (span.path, span.cell, span.line) == (path, cell, line) and (
        span.column <= column <= span.end_column
    )


def field_at(project: Project, path: str, cell: int | None, line: int, column: int) -> Renamed | None:
    """The field that is named at a place of a Python file; None where none is for certain."""
    words = word_at(project, path, cell, line, column)
    if words is None:
        return None
    looked = Occurrences(project)
    seen: set[Span | None] = set()
    having = [
        (it, declared)
        for it in project.all()
        if it.kind is not Kind.PROGRAM
        and (declared := next((one for one in fields(it) if one[0] == words), None)) is not None
    ]
    # Looking through all files for each field of this name takes long, so the one that is declared here comes first.
    having.sort(key=lambda it: it[1][1] is None or not holds(it[1][1], line, column, path, cell))
    for definition, declared in having:
        if declared[1] in seen:
            continue
        seen.add(declared[1] if definition.kind is Kind.CLASS else None)
        found = Renamed(definition, words, looked.of_field(definition, words))
        if found.at(line, column, path, cell) is not None:
            return found
    return None


def fields(definition: Definition) -> Iterator[tuple[str, Span | None]]:
    for it in (*definition.inputs, *definition.outputs):
        yield it.name, it.span


def word_at(project: Project, path: str, cell: int | None, line: int, column: int) -> str | None:
    """The identifier around a place."""
    facts = project.files.get(path)
    if facts is None:
        return None
    flat = project.flat(Span(path, line, line, column, column, cell))
    text = facts.lines[flat.line - 1] if flat.line <= len(facts.lines) else ""
    return next((it[0] for it in re.finditer(r"\w+", text) if it.start() <= column <= it.end()), None)


@dataclass
class _Renaming:
    project: Project
    targets: Sequence[Target]
    read: Read
    old: str
    new: str
    edits: Edits = field(default_factory=dict)

    def add(self, spans: Sequence[Span]) -> None:
        for it in spans:
            known = self.edits.setdefault(it.path, [])
            if all(it != edit.span for edit in known):
                known.append(TextEdit(it, self.new))


def rename(
    project: Project, targets: Sequence[Target], found: Renamed, new: str, read: Read, settings: Sequence[str]
) -> Edits:
    """The edits by file; raises NotRenamed where the result would not be what was before, under another name.

    `targets` are all of the root, `settings` the paths of its settings files.
    """
    looked = Occurrences(project)
    family = looked.family(found.definition, found.name)
    check_name(family, found.name, new)
    work = _Renaming(project, targets, read, found.name, new)
    work.add(found.places)
    names = {it.name for it in family} | {it.name for it in _programs(project, family)}
    own = [it for it in targets if it.name in names]
    for target in own:
        _refuse_shared(target, targets, names, found.name)
        _rename_examples(work, target)
        _rename_metric(work, target)
        _rename_comment(work, target)
    for path in settings:
        work.add(list(_in_settings(path, read(path) or "", names, found.name)))
    return work.edits


def check_name(family: Sequence[Definition], old: str, new: str) -> None:
    if not new.isidentifier() or iskeyword(new) or new.startswith("_") or new in RESERVED:
        raise NotRenamed(f"`{new}` can be no field's name. Choose another one.")
    for it in family:
        if new != old and new in {name for name, _ in fields(it)}:
            raise NotRenamed(f"{it.qualname} has a field `{new}` already. Choose another name.")


def _programs(project: Project, family: Sequence[Definition]) -> Iterator[Definition]:
    """The programs that hold one of these signatures and no other: their examples label its outputs."""
    for signature in family:
        for it in project.programs_of(signature.name):
            if len(it.predictors) == 1 and any(signature.outputs):
                yield it


def _refuse_shared(target: Target, targets: Sequence[Target], names: set[str], old: str) -> None:
    """Files and metrics that serve another signature with a field of this name stay as they are."""
    files = set(target.examples.files) if target.examples and old not in target.settings.map else set()
    pieces = {(it.path, it.name) for it in target.metric.pieces[:1]} if target.metric else set()
    for other in targets:
        if other.name in names or old not in {name for name, _ in _all_fields(other.definition)}:
            continue
        shared = files & set(other.examples.files if other.examples else ())
        if shared:
            raise NotRenamed(
                f"{min(shared)} also serves {other.name}, which has a field `{old}` of its own. "
                "Give each its own examples first."
            )
        if other.metric and pieces & {(it.path, it.name) for it in other.metric.pieces[:1]}:
            raise NotRenamed(
                f"{other.metric.name} also judges {other.name}, which has a field `{old}` of its own. "
                "Give each its own metric first."
            )


def _all_fields(definition: Definition) -> Iterator[tuple[str, Span | None]]:
    yield from fields(definition)
    for it in definition.predictors:
        yield from ((inner.name, inner.span) for inner in (*it.inputs, *it.outputs))


def _rename_examples(work: _Renaming, target: Target) -> None:
    """The columns of a target's files, or the keywords of its literals."""
    examples, mapped = target.examples, work.old in target.settings.map
    if examples is None or mapped or _is_parameter(target, work.old):
        return
    for path in examples.files:
        if path.endswith(PYTHON):
            work.add([work.project.placed(it) for it in example_words(work.project, path, work.old)])
            continue
        if is_elsewhere(path) or not path.lower().endswith(TEXT):
            raise NotRenamed(
                f"The columns of {path} cannot be renamed here. Map the field first: "
                f'map = {{ {work.old} = "{work.old}" }} in the settings.'
            )
        work.add(column_places(path, work.read(path) or "", work.old))


def _is_parameter(target: Target, name: str) -> bool:
    """Whether a program takes the column as a parameter of its own, which is not renamed with the field."""
    definition = target.definition
    return definition.kind is Kind.PROGRAM and name in {it.name for it in definition.inputs}


def _rename_metric(work: _Renaming, target: Target) -> None:
    if target.metric is not None and target.metric.pieces and not _is_parameter(target, work.old):
        work.add([work.project.placed(it) for it in metric_words(work.project, target.metric.name, work.old)])


def _rename_comment(work: _Renaming, target: Target) -> None:
    """`map=column:field` and `metric=exact:field` in the comment above a definition."""
    comment = target.definition.comment
    facts = work.project.files.get(target.definition.span.path)
    if comment is None or facts is None:
        return
    flat = work.project.flat(comment.span)
    line = facts.lines[flat.line - 1]
    work.add([work.project.placed(it) for it in _words(line, flat, work.old, IN_COMMENT)])


IN_COMMENT = (r"\bmap=\S*?[^\s,]+:({0})(?=[,\s'\"]|$)", r"[,=][^\s,:]+:({0})(?=[,\s'\"]|$)")
IN_SETTINGS = (r"[{{,]\s*({0})\s*=", r":({0})(?=[\"'\s+]|$)", r"^\s*inputs\s*=.*?[\"']({0})[\"']")


def _words(line: str, span: Span, old: str, patterns: Sequence[str]) -> Iterator[Span]:
    for pattern in patterns:
        for it in re.finditer(pattern.format(re.escape(old)), line):
            yield Span(span.path, span.line, span.line, it.start(1), it.end(1))


def _in_settings(path: str, text: str, names: set[str], old: str) -> Iterator[Span]:
    """What the tables of these targets say: keys of `map`, `metric = "exact:field"`, `inputs`."""
    inside, mapping = False, False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("["):
            inside = any(f'"{name}"' in line or f"'{name}'" in line for name in names)
            mapping = inside and line.split("#")[0].rstrip().endswith((".map]", '."map"]'))
            continue
        if not inside:
            continue
        key = line.partition("=")[0].strip().strip("\"'")
        span = Span(path, number, number)
        if mapping and key == old:
            at = line.index(old)
            yield Span(path, number, number, at, at + len(old))
        elif key in ("map", "metric", "inputs"):
            yield from dict.fromkeys(_words(line, span, old, IN_SETTINGS))


def files_of(edits: Mapping[str, Sequence[TextEdit]]) -> tuple[str, ...]:
    return tuple(sorted(edits))
