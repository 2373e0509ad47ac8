"""What a run folder holds beside events and answers: the prompts it sent, and the program before and after."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dspy_lens_worker.messages import BASELINE, ORDER, PROMPTS, Order, Prompt

State = Mapping[str, Any]
FLAT = "self"  # DSPy's name of a program that is a predictor itself


def kept_prompts(folder: Path) -> tuple[Prompt, ...]:
    """What was sent for one held-out example, before and after; bad lines are dropped."""
    try:
        lines = (folder / PROMPTS).read_bytes().splitlines()
    except OSError:
        return ()
    return tuple(it for line in lines if (it := prompt_from(line)) is not None)


def prompt_from(line: bytes) -> Prompt | None:
    try:
        return Prompt.model_validate_json(line)
    except ValidationError:
        return None


def instructions_before(folder: Path) -> dict[str, str]:
    """Instructions by predictor as they were when the run started; empty where nobody wrote them down."""
    try:
        state = json.loads((folder / BASELINE).read_bytes())
    except (OSError, ValueError):
        return instructions_ordered(folder)
    return {name: it for name, one in predictors_of(state) if (it := instructions_in(one)) is not None}


def instructions_ordered(folder: Path) -> dict[str, str]:
    """What the order says of a bare signature, for runs that failed before they wrote their state."""
    try:
        target = Order.model_validate_json((folder / ORDER).read_bytes()).target
    except (OSError, ValidationError):
        return {}
    if target.kind == "program" or target.instructions is None:
        return {}
    return {"predict" if target.wrapper == "ChainOfThought" else FLAT: target.instructions}


def predictors_of(state: object) -> Iterator[tuple[str, State]]:
    """The predictors in DSPy's state by name; a lone predictor's state is flat."""
    if not isinstance(state, dict):
        return
    if isinstance(state.get("demos"), list) and "signature" in state:
        yield FLAT, state
        return
    for name, it in state.items():
        if isinstance(it, dict) and "signature" in it:
            yield name, it


def instructions_in(state: State) -> str | None:
    signature = state.get("signature")
    found = signature.get("instructions") if isinstance(signature, dict) else None
    return found if isinstance(found, str) else None


def demos_in(state: State) -> list[dict[str, Any]]:
    found = state.get("demos")
    return [it for it in found if isinstance(it, dict)] if isinstance(found, list) else []
