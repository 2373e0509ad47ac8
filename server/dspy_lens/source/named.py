"""What a name that someone gave as a source of examples stands for: files, or a source elsewhere."""

import re
from collections.abc import Sequence

from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.plain import Plain
from dspy_lens.source.nearby import ExampleFiles
from dspy_lens.source.python import ExampleLiteral, Project
from dspy_lens.values.definition import Problem, Severity, Span
from dspy_lens.values.elsewhere import HUB, Elsewhere, is_elsewhere
from dspy_lens.values.examples import ExampleFile, digest

FUNCTION = re.compile(r"^\s*(async\s+)?def\s", re.MULTILINE)
Named = tuple[ExampleFile, ...] | Elsewhere | Problem


def named_source(name: str, span: Span, project: Project, files: ExampleFiles) -> Named:
    """The files of a name; Elsewhere where its examples were not got yet, a problem where they never can be."""
    if not is_elsewhere(name):
        return tuple(files.read(it) for it in files.named(name) or (name,))
    wanted = elsewhere(name, project)
    if wanted is None:
        message = f"There is no {name} in this workspace. Write it, or correct its name."
        return Problem(span, "examples/missing", message, Severity.ERROR)
    if (literals := project.literal_list(name)) is not None:
        return (as_file(wanted.path, literals),)
    kept = files.kept.read(wanted)
    return (kept,) if kept is not None else wanted


def elsewhere(name: str, project: Project) -> Elsewhere | None:
    """A source with the digest of the code behind it; None where there is no such code in the root."""
    if name.startswith(HUB):
        return Elsewhere(name)
    pieces = project.function(name)
    if not pieces:
        return None
    said = [[it.path, it.name, it.text] for it in pieces]
    path = pieces[0].path
    if not FUNCTION.search(pieces[0].text):
        # Other lines of its file may put more into a list.
        said.append([path, "", project.files[path].text])
    return Elsewhere(name, digest(said), path)


def as_file(path: str, literals: Sequence[ExampleLiteral]) -> ExampleFile:
    """Literals as if they stood in an example file."""
    found, plain = Found(path), Plain()
    for it in literals:
        try:
            found.row(it.span.line, plain(dict(it.values)))
        except ValueError as error:
            found.broken(it.span.line, f"This example can not be used: {error}. Use plain values.")
    return ExampleFile(
        path,
        tuple(found.columns),
        tuple(found.rows),
        digest([it.values for it in found.rows]),
        found.problems,
    )
