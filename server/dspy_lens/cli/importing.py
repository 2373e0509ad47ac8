"""Examples out of another file or a dataset of the Hub, as records of a target's own example file."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dspy_lens.cli.errors import Ended
from dspy_lens.cli.terminal import Terminal
from dspy_lens.elsewhere.hub import HubProblem, download
from dspy_lens.source.examples import map_examples, read_examples
from dspy_lens.source.examples.found import Found
from dspy_lens.source.skeletons import example_fields
from dspy_lens.values.definition import Problem, Severity
from dspy_lens.values.elsewhere import HUB, Elsewhere
from dspy_lens.values.examples import ExampleFile
from dspy_lens.values.request import Refused
from dspy_lens.values.target import Target
from dspy_lens.workspace.getting import question_about


def imported(source: str, columns: str | None, target: Target, terminal: Terminal) -> list[str]:
    """A line of JSON for each example of a source, under the columns of the target's file; ends the verb where none is.

    `columns` is `column:field,…` where the names differ; dots reach into nested records, as those of traces.
    """
    file = _from_hub(source, terminal) if source.startswith(HUB) else _from_file(Path(source))
    inputs, outputs = example_fields(target.definition)
    examples, problems = map_examples(file, inputs, outputs, mapping(columns))
    tell((*file.problems, *problems), terminal)
    if not examples:
        raise Ended(
            f"{source} gives no example of {target.definition.qualname}. Map its columns: --map column:field"
        )
    own = target.settings.map
    records = [
        {own.get(name, name): it for name, it in {**one.inputs, **one.labels}.items()} for one in examples
    ]
    return [json.dumps(it, ensure_ascii=False, default=str) for it in records]


def mapping(columns: str | None) -> dict[str, str]:
    """Field -> column of `column:field,…`."""
    pairs = [it.rpartition(":") for it in (columns or "").split(",") if it.strip()]
    if any(not colon for _, colon, _ in pairs):
        raise Ended(f"--map {columns} cannot be read. Write it as column:field,column:field.")
    return {field.strip(): column.strip() for column, _, field in pairs}


def without_known(lines: Sequence[str], before: str, inputs: Sequence[str]) -> list[str]:
    """The lines whose inputs no record of a JSONL file has yet, and no line above."""
    seen = {_inputs(it, inputs) for it in before.splitlines() if it.strip()}
    new = []
    for line in lines:
        own = _inputs(line, inputs)
        if own not in seen:
            seen.add(own)
            new.append(line)
    return new


def _inputs(line: str, inputs: Sequence[str]) -> str:
    try:
        record: Any = json.loads(line)
    except ValueError:
        return line
    return json.dumps([record.get(it) for it in inputs] if isinstance(record, Mapping) else line)


def tell(problems: Sequence[Problem], terminal: Terminal) -> None:
    for it in problems[:10]:
        if it.severity is not Severity.INFORMATION:
            terminal.warn(f"line {it.span.line}: {it.message}")
    if len(problems) > 10:
        terminal.warn(f"{len(problems) - 10:,} more problems are not listed.")


def _from_file(path: Path) -> ExampleFile:
    if not path.is_file():
        raise Ended(f"There is no file {path}. Name one, or hf:owner/name.")
    return read_examples(path.resolve().parent, path.name)


def _from_hub(source: str, terminal: Terminal) -> ExampleFile:
    asked = question_about(Elsewhere(source))
    if isinstance(asked, Refused):
        raise Ended(asked.message)
    if not terminal.ask(asked.message):
        raise Ended(f"{source} was not downloaded.")
    try:
        got = download(source, os.environ)
    except HubProblem as problem:
        raise Ended(str(problem)) from None
    found = Found(source)
    for at, record in enumerate(got.records, 1):
        found.row(at, dict(record))
    return ExampleFile(source, tuple(found.columns), tuple(found.rows), "", found.problems)
