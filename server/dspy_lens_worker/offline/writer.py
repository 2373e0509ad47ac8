"""What the practice model writes when an optimizer asks it about a task: notes on the examples shown.

A meta-prompt is known by its fields. Each ask gathers notes from the examples and from the texts that the
prompt passes on, so that what one call found reaches the next.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from dspy_lens_worker.offline import notes, samples
from dspy_lens_worker.offline.draws import Draws
from dspy_lens_worker.offline.kinds import Table, Text, kind_of
from dspy_lens_worker.offline.learn import learn
from dspy_lens_worker.offline.notes import Note, Notes
from dspy_lens_worker.offline.prompts import Prompt
from dspy_lens_worker.offline.samples import Sample

PLAIN = "Give the fields {fields}. Read the input closely before answering."
PASSED_ON = (
    "observations",
    "prior_observations",
    "dataset_description",
    "program_description",
    "basic_instruction",
    "current_instruction",
    "attempted_instructions",
    "previous_instructions",
    "instruction",
)
BASES = ("basic_instruction", "current_instruction", "instruction")
INSTRUCTIONS = ("proposed_instruction", "new_instruction", "improved_instruction", "shortened_instruction")
LIMIT = re.compile(r"at most (\d+) characters")

Asked = Callable[[Prompt, Draws], dict[str, Any]]


def written(prompt: Prompt, draws: Draws) -> dict[str, Any]:
    """The values of a meta-prompt's own output fields; nothing when the prompt is an ordinary one."""
    # A user's own fields may have these names too, and other types.
    fields = [field for field in prompt.task.outputs if isinstance(kind_of(field), Text | Table)]
    asked = _asked({*prompt.inputs}, {field.name for field in fields})
    values = asked(prompt, draws) if asked else {}
    return {field.name: values[field.name] for field in fields if field.name in values}


def _asked(inputs: set[str], outputs: set[str]) -> Asked | None:
    """Who answers a prompt with these fields."""
    if "module_advice" in outputs and "oracle_metadata" in inputs:
        return _advice
    if outputs & {*INSTRUCTIONS} and inputs & {*BASES, "attempted_instructions"}:
        return _instruction
    if "examples_text" in inputs and any(name.endswith("_rules") for name in outputs):
        return _rules
    if "program_code" in inputs and outputs & {"program_description", "module_description"}:
        return _description
    if ("examples" in inputs and outputs == {"observations"}) or (inputs, outputs) == (
        {"observations"},
        {"summary"},
    ):
        return _observations
    return None


def _observations(prompt: Prompt, draws: Draws) -> dict[str, Any]:
    shown = samples.from_reprs(prompt.inputs.get("examples", ""))
    # What was observed before is kept by the caller, which appends this to it.
    passed = notes.read(prompt.inputs.get("observations", ""))
    text = _sentences(notes.merge([passed.every, learn(shown, draws)]))
    if not text and not shown:
        return {}
    text = text or "The examples share no answer that their words would tell."
    return dict.fromkeys(("observations", "summary"), text)


def _description(prompt: Prompt, draws: Draws) -> dict[str, Any]:
    module = prompt.inputs.get("module", "the program")
    text = f"This answers by the fields of its signature, {module}, with one call for each step."
    return dict.fromkeys(("program_description", "module_description"), text)


def _instruction(prompt: Prompt, draws: Draws) -> dict[str, Any]:
    base = next((prompt.inputs[name] for name in BASES if name in prompt.inputs), None)
    base = _best_attempt(prompt.inputs.get("attempted_instructions", "")) if base is None else base
    shown = [
        *samples.from_lines(
            prompt.inputs.get("task_demos", ""), samples.outputs_of(prompt.inputs.get("module", ""))
        ),
        *samples.from_feedback(prompt.inputs.get("examples_with_feedback", "")),
    ]
    fields = samples.outputs_of(prompt.inputs.get("module", ""))
    found = _about(_gathered(prompt, shown, draws), fields)
    room = _room(prompt.inputs.get("tip", ""), draws)
    text = _fitting(notes.strip(base), found, room, prompt.inputs.get("length_limit", ""))
    return dict.fromkeys(INSTRUCTIONS, text)


def _rules(prompt: Prompt, draws: Draws) -> dict[str, Any]:
    found = notes.merge([learn(samples.from_rules(prompt.inputs["examples_text"]), draws)])
    rules = _sentences(found, draws.between(6, 12, 16)) or "Read the input closely before answering."
    return {field.name: rules for field in prompt.task.outputs if field.name.endswith("_rules")}


def _advice(prompt: Prompt, draws: Draws) -> dict[str, Any]:
    """Advice for each module: a note on each field that the labels or the better run have, and it fills."""
    inputs = prompt.inputs
    labelled = samples.from_labels(inputs.get("program_inputs", ""), inputs["oracle_metadata"])
    better = samples.from_labels(inputs.get("program_inputs", ""), inputs.get("better_program_outputs", ""))
    found = notes.merge([learn(labelled or better, draws)])
    advice = {name: _sentences(found) for name in _module_names(inputs.get("module_names", ""))}
    return {"module_advice": advice, "discussion": "The better run gave what the example asks for."}


def _gathered(prompt: Prompt, shown: Iterable[Sample], draws: Draws) -> Notes:
    passed = [notes.read(prompt.inputs[name]).every for name in PASSED_ON if name in prompt.inputs]
    return notes.merge([*passed, learn(list(shown), draws)])


def _about(found: Notes, fields: list[str]) -> Notes:
    """The notes on these fields; all of them when no fields are known."""
    return Notes(tuple(note for note in found.every if not fields or note.field in fields))


def _fitting(base: str, found: Notes, room: int, limit: str) -> str:
    """The instructions with as many words for each answer as a limit of characters leaves room for."""
    said = LIMIT.search(limit)
    if not said:
        return _with_notes(base, found, room)
    texts = (_with_notes(base, found, words) for words in range(room, 0, -1))
    most = int(said[1])
    return next((text for text in texts if len(text) <= most), base[:most])


def _with_notes(base: str, found: Notes, room: int) -> str:
    base = base.strip() or PLAIN.format(fields="that are asked for")
    return f"{base}\n\n{_sentences(found, room)}".strip()


def _room(tip: str, draws: Draws) -> int:
    """How many words to name for each answer."""
    if "concise" in tip:
        return 8
    return draws.between(8, notes.KEPT_WORDS, notes.KEPT_WORDS)


def _sentences(found: Notes | Iterable[Note], most: int = notes.KEPT_WORDS) -> str:
    every = found.every if isinstance(found, Notes) else found
    return "\n".join(notes.sentence(note, most) for note in every)


def _best_attempt(attempts: str) -> str:
    """The last of the attempts, which stand in the order of their scores."""
    found = [
        line.partition(":")[2].strip()
        for line in attempts.splitlines()
        if line.lstrip("«[").find("Instruction #") >= 0
    ]
    return found[-1].strip("«»") if found else ""


def _module_names(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [str(name) for name in found] if isinstance(found, list) else []
