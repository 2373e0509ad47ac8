"""What is wrong with the examples of a target taken together: doubles, contradictions, labels that are missing."""

import difflib
from collections.abc import Iterator, Mapping, Sequence

from dspy_lens.source.drafts import UNREVIEWED, is_draft
from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.mapping import covers
from dspy_lens.source.python import PYTHON
from dspy_lens.source.skeletons import is_placeholder
from dspy_lens.values.definition import Field, Problem, Severity, Span
from dspy_lens.values.examples import Example, ExampleFile
from dspy_lens.values.target import Target

FEW = 10  # examples below which none are held out


def set_problems(
    file: ExampleFile,
    examples: Sequence[Example],
    inputs: Sequence[Field],
    outputs: Sequence[Field],
    field_map: Mapping[str, str],
    *,
    together: bool = True,
) -> tuple[Problem, ...]:
    """The problems of one file's examples that no record has by itself; `together` they are one set."""
    found = Found(file.path)
    lines = {it.number: it.line for it in file.rows}
    free = _near_columns(file, inputs, outputs, field_map, found)
    _near_keys(file, (*inputs, *outputs), free, field_map, found)
    if examples and free:
        _unused(free, found)
    if together:
        _doubles(examples, lines, found)
    return found.problems


def few_problems(target: Target) -> tuple[Problem, ...]:
    """A word on examples that are too few to hold any of them out."""
    examples = target.examples
    if examples is None or not examples.files or not 0 < len(examples.examples) < FEW:
        return ()
    count = len(examples.examples)
    message = (
        f"{count} example{'s' if count > 1 else ''} can give no score on examples that the optimizer never saw. "
        f"Add more: from {FEW} on some are held out."
    )
    own = target.definition.span
    # Of examples that code holds, the first line is that of its imports.
    literal = examples.files[0].endswith(PYTHON)
    place = Span(own.path, own.line, own.line, cell=own.cell) if literal else Span(examples.files[0], 1, 1)
    return (Problem(place, "examples/few", message, Severity.INFORMATION),)


def written(
    file: ExampleFile, examples: Sequence[Example]
) -> tuple[tuple[Example, ...], tuple[Problem, ...]]:
    """The examples that somebody wrote or reviewed; those that are as they were created are problems."""
    found = Found(file.path)
    lines = {it.number: it.line for it in file.rows}
    drafts = {it.number for it in file.rows if is_draft(it.values)}
    for it in examples:
        if it.row in drafts:
            message = "This draft is not reviewed, so it is left out. Correct it, then remove `_reviewed`."
            found.problem(lines.get(it.row, 1), UNREVIEWED, message, Severity.INFORMATION)
    examples = [it for it in examples if it.row not in drafts] if drafts else examples
    untouched = [it for it in examples if is_placeholder(it.inputs)]
    for it in untouched:
        message = "This record is as it was created, so it is left out. Write a real example over it."
        found.problem(lines.get(it.row, 1), "examples/placeholder", message)
    left = tuple(it for it in examples if it not in untouched) if untouched else tuple(examples)
    return left, found.problems


def _near_columns(
    file: ExampleFile,
    inputs: Sequence[Field],
    outputs: Sequence[Field],
    field_map: Mapping[str, str],
    found: Found,
) -> list[str]:
    """Tells columns that an output without a column is nearly called; gives the others that no field takes."""
    taken = {field_map.get(it.name, it.name) for it in (*inputs, *outputs)}
    free = [it for it in file.columns if not any(covers((it,), column) for column in taken)]
    for field in outputs:
        if covers(file.columns, field_map.get(field.name, field.name)):
            continue
        near = difflib.get_close_matches(field.name, free, 1, 0.8)
        if near:
            message = (
                f"No field is called `{near[0]}`, and `{field.name}` has no column. Rename it, or map it: "
                f"map={near[0]}:{field.name}"
            )
            found.problem(1, "examples/extra-column", message)
            free.remove(near[0])
    return free


def _near_keys(
    file: ExampleFile,
    fields: Sequence[Field],
    free: Sequence[str],
    field_map: Mapping[str, str],
    found: Found,
) -> None:
    """Tells records that have a key which no field takes in place of the one that it is nearly called."""
    for field in fields:
        column = field_map.get(field.name, field.name)
        for near in difflib.get_close_matches(column, free, 3, 0.8):
            for row in file.rows:
                if near in row.values and column not in row.values:
                    message = (
                        f"This record has `{near}` and no `{column}`, which it is nearly called. Rename it."
                    )
                    found.problem(row.line, "examples/extra-column", found.of_record(row.number, message))


def _unused(columns: Sequence[str], found: Found) -> None:
    names = ", ".join(f"`{it}`" for it in columns[:12])
    message = f"No field takes {names}. Map each to one, or leave it: nothing reads it."
    found.problem(1, "examples/unused-column", message, Severity.INFORMATION)


def _doubles(examples: Sequence[Example], lines: Mapping[int, int], found: Found) -> None:
    """Records with the inputs of an earlier one: the same again, or another label."""
    first: dict[str, Example] = {}
    for it in examples:
        before = first.setdefault(it.input_digest, it)
        if before is it:
            continue
        line, earlier = lines.get(it.row, 1), lines.get(before.row, 1)
        where = f"record {before.row + 1}" if found.without_lines else f"line {earlier}"
        if it.labels == before.labels:
            message = f"This says the same as {where}, so it counts twice. Take one of them out."
            found.problem(line, "examples/duplicate", found.of_record(it.row, message), Severity.INFORMATION)
        elif differs := list(_differing(it, before)):
            names = ", ".join(f"`{name}`" for name in differs)
            message = f"{where.capitalize()} has the same inputs and another {names}. Correct one of them."
            found.problem(line, "examples/contradiction", found.of_record(it.row, message))


def _differing(one: Example, other: Example) -> Iterator[str]:
    """Outputs that both label, differently."""
    for name, value in one.labels.items():
        if name in other.labels and other.labels[name] != value:
            yield name
