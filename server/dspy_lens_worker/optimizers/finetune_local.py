"""Training on this machine by DSPy's own code: what it needs beyond being installed, known before anything is spent."""

import importlib.metadata
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dspy_lens_worker.failure import described

SERVER = b"sglang.launch_server"
BELOW = {"trl": (0, 20), "transformers": (5,)}
"""The first versions that DSPy 3.4's training code does not work with: they renamed what it uses."""


def local_problem(lm: Any, use_peft: bool) -> str | None:
    """Why this model cannot be trained here, or not be asked before it is."""
    return (
        newer_problem(importlib.metadata.version)
        or asked_problem(lm, os.environ)
        or loading_problem(lm, use_peft)
    )


def newer_problem(version: Callable[[str], str]) -> str | None:
    """Which package is too new. `version` says which one is installed."""
    for name, first in BELOW.items():
        if numbers(installed := version(name)) >= first:
            below = f"{name}<{'.'.join(map(str, first))}"
            return (
                f"DSPy's local training does not work with {name} {installed}. "
                f"Install another one: {sys.executable} -m pip install '{below}'"
            )
    return None


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(it) for it in re.findall(r"\d+", version.partition("+")[0])[:3])


def asked_problem(lm: Any, environment: Mapping[str, str]) -> str | None:
    """The model answers before it is trained, so that somebody has to serve it."""
    base = lm.kwargs.get("api_base") or lm.kwargs.get("base_url") or environment.get("OPENAI_API_BASE")
    if lm.model.startswith("openai/") and base:
        return None
    return (
        f"{lm.model} has to be served here before it is trained, by anything that speaks OpenAI's protocol. "
        "Name it as openai/NAME with its api_base, where NAME is its folder or its name on the Hub."
    )


def loading_problem(lm: Any, use_peft: bool) -> str | None:
    """DSPy loads the model after the answers were paid for; its tokenizer tells before whether it can."""
    from transformers import AutoTokenizer

    name = model_name(lm)
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
    except Exception as error:
        return f"{name} cannot be loaded to be trained: {described(error)}. Name its folder, or a model of the Hub."
    if use_peft and not tokenizer.chat_template:
        return (
            f"{name} has no chat template, and DSPy cannot join what LoRA learns with it. Name a chat model."
        )
    return None


def model_name(lm: Any) -> str:
    """The folder, or the name on the Hub, of a model that is served here."""
    return str(lm.model).removeprefix("openai/").removeprefix("local:")


def usual(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the training is told: DSPy asks for bf16, which is refused where there is no GPU."""
    import torch

    return {**({} if torch.cuda.is_available() else {"bf16": False}), **(given or {})}


def own_python_first() -> None:
    """DSPy starts the server of the trained model with whatever `python` is found first: it has to be this one."""
    here = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([here, *filter(None, [os.environ.get("PATH")])])


def end_servers() -> None:
    """Ends the servers of trained models that this process has started, also one that is still getting ready.

    SGLang runs on Linux alone, where a process can see its children.
    """
    for pid in children():
        with suppress(OSError):
            if SERVER in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGTERM)


def children() -> Iterator[int]:
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            yield from map(int, task.read_text().split())
