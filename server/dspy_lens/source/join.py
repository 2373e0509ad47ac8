"""Joins a definition with its examples and its metric; the first rule that matches wins.

1. a comment above the definition; 2. the settings; 3. the user's own `compile` and `Evaluate` calls that
it flows into; 4. `dspy.Example` literals in the same file, else in the same folder; 5. a data file near it.
Rules 4 and 5 take only what covers all inputs and at least one output, and nothing where several match
equally: those are listed for the user to choose from. What calls would give only if their code ran counts
where no rule finds anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dspy_lens.source.fields import Fields, fields_of
from dspy_lens.source.labelled import labelled_for
from dspy_lens.source.linked import Linked, linked
from dspy_lens.source.matches import likely_near
from dspy_lens.source.matching import Joined, files_near, literals_near, mapped
from dspy_lens.source.metric import metric_by_type, named_metric
from dspy_lens.source.named import named_source
from dspy_lens.source.nearby import ExampleFiles
from dspy_lens.source.python import Project
from dspy_lens.values.definition import Definition, Problem, Severity, Span
from dspy_lens.values.elsewhere import Elsewhere, is_elsewhere
from dspy_lens.values.examples import ExampleSet
from dspy_lens.values.settings import Settings, TargetSettings
from dspy_lens.values.target import Metric, Missed, Target

__all__ = ["ExampleFiles", "join"]

Place = Callable[[tuple[str, ...]], Span | None]


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
    fields = fields_of(definition, own)
    where = _Where(definition, place)
    calls = linked(definition, fields, project, files) if not own.metric or not own.examples else None
    metric, metric_problems = calls.metric if calls else None, tuple[Problem, ...]()
    if own.metric:
        metric, metric_problems = named_metric(
            own.metric, where.rule("metric"), where.span("metric"), fields.outputs, project
        )
    fields = replace(fields, metric=metric)
    if calls is not None and metric is not None and metric.pieces and not own.examples:
        # Again, now that it is known which columns the metric asks for.
        calls = linked(definition, fields, project, files)
    found = _examples(definition, own, fields, where, project, files, calls)
    examples = found.examples
    if not own.metric and metric is None:
        metric = metric_by_type(fields.outputs, _labelled(examples))
    if examples and metric and not metric.pieces:
        examples = labelled_for(examples, metric, files)
    problems = (*found.problems, *metric_problems)
    missed = _missed(examples, metric, calls, found)
    offers = likely_near(definition, fields, files) if _is_open(own, found) else ()
    return Target(definition, own, examples, metric, problems, found.wanted, missed, offers)


def _is_open(own: TargetSettings, found: Joined) -> bool:
    """Whether nobody named examples and no rule found any, so that weaker matches may be offered."""
    return not own.examples and found.examples is None and not found.wanted


def _missed(
    examples: ExampleSet | None, metric: Metric | None, calls: Linked | None, found: Joined
) -> tuple[Missed, ...]:
    """Why the rules before the one that holds gave nothing; who names something needs no reasons."""
    missed: list[Missed] = []
    rule = examples.rule if examples else ""
    if calls and rule in ("calls", "examples", "file", "") and calls.no_examples:
        missed.append(Missed("examples", "calls", calls.no_examples))
    if rule in ("file", ""):
        missed.append(Missed("examples", "examples", "no dspy.Example literals beside it have its fields"))
    if rule == "" and not found.wanted and not found.problems:
        missed.append(Missed("examples", "file", "no data file near it has its fields"))
    if calls and (metric is None or metric.rule == "type") and calls.no_metric:
        missed.append(Missed("metric", "calls", calls.no_metric))
    return tuple(missed)


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


def _examples(
    definition: Definition,
    own: TargetSettings,
    fields: Fields,
    where: _Where,
    project: Project,
    files: ExampleFiles,
    calls: Linked | None,
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
    if calls is None:
        return Joined()
    found = (
        calls.joined
        or literals_near(definition, fields, project, files)
        or files_near(definition, fields, files)
    )
    if found.examples is None and calls.wanted:
        told = tuple(_not_got(it, definition.span) for it in calls.wanted)
        return Joined(None, (*found.problems, *told), calls.wanted)
    return found


def _from_comment(path: str, source: str, files: ExampleFiles) -> str:
    """A path in a comment counts from its file's folder, else from the root."""
    folder = source.rpartition("/")[0]
    if is_elsewhere(path):
        return path
    beside = f"{folder}/{path}" if folder else path
    return beside if files.named(beside) else path


def _named(
    names: Sequence[str], rule: str, span: Span, fields: Fields, project: Project, files: ExampleFiles
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
    return Joined(mapped(read, ", ".join(names), rule, fields, files), tuple(problems))


def _not_got(it: Elsewhere, span: Span) -> Problem:
    what = "was not downloaded yet" if it.on_the_hub else "runs your code, so it was not run yet"
    message = f"{it.source} {what}. Say yes to it: DSPy Lens: Get Examples, or `dspy-lens get TARGET`."
    return Problem(span, "examples/elsewhere", message, Severity.INFORMATION)


def _labelled(examples: ExampleSet | None) -> frozenset[str] | None:
    if examples is None or not examples.examples:
        return None
    return frozenset(name for it in examples.examples for name in it.labels)
