"""Examples that are found because they fit: literals in the source, and data files near a definition."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from dspy_lens.source.examples import map_examples
from dspy_lens.source.fields import Fields
from dspy_lens.source.named import as_file
from dspy_lens.source.nearby import ExampleFiles
from dspy_lens.source.python import ExampleLiteral, Project
from dspy_lens.source.set_problems import set_problems, written
from dspy_lens.source.skeletons import snake
from dspy_lens.values.definition import Definition, Problem, Severity
from dspy_lens.values.elsewhere import Elsewhere
from dspy_lens.values.examples import Example, ExampleFile, ExampleSet


@dataclass(frozen=True, slots=True)
class Joined:
    """The examples that a rule found, what is wrong, and what has to be got first."""

    examples: ExampleSet | None = None
    problems: tuple[Problem, ...] = ()
    wanted: tuple[Elsewhere, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.examples or self.problems)


def literals_near(definition: Definition, fields: Fields, project: Project, files: ExampleFiles) -> Joined:
    """`dspy.Example` literals in the same file, else in the one file of the same folder that has them."""
    here = definition.span.path
    for paths in ((here,), files.beside(here)):
        found = [(it, _fitting(project.example_literals(it), fields)) for it in paths]
        fits = [(path, it) for path, it in found if it]
        if len(fits) == 1:
            path, literals = fits[0]
            return Joined(mapped([as_file(path, literals)], path, "examples", fields, files))
        if fits:
            return Joined(None, (several([path for path, _ in fits], definition),))
    return Joined()


def _fitting(literals: Sequence[ExampleLiteral], fields: Fields) -> list[ExampleLiteral]:
    return [it for it in literals if fields.covered_by(tuple(it.values))]


def files_near(definition: Definition, fields: Fields, files: ExampleFiles) -> Joined:
    """The data file of the nearest ring that gives the most outputs, if there is one such file, or one called so.

    Where there is none, files that cannot be read are told: one of them may be the one.
    """
    broken: list[Problem] = []
    for ring in files.rings(definition):
        counts = {it: fields.covered_by(files.columns(it)) for it in ring}
        most = max(counts.values(), default=0)
        fits = _own([path for path, count in counts.items() if count == most], definition)
        if most and len(fits) == 1:
            return Joined(mapped([files.read(fits[0])], fits[0], "file", fields, files))
        if most:
            return Joined(None, (several(fits, definition),))
        broken += [problem for it in ring for problem in files.unread(it)]
    return Joined(None, tuple(broken))


def _own(paths: list[str], definition: Definition) -> list[str]:
    """Of files that fit equally, the one that is called like the definition, as `create examples` calls it."""
    called = snake(definition.qualname.rpartition(".")[2])
    own = [it for it in paths if PurePosixPath(it).stem == called]
    return own if len(own) == 1 else paths


def several(paths: Sequence[str], definition: Definition) -> Problem:
    message = (
        f"{', '.join(paths)} would fit {definition.qualname} equally, so none is taken. "
        f"Choose one in a comment above it: # dspy-lens: examples={paths[0]}"
    )
    return Problem(definition.span, "examples/ambiguous", message, Severity.INFORMATION)


def mapped(
    read: Sequence[ExampleFile], source: str, rule: str, fields: Fields, files: ExampleFiles
) -> ExampleSet:
    """The examples of some files, mapped once for as long as neither files nor fields change."""
    labels = tuple(fields.labels(it.columns) for it in read)
    contents = tuple((it.path, it.digest, it.problems) for it in read)
    key = (source, rule, contents, fields.inputs, labels, tuple(sorted(fields.map.items())))
    return files.remember(key, lambda: _made(read, source, rule, fields))


def _made(read: Sequence[ExampleFile], source: str, rule: str, fields: Fields) -> ExampleSet:
    """Of several files, records are numbered on from one to the next."""
    examples: list[Example] = []
    problems: list[Problem] = []
    before = 0
    for file in read:
        mapped, wrong = map_examples(file, fields.inputs, fields.labels(file.columns), fields.map)
        if rule == "examples" and len({it.span for it in wrong}) * 2 > len(file.rows):
            wrong = ()  # Most do not fit its types: they were written for something else.
        mapped, untouched = written(file, mapped)
        examples += [replace(it, row=it.row + before) for it in mapped] if before else mapped
        # Literals that only stand in one file may belong to tests that have nothing to do with each other.
        doubles = set_problems(
            file, mapped, fields.inputs, fields.outputs, fields.map, together=rule != "examples"
        )
        problems += [*(file.problems if file.digest else ()), *wrong, *untouched, *doubles]
        before += file.rows[-1].number + 1 if file.rows else 0
    return ExampleSet(source, rule, tuple(examples), tuple(problems), tuple(it.path for it in read))
