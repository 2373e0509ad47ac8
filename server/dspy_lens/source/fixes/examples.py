"""Fixes of example files of JSON lines, where each record is a line of its own."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from dspy_lens.source.drafts import MARK, UNREVIEWED
from dspy_lens.source.fixes.fix import Fix, lines_of, within
from dspy_lens.source.python.edits import TextEdit
from dspy_lens.values.definition import Problem

LINES = (".jsonl", ".ndjson")
REVIEW = re.compile(rf',\s*"{MARK}"\s*:\s*false(?=\s*}}\s*$)')  # where `create examples` writes it


def near_label(problem: Problem, text: str) -> Iterator[Fix]:
    """The label that was meant, where the message names one near."""
    said = re.match(r"`(\w+)` is ('.*?'|\".*?\"), .*Did you mean ('.*'|\".*\")\?$", problem.message)
    if said is None or not problem.span.path.endswith(LINES):
        return
    line = lines_of(text)[problem.span.line - 1]
    wrong, right = said[2][1:-1], said[3][1:-1]
    found = list(
        re.finditer(rf'"{said[1]}"\s*:\s*({re.escape(json.dumps(wrong, ensure_ascii=False))})', line)
    )
    if len(found) == 1:
        number = problem.span.line
        place = within(problem.span, number, found[0].start(1), number, found[0].end(1))
        yield Fix(f"Write {right}", (TextEdit(place, json.dumps(right, ensure_ascii=False)),))


def without_record(problem: Problem, text: str) -> Iterator[Fix]:
    """The file without a record that says the same as an earlier one."""
    number, lines = problem.span.line, lines_of(text)
    if not problem.span.path.endswith(LINES) or number > len(lines):
        return
    last = number == len(lines)
    end = within(problem.span, number, 0, number if last else number + 1, len(lines[-1]) if last else 0)
    yield Fix("Remove this record", (TextEdit(end, ""),))


def reviewed(problem: Problem, text: str) -> Iterator[Fix]:
    """The draft without its mark, which makes it an example; and all drafts of the file."""
    marks = {
        number: found
        for number, line in enumerate(lines_of(text), 1)
        if (found := REVIEW.search(line)) is not None
    }
    edits = {
        number: TextEdit(within(problem.span, number, found.start(), number, found.end()), "")
        for number, found in marks.items()
    }
    if problem.span.path.endswith(LINES) and (own := edits.get(problem.span.line)) is not None:
        yield Fix("Reviewed: use this draft as an example", (own,))
        if len(edits) > 1:
            yield Fix(f"Reviewed: use all {len(edits)} drafts of this file", tuple(edits.values()), False)


EXAMPLES: Mapping[str, Callable[[Problem, str], Iterator[Fix]]] = {
    "examples/unknown-label": near_label,
    "examples/duplicate": without_record,
    UNREVIEWED: reviewed,
}
