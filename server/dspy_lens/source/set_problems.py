"""What is wrong with the examples of a target taken together: doubles, contradictions, labels that are missing."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from dspy_lens.source.drafts import UNREVIEWED, is_draft
from dspy_lens.source.examples.found import Found
from dspy_lens.source.examples.mapping import covers
from dspy_lens.source.kinship import misspelt
from dspy_lens.source.python import PYTHON, ExampleLiteral, Project
from dspy_lens.source.skeletons import is_placeholder
from dspy_lens.values.definition import Field, Problem, Severity, Span
from dspy_lens.values.examples import Example, ExampleFile
from dspy_lens.values.target import Target

FEW = 10  # examples below which none are held out
TEST = re.compile(r"test_.*|.*_test\.\w+|conftest\.py")
_NUMBER = re.compile(r"_?\d+$")


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
        _unused(free, file, found)
    if together:
        _doubles(examples, lines, found)
    return found.problems


def few_problems(target: Target, project: Project) -> tuple[Problem, ...]:
    """A word on examples that are too few to hold any of them out, where somebody means them as a set."""
    examples = target.examples
    if examples is None or not examples.files or not 0 < len(examples.examples) < FEW:
        return ()
    own = target.definition.span
    here = [it for it in project.example_literals(own.path) if examples.files[0] == own.path]
    if examples.rule in ("calls", "examples") and is_test(own.path):
        return ()
    if examples.rule == "examples":
        here = _listed(here, set(examples.examples[0].inputs), project.files[own.path].text)
        if not here:
            return ()
    count = len(examples.examples)
    message = (
        f"{count} example{'s' if count > 1 else ''} can give no score on examples that the optimizer never saw. "
        f"Add more: from {FEW} on some are held out."
    )
    literal = examples.files[0].endswith(PYTHON)
    place = _start(here[0].span if here else own) if literal else Span(examples.files[0], 1, 1)
    return (Problem(place, "examples/few", message, Severity.INFORMATION),)


def is_test(path: str) -> bool:
    """Whether a file holds tests, by its name: what stands there is made for them, and no data to learn from."""
    *folders, name = path.split("/")
    return bool(TEST.fullmatch(name)) or not {"test", "tests"}.isdisjoint(folders)


def _listed(literals: Sequence[ExampleLiteral], inputs: set[str], text: str) -> list[ExampleLiteral]:
    """Those that stand in a list with others, and are not given to a predictor as its demos."""
    fits = [it for it in literals if it.holder and inputs <= it.values.keys()]
    held = Counter(it.holder for it in fits)
    return [it for it in fits if held[it.holder] > 1 and not _are_demos(it.holder or "", text)]


def _are_demos(holder: str, text: str) -> bool:
    name = holder.rpartition(".")[2]
    return "demos" in name or re.search(rf"demos\s*=\s*{re.escape(name)}\b", text) is not None


def _start(span: Span) -> Span:
    """The first line of a place: lists and classes are long."""
    return Span(span.path, span.line, span.line, cell=span.cell)


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
        near = [it for it in misspelt(field.name, free) if _is_slip(it, field.name)]
        if near:
            message = (
                f"No field is called `{near[0]}`, and `{field.name}` has no column. Rename it, or map it: "
                f"map={near[0]}:{field.name}"
            )
            found.problem(_first(file), "examples/extra-column", message)
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
        for near in (it for it in misspelt(column, free, 3) if _is_slip(it, column)):
            for row in file.rows:
                if near in row.values and column not in row.values:
                    message = (
                        f"This record has `{near}` and no `{column}`, which it is nearly called. Rename it."
                    )
                    found.problem(row.line, "examples/extra-column", found.of_record(row.number, message))


def _is_slip(near: str, name: str) -> bool:
    """Whether a name may be a slip of the pen: `claim1` beside `claim2` are names of their own."""
    return _NUMBER.sub("", near) != _NUMBER.sub("", name)


def _first(file: ExampleFile) -> int:
    """Where what is wrong with a whole file is told: literals stand somewhere in their code."""
    return file.rows[0].line if file.path.endswith(PYTHON) and file.rows else 1


def _unused(columns: Sequence[str], file: ExampleFile, found: Found) -> None:
    names = ", ".join(f"`{it}`" for it in columns[:12])
    message = f"No field takes {names}. Map each to one, or leave it: nothing reads it."
    found.problem(_first(file), "examples/unused-column", message, Severity.INFORMATION)


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
