"""What a prompt asks for: the text of DSPy's chat and JSON adapters, read back."""

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

HEADER = re.compile(r"^\[\[ ## (\w+) ## \]\][ \t]*", re.MULTILINE)
FIELD = re.compile(r"^(\d+)\. `(\w+)` \(", re.MULTILINE)
NOTE = "# note: the value you produce "
REMINDERS = (
    "Respond with the corresponding output fields, starting with the field ",
    "Respond with a JSON object in the following order of fields: ",
)
MISSING = "Not supplied for this "


@dataclass(frozen=True, slots=True)
class FieldText:
    """One declared field as the prompt describes it."""

    name: str
    annotation: str = "str"
    desc: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What the system text declares."""

    inputs: tuple[FieldText, ...]
    outputs: tuple[FieldText, ...]
    instructions: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Demo:
    """An example in the prompt; fields it does not supply are left out."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A whole question. `wants_json` tells which adapter reads the reply."""

    task: Task
    demos: tuple[Demo, ...]
    inputs: Mapping[str, str]
    wants_json: bool


def read_prompt(system: str, turns: Sequence[Turn]) -> Prompt | None:
    """The question in a request, or None when no DSPy adapter wrote it."""
    task = read_task(system)
    if task is None or not turns:
        return None
    demos = [
        read_demo(task, user.text, reply.text)
        for user, reply in pairwise(turns)
        if user.role == "user" and reply.role == "assistant"
    ]
    question, reminder = _before_reminder(turns[-1].text)
    names = [field.name for field in task.inputs]
    return Prompt(task, tuple(demos), _supplied(sections(question, names)), reminder == REMINDERS[1])


@lru_cache(maxsize=256)
def read_task(system: str) -> Task | None:
    """The fields and instructions that a system text declares."""
    inputs, found, rest = system.partition("Your output fields are:")
    if not found:
        return None
    outputs, _, rest = rest.partition("All interactions will be structured")
    structure, _, objective = rest.partition("In adhering to this structure, your objective is:")
    declared = _fields(outputs, {})
    notes = _notes(structure, [field.name for field in declared])
    return Task(tuple(_fields(inputs, {})), tuple(_fields(outputs, notes)), _dedent(objective))


@lru_cache(maxsize=4096)
def read_demo(task: Task, user: str, reply: str) -> Demo:
    """One pair of messages as an example."""
    inputs = sections(user, [field.name for field in task.inputs])
    names = [field.name for field in task.outputs]
    return Demo(_supplied(inputs), _supplied(_json_values(reply, names) or sections(reply, names)))


def sections(text: str, names: Iterable[str]) -> dict[str, str]:
    """The text under the header of each named field, first occurrence only; other headers are content."""
    wanted = {*names, "completed"}
    found: dict[str, str] = {}
    marks = []
    for mark in HEADER.finditer(text):
        if mark[1] in wanted:
            wanted.remove(mark[1])
            marks.append(mark)
    for mark, end in zip(marks, _ends(marks, text), strict=True):
        found[mark[1]] = text[mark.end() : end].strip()
    return {name: found[name] for name in names if name in found}


def plain(value: Any) -> str:
    """A value as the chat adapter writes it."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _fields(text: str, notes: Mapping[str, str]) -> list[FieldText]:
    fields: list[FieldText] = []
    # Numbered backticked lines inside a description do not continue the count.
    marks: list[re.Match[str]] = []
    for mark in FIELD.finditer(text):
        if int(mark[1]) == len(marks) + 1:
            marks.append(mark)
    for mark, end in zip(marks, _ends(marks, text), strict=True):
        annotation, desc = _annotation(text[mark.end() : end])
        fields.append(FieldText(mark[2], annotation, desc, notes.get(mark[2], "")))
    return fields


def _ends(marks: Sequence[re.Match[str]], text: str) -> list[int]:
    """Where the text of each mark ends: where the next begins."""
    return [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]


def _annotation(body: str) -> tuple[str, str]:
    """Splits `annotation): description` where the annotation first reads as Python."""
    at = body.find("):")
    while at >= 0:
        try:
            ast.parse(body[:at], mode="eval")
        except SyntaxError:
            at = body.find("):", at + 1)
            continue
        return body[:at], body[at + 2 :].strip()
    return body.partition(")")[0], ""


def _notes(structure: str, names: list[str]) -> dict[str, str]:
    """What the prompt says about the values of its output fields."""
    described = sections(structure, names)
    start = structure.find("{", structure.find("Outputs will be a JSON object"))
    if not described and start >= 0:
        described = _json_values(structure[start:], names)
    return {name: text.partition(NOTE)[2].strip() for name, text in described.items() if NOTE in text}


def _json_values(text: str, names: list[str]) -> dict[str, str]:
    start = text.find("{")
    if start < 0 or HEADER.match(text.lstrip()):
        return {}
    try:
        found, _ = json.JSONDecoder().raw_decode(text[start:])
    except ValueError:
        return {}
    return {name: plain(found[name]) for name in names if isinstance(found, dict) and name in found}


def _supplied(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if not text.startswith(MISSING)}


def _before_reminder(text: str) -> tuple[str, str]:
    at, reminder = max((text.rfind(reminder), reminder) for reminder in REMINDERS)
    return (text[:at], reminder) if at >= 0 else (text, REMINDERS[0])


def _dedent(text: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in text.splitlines()).strip()
