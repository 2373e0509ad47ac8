"""Joins a definition with its examples and its metric; the first rule that matches wins.

1. a comment above the definition, 2. the settings, 3. (the user's own calls: not yet read),
4. `dspy.Example` literals beside it, 5. a data file beside it whose columns cover its fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dspy_lens.source.examples import map_examples, read_examples
from dspy_lens.source.files import Stat, stat_of
from dspy_lens.source.python import Project
from dspy_lens.source.skeletons import is_exact
from dspy_lens.values.definition import Definition, Field, Kind, Problem, Severity, Span
from dspy_lens.values.examples import ExampleFile, ExampleSet
from dspy_lens.values.settings import Settings, TargetSettings
from dspy_lens.values.target import Metric, Target

SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".yaml", ".yml")
FOLDERS = ("", "data", "evals", "examples", "datasets")
LARGEST = 64 * 1024 * 1024  # bytes of a file that is opened to see whether it fits
BUILT_IN = ("exact", "normalized", "f1", "contains", "numeric", "overlap", "fields")


class ExampleFiles:
    """Example files of a root, read again only when they change on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: dict[str, tuple[Stat | None, ExampleFile]] = {}

    def read(self, path: str) -> ExampleFile:
        """What a file holds; one that is missing or broken says so in its problems."""
        stat = stat_of(self.root / path)
        known = self._read.get(path)
        if known is None or known[0] != stat:
            known = self._read[path] = (stat, read_examples(self.root, path))
        return known[1]

    def near(self, path: str) -> Iterator[str]:
        """Data files beside a source file, and in the usual folders beside it; nearest first."""
        folder = PurePosixPath(path).parent
        for name in FOLDERS:
            yield from self._data_files((folder / name).as_posix())

    def _data_files(self, folder: str) -> list[str]:
        place = self.root / folder
        try:
            names = sorted(it.name for it in place.iterdir() if it.name.endswith(SUFFIXES) and it.is_file())
        except OSError:
            return []
        paths = [PurePosixPath(folder, it).as_posix() for it in names]
        return [it for it in paths if (stat := stat_of(self.root / it)) and stat[1] <= LARGEST]


@dataclass(frozen=True, slots=True)
class Fields:
    """What an example record has to give."""

    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    map: dict[str, str]

    def covered_by(self, file: ExampleFile) -> bool:
        """Whether the columns give every required input and at least one output."""
        columns = set(file.columns)
        inputs = all(self.map.get(it.name, it.name) in columns for it in self.inputs if it.required)
        return inputs and any(self.map.get(it.name, it.name) in columns for it in self.outputs)


def join(definition: Definition, settings: Settings, project: Project, files: ExampleFiles) -> Target:
    """The target, as far as its examples and metric are known."""
    own = settings.target.get(definition.name, TargetSettings())
    fields = fields_of(definition, own)
    examples, problems = examples_of(definition, own, fields, project, files)
    metric, metric_problems = metric_of(definition, own, fields, project, examples)
    return Target(definition, own, examples, metric, (*problems, *metric_problems))


def fields_of(definition: Definition, own: TargetSettings) -> Fields:
    comment = definition.comment
    mapping = {**own.map, **dict(comment.map if comment else ())}
    outputs = definition.outputs
    inputs = definition.inputs
    if definition.kind is Kind.PROGRAM:
        outputs = tuple({it.name: it for p in definition.predictors for it in p.outputs}.values())
    if own.inputs is not None:
        known = {it.name: it for it in definition.inputs}
        inputs = tuple(known.get(name, Field(name)) for name in own.inputs)
        outputs = tuple(it for it in outputs if it.name not in own.inputs)
    return Fields(inputs, outputs, mapping)


def examples_of(
    definition: Definition, own: TargetSettings, fields: Fields, project: Project, files: ExampleFiles
) -> tuple[ExampleSet | None, tuple[Problem, ...]]:
    comment = definition.comment
    if comment is not None and comment.examples:
        return from_files([comment.examples], "comment", fields, files), ()
    if own.examples:
        named = [own.examples] if isinstance(own.examples, str) else own.examples
        return from_files(named, "settings", fields, files), ()
    if literal := from_literals(definition, fields, project):
        return literal, ()
    return from_nearness(definition, fields, files)


def from_files(paths: list[str], rule: str, fields: Fields, files: ExampleFiles) -> ExampleSet:
    examples, problems = [], []
    for path in paths:
        file = files.read(path)
        mapped, wrong = map_examples(file, fields.inputs, fields.outputs, fields.map)
        examples += mapped
        problems += [*file.problems, *wrong]
    return ExampleSet(", ".join(paths), rule, tuple(examples), tuple(problems))


def from_literals(definition: Definition, fields: Fields, project: Project) -> ExampleSet | None:
    """`dspy.Example` literals of the same file whose keys fit."""
    file = project.example_literals(definition.span.path)
    if file is None or not file.rows or not fields.covered_by(file):
        return None
    mapped, problems = map_examples(file, fields.inputs, fields.outputs, fields.map)
    return (
        ExampleSet(definition.span.path, "examples", mapped, (*file.problems, *problems)) if mapped else None
    )


def from_nearness(
    definition: Definition, fields: Fields, files: ExampleFiles
) -> tuple[ExampleSet | None, tuple[Problem, ...]]:
    """The one data file nearby whose columns fit; two that fit equally are a choice for the user."""
    fits = [
        path
        for path in dict.fromkeys(files.near(definition.span.path))
        if fields.covered_by(files.read(path))
    ]
    if len(fits) == 1:
        return from_files(fits, "file", fields, files), ()
    if not fits:
        return None, ()
    message = (
        f"{', '.join(fits)} would all fit {definition.name}, so none is taken. "
        f"Name one: # dspy-lens: examples={fits[0]}"
    )
    return None, (Problem(definition.span, "examples/several", message, Severity.INFORMATION),)


def metric_of(
    definition: Definition,
    own: TargetSettings,
    fields: Fields,
    project: Project,
    examples: ExampleSet | None,
) -> tuple[Metric | None, tuple[Problem, ...]]:
    comment = definition.comment
    if comment is not None and comment.metric:
        return named_metric(comment.metric, "comment", comment.span, project)
    if own.metric:
        return named_metric(own.metric, "settings", definition.span, project)
    labelled = {name for it in (examples.examples if examples else ()) for name in it.labels}
    judged = [it for it in fields.outputs if it.name in labelled]
    if judged and all(is_exact(it.type) for it in judged):
        return Metric("exact", "type"), ()
    return None, ()


def named_metric(
    name: str, rule: str, span: Span, project: Project
) -> tuple[Metric | None, tuple[Problem, ...]]:
    """A built-in metric, or the user's own function where the source has it."""
    if name.partition(":")[0] in BUILT_IN:
        return Metric(name, rule), ()
    pieces = project.function(name) if ":" in name else None
    if pieces is not None:
        return Metric(name, rule, pieces), ()
    message = f"There is no metric {name} in this workspace. Write it as pkg.module:function, or use a built-in: exact."
    return None, (Problem(span, "metric/unknown", message, Severity.ERROR),)
