"""Drafts of examples: records that a model made up, marked until somebody has looked at them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dspy_lens.source.skeletons import is_placeholder

MARK = "_reviewed"
"""The key that tells a draft from an example. A record where it is false is left out of every run and score."""


UNREVIEWED = "examples/unreviewed"


def is_draft(record: Mapping[str, Any]) -> bool:
    """Whether a record is a draft that nobody has reviewed."""
    return record.get(MARK) is False


def draft_records(
    answers: Iterable[Mapping[str, Any]], fields: Sequence[str], columns: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The records of what a model answered; those without one of the fields are left out.

    `columns` is field -> column where the names differ.
    """
    return [
        {**{columns.get(it, it): answer[it] for it in fields}, MARK: False}
        for answer in answers
        if all(answer.get(it) is not None for it in fields)
    ]


def with_drafts(before: str, records: Sequence[Mapping[str, Any]], inputs: Sequence[str]) -> tuple[str, int]:
    """A JSONL file with drafts behind its records, and how many are new.

    Records as `create examples` wrote them give way; drafts with the inputs of another record stay away.
    """
    lines = [it for it in before.splitlines() if it.strip() and not _untouched(it, inputs)]
    known = {_key(_record(it), inputs) for it in lines}
    new = []
    for it in records:
        key = _key(it, inputs)
        if key not in known:
            known.add(key)
            new.append(json.dumps(it, ensure_ascii=False, default=str))
    if not new:
        return before, 0
    return "".join(f"{it}\n" for it in (*lines, *new)), len(new)


def _record(line: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _untouched(line: str, inputs: Sequence[str]) -> bool:
    record = _record(line)
    return all(it in record for it in inputs) and is_placeholder({it: record[it] for it in inputs})


def _key(record: Mapping[str, Any], inputs: Sequence[str]) -> str:
    return json.dumps([record.get(it) for it in inputs], default=str)
