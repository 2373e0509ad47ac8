"""Joins a definition with its examples and its metric; the first rule that matches wins.

1. a comment above the definition; 2. the settings; 3. the user's own `compile` and `Evaluate` calls, which
are not read yet; 4. `dspy.Example` literals in the same file, else in the same folder; 5. a data file near
it. Rules 4 and 5 take only what covers all inputs and at least one output, and nothing where several
match equally: those are listed for the user to choose from.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dspy_lens.source.annotations import resolved
from dspy_lens.source.examples import map_examples
from dspy_lens.source.examples.mapping import covers
from dspy_lens.source.labelled import labelled_for
from dspy_lens.source.metric import metric_by_type, named_metric
from dspy_lens.source.named import as_file, named_source
from dspy_lens.source.nearby import ExampleFiles
from dspy_lens.source.python import ExampleLiteral, Project
from dspy_lens.values.definition import Definition, Field, Kind, Piece, Problem, Severity, Span
from dspy_lens.values.elsewhere import Elsewhere, is_elsewhere
from dspy_lens.values.examples import Example, ExampleFile, ExampleSet
from dspy_lens.values.settings import Settings, TargetSettings
from dspy_lens.values.target import Metric, Target

__all__ = ["ExampleFiles", "join"]

Place = Callable[[tuple[str, ...]], Span | None]


@dataclass(frozen=True, slots=True)
class Joined:
    """The examples that a rule found, what is wrong, and what has to be got first."""

    examples: ExampleSet | None = None
    problems: tuple[Problem, ...] = ()
    wanted: tuple[Elsewhere, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.examples or self.problems)


def join(
    definition: Definition,
    settings: Settings,
    project: Project,
    files: ExampleFiles,
    place: Place = lambda keys: None,
) -> Target:
    """The target, as far as its examples and metric are known.

    `place` tells where a setting stands (`SettingsTree.span`), so that what it names wrongly is told there.
    """
    own = _own(definition, settings.target.get(definition.name, TargetSettings()))
    fields = _fields(definition, own)
    where = _Where(definition, place)
    metric, metric_problems = None, tuple[Problem, ...]()
    if own.metric:
        metric, metric_problems = named_metric(
            own.metric, where.rule("metric"), where.span("metric"), fields.outputs, project
        )
    fields = replace(fields, metric=metric)
    found = _examples(definition, own, fields, where, project, files)
    examples = found.examples
    if not own.metric:
        metric = metric_by_type(fields.outputs, _labelled(examples))
    if examples and metric and not metric.pieces:
        examples = labelled_for(examples, metric, files)
    return Target(definition, own, examples, metric, (*found.problems, *metric_problems), found.wanted)


@dataclass(frozen=True, slots=True)
class _Fields:
    """What an example record has to give."""

    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    map: dict[str, str]
    metric: Metric | None = None

    def covered_by(self, columns: Sequence[str]) -> int:
        """How many outputs the columns give; 0 when they lack an input, or when no input is known."""
        names = [it.name for it in self.inputs if it.required] or [it.name for it in self.inputs]
        if not names or not all(covers(columns, self.map.get(it, it)) for it in names):
            return 0
        return sum(covers(columns, self.map.get(it.name, it.name)) for it in self.outputs)

    def labels(self, columns: Sequence[str]) -> tuple[Field, ...]:
        """The outputs, and the columns that the user's own metric asks for by name."""
        if self.metric is None or not self.metric.pieces:
            return self.outputs
        taken = {it.name for it in (*self.inputs, *self.outputs)} | set(self.map.values())
        text = "\n".join(it.text for it in self.metric.pieces)
        words = set(re.findall(r"\w+", text))
        return self.outputs + tuple(Field(it, "Any") for it in columns if it in words and it not in taken)


@dataclass(frozen=True, slots=True)
class _Where:
    """Which rule gives examples or metric, and where it is written."""

    definition: Definition
    place: Place

    def rule(self, what: str) -> str:
        comment = self.definition.comment
        return "comment" if comment and getattr(comment, what) else "settings"

    def span(self, what: str) -> Span:
        comment = self.definition.comment
        if comment and getattr(comment, what):
            return comment.span
        return self.place(("target", self.definition.name, what)) or self.definition.span


def _own(definition: Definition, own: TargetSettings) -> TargetSettings:
    """What is said about the target: its settings, and over them its comment."""
    comment = definition.comment
    if comment is None:
        return own
    said = {
        "examples": comment.examples,
        "metric": comment.metric,
        "module": comment.module,
        "map": {**own.map, **dict(comment.map)} if comment.map else None,
    }
    return own.model_copy(update={key: it for key, it in said.items() if it})


def _fields(definition: Definition, own: TargetSettings) -> _Fields:
    """A program's inputs are the parameters of `forward`, its outputs those of its predictors."""
    inputs, outputs = definition.inputs, definition.outputs
    if definition.kind is Kind.PROGRAM:
        outputs = tuple({it.name: it for p in definition.predictors for it in p.outputs}.values())
    if own.inputs is not None:
        known = {it.name: it for it in (*outputs, *inputs)}
        inputs = tuple(known.get(name, Field(name, "Any")) for name in own.inputs)
    names = {it.name for it in inputs}
    outputs = tuple(it for it in outputs if it.name not in names)
    pieces = definition.pieces
    return _Fields(_resolved(inputs, pieces), _resolved(outputs, pieces), dict(own.map))


def _resolved(fields: Iterable[Field], pieces: tuple[Piece, ...]) -> tuple[Field, ...]:
    return tuple(replace(it, type=resolved(it.type, pieces)) for it in fields)


def _examples(
    definition: Definition,
    own: TargetSettings,
    fields: _Fields,
    where: _Where,
    project: Project,
    files: ExampleFiles,
) -> Joined:
    if own.examples:
        named = [own.examples] if isinstance(own.examples, str) else own.examples
        rule = where.rule("examples")
        if rule == "comment":
            named = [
                _from_comment(it.strip(), definition.span.path, files)
                for text in named
                for it in text.split(",")
            ]
        return _named(named, rule, where.span("examples"), fields, project, files)
    return _literals(definition, fields, project, files) or _near(definition, fields, files)


def _from_comment(path: str, source: str, files: ExampleFiles) -> str:
    """A path in a comment counts from its file's folder, else from the root."""
    folder = source.rpartition("/")[0]
    if is_elsewhere(path):
        return path
    beside = f"{folder}/{path}" if folder else path
    return beside if files.named(beside) else path


def _named(
    names: Sequence[str], rule: str, span: Span, fields: _Fields, project: Project, files: ExampleFiles
) -> Joined:
    """The examples of what someone named; what can not be read is a problem there, too."""
    found = [named_source(it, span, project, files) for it in names]
    read = [file for it in found if isinstance(it, tuple) for file in it]
    wanted = tuple(it for it in found if isinstance(it, Elsewhere))
    problems = [it for it in found if isinstance(it, Problem)]
    problems += [replace(it, span=span) for file in read if not file.digest for it in file.problems]
    problems += [_not_got(it, span) for it in wanted]
    if not fields.inputs:
        message = (
            'Its inputs are not known. Annotate `forward`, or name them: inputs = ["…"] in the settings.'
        )
        problems.append(Problem(span, "examples/unknown-inputs", message, Severity.ERROR))
        read = []
    if wanted:
        # A part of the examples would give scores that mean nothing to who named them all.
        return Joined(None, tuple(problems), wanted)
    return Joined(_mapped(read, ", ".join(names), rule, fields, files), tuple(problems))


def _not_got(it: Elsewhere, span: Span) -> Problem:
    what = "was not downloaded yet" if it.on_the_hub else "runs your code, so it was not run yet"
    message = f"{it.source} {what}. Say yes to it: DSPy Lens: Get Examples, or `dspy-lens get TARGET`."
    return Problem(span, "examples/elsewhere", message, Severity.INFORMATION)


def _literals(definition: Definition, fields: _Fields, project: Project, files: ExampleFiles) -> Joined:
    """`dspy.Example` literals in the same file, else in the one file of the same folder that has them."""
    here = definition.span.path
    for paths in ((here,), files.beside(here)):
        found = [(it, _fitting(project.example_literals(it), fields)) for it in paths]
        fits = [(path, it) for path, it in found if it]
        if len(fits) == 1:
            path, literals = fits[0]
            return Joined(_mapped([as_file(path, literals)], path, "examples", fields, files))
        if fits:
            return Joined(None, (_several([path for path, _ in fits], definition),))
    return Joined()


def _fitting(literals: Sequence[ExampleLiteral], fields: _Fields) -> list[ExampleLiteral]:
    return [it for it in literals if fields.covered_by(tuple(it.values))]


def _near(definition: Definition, fields: _Fields, files: ExampleFiles) -> Joined:
    """The data file of the nearest ring that gives the most outputs, if there is one such file.

    Where there is none, files that cannot be read are told: one of them may be the one.
    """
    broken: list[Problem] = []
    for ring in files.rings(definition):
        counts = {it: fields.covered_by(files.columns(it)) for it in ring}
        most = max(counts.values(), default=0)
        fits = [path for path, count in counts.items() if count == most]
        if most and len(fits) == 1:
            return Joined(_mapped([files.read(fits[0])], fits[0], "file", fields, files))
        if most:
            return Joined(None, (_several(fits, definition),))
        broken += [problem for it in ring for problem in files.unread(it)]
    return Joined(None, tuple(broken))


def _several(paths: Sequence[str], definition: Definition) -> Problem:
    message = (
        f"{', '.join(paths)} would fit {definition.qualname} equally, so none is taken. "
        f"Choose one in a comment above it: # dspy-lens: examples={paths[0]}"
    )
    return Problem(definition.span, "examples/ambiguous", message, Severity.INFORMATION)


def _mapped(
    read: Sequence[ExampleFile], source: str, rule: str, fields: _Fields, files: ExampleFiles
) -> ExampleSet:
    """The examples of some files, mapped once for as long as neither files nor fields change."""
    labels = tuple(fields.labels(it.columns) for it in read)
    contents = tuple((it.path, it.digest, it.problems) for it in read)
    key = (source, rule, contents, fields.inputs, labels, tuple(sorted(fields.map.items())))
    return files.remember(key, lambda: _made(read, source, rule, fields))


def _made(read: Sequence[ExampleFile], source: str, rule: str, fields: _Fields) -> ExampleSet:
    """Of several files, records are numbered on from one to the next."""
    examples: list[Example] = []
    problems: list[Problem] = []
    before = 0
    for file in read:
        mapped, wrong = map_examples(file, fields.inputs, fields.labels(file.columns), fields.map)
        examples += [replace(it, row=it.row + before) for it in mapped] if before else mapped
        problems += [*(file.problems if file.digest else ()), *wrong]
        before += file.rows[-1].number + 1 if file.rows else 0
    return ExampleSet(source, rule, tuple(examples), tuple(problems), tuple(it.path for it in read))


def _labelled(examples: ExampleSet | None) -> frozenset[str] | None:
    if examples is None or not examples.examples:
        return None
    return frozenset(name for it in examples.examples for name in it.labels)
