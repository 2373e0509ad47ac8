"""A model that counts: a DSPy engine, so that it goes through DSPy's real cache, retries and callbacks.

It answers every output field that a prompt asks for, as text or JSON; asked for a verdict, it finds an answer right
that is. Whether an answer is "right" follows
from a digest of the question alone, or of the whole prompt, so that a share `success` of all answers is right.
With some `noise`, a part of the answers follows from the prompt and from how often it was asked, the others from
the question. Free texts follow from the prompt, and from how often it was asked.
"""

import hashlib
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

WORDS = ("river", "stone", "harbour", "lantern", "meadow", "copper", "silver", "thunder", "orchard", "winter")
TEXT = 40  # words of a free text
PROPOSAL = 80  # words of what a prompt model writes
_ASKED = re.compile(r"\[\[ ## (\w+) ## \]\]")
_ASKED_AS_JSON = re.compile(r"`(\w+)`")
_MODULES = re.compile(r"\[\[ ## module_names ## \]\]\n(.*?)\n\n", re.S)
_QUESTION = re.compile(r"\[\[ ## question ## \]\]\n(.*?)\n\n", re.S)
_JUDGED = re.compile(r"\[\[ ## answer ## \]\]\n(.*?)\n\n", re.S)


@dataclass
class CountingEngine:
    """Answers at once, and keeps what it was asked: one text for each request that was sent."""

    success: float = 0.5
    by_prompt: bool = False
    noise: float = 0.0
    wordy: float = 1.0  # how much longer than usual its free texts are
    reasons: int = TEXT  # words of its reasoning
    sent: list[str] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    lock: Any = field(default_factory=threading.Lock)

    def __deepcopy__(self, memo: Any) -> "CountingEngine":
        """A copy of a program asks the same model."""
        return self

    def complete(self, request: Any) -> Any:
        from dspy.lm15 import Message, Response, Usage

        system = request.system if isinstance(request.system, str) else ""
        texts = [system, *(it.text or "" for it in request.messages)]
        prompt = "\n".join(texts)
        reply = self.reply(texts[-1], prompt)
        used = sum(tokens(it) + 4 for it in texts if it) + 3, tokens(reply)
        with self.lock:
            self.sent.append(prompt)
            self.asked[prompt] += 1
            self.input_tokens += used[0]
            self.output_tokens += used[1]
        usage = Usage(input_tokens=used[0], output_tokens=used[1])
        return Response(
            id=None, model=request.model, message=Message.assistant(reply), finish_reason="stop", usage=usage
        )

    def reply(self, last: str, prompt: str) -> str:
        _, as_json, names = last.rpartition("Respond with a JSON object in the following order of fields: ")
        if as_json:
            return json.dumps({it: self.value(it, last, prompt) for it in _ASKED_AS_JSON.findall(names)})
        asked = last.rpartition("Respond with the corresponding output fields")[2]
        fields = [it for it in _ASKED.findall(asked) if it != "completed"]
        return "".join(f"[[ ## {it} ## ]]\n{self.value(it, last, prompt)}\n\n" for it in fields) + (
            "[[ ## completed ## ]]"
        )

    def value(self, name: str, last: str, prompt: str) -> str:
        if name == "module_advice":
            found = _MODULES.findall(last)
            return json.dumps({it: self.text(name, prompt) for it in json.loads(found[-1])})
        if name == "verdict":
            return "right" if _JUDGED.findall(last)[-1:] == ["right"] else "wrong"
        if name != "answer":
            return self.text(name, prompt)
        found = _QUESTION.findall(last)
        subject = prompt if self.by_prompt or not found else found[-1]
        if self.noise and drawn(varied := f"{self.asked[prompt]} {prompt}") < self.noise:
            subject = f"again {varied}"
        return "right" if drawn(subject) < self.success else "wrong"

    def text(self, name: str, prompt: str) -> str:
        """A free text; whoever asks the same again, past the cache, gets another one."""
        again = self.asked[prompt]
        usual = {"hint": TEXT, "reasoning": self.reasons}.get(name, PROPOSAL)
        count = round(self.wordy * usual)
        return f"{name} {words(prompt if not again else f'{again} {prompt}', count)}"


def drawn(text: str) -> float:
    """A number from 0 to 1 that follows from the text."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


@lru_cache(maxsize=20_000)
def words(seed: str | int, count: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count))


@lru_cache(maxsize=20_000)
def tokens(text: str) -> int:
    """Tokens of a text, by the encoding of current OpenAI models."""
    from dspy_lens_worker.measure.tokens import counter

    return counter("openai/gpt-4o-mini")(text)


@dataclass
class CallCount:
    """Logical calls, cache hits included, by the name of the model."""

    calls: dict[str, int] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.Lock)

    def callback(self) -> Any:
        from dspy.utils.callback import BaseCallback

        outer = self

        class Count(BaseCallback):  # type: ignore[misc]
            def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
                with outer.lock:
                    outer.calls[instance.model] = outer.calls.get(instance.model, 0) + 1

        return Count()


@dataclass
class Bench:
    """Two models with their engines, and the count of logical calls."""

    task: CountingEngine
    prompt: CountingEngine
    counted: CallCount
    task_model: Any
    prompt_model: Any

    @property
    def task_calls(self) -> int:
        return self.counted.calls.get("fake/task", 0)

    @property
    def prompt_calls(self) -> int:
        return self.counted.calls.get("fake/prompt", 0)


@contextmanager
def counting(
    cache: Path | None, success: float = 0.5, by_prompt: bool = False, noise: float = 0.0, wordy: float = 1.0
) -> Iterator[Bench]:
    """Models that count, with a cache of their own, without a folder in memory.

    DSPy's settings hold inside only.
    """
    import dspy

    dspy.configure_cache(
        disk_cache_dir=str(cache) if cache else None,
        enable_disk_cache=cache is not None,
        enable_memory_cache=cache is None,
    )
    task, prompt, counted = (
        CountingEngine(success, by_prompt, noise, wordy), CountingEngine(wordy=wordy), CallCount(),
    )  # fmt: skip
    task_model = dspy.LM("fake/task", engine=task)
    prompt_model = dspy.LM("fake/prompt", engine=prompt)
    try:
        with dspy.context(lm=task_model, callbacks=[counted.callback()], track_usage=False):
            yield Bench(task, prompt, counted, task_model, prompt_model)
    finally:
        if cache is not None:
            dspy.cache.disk_cache.close()


def right(example: Any, prediction: Any, trace: Any = None, *others: Any) -> float:
    """The metric: whether the answer is "right"."""
    return float(prediction.answer == "right")


def examples(count: int, start: int = 0) -> list[Any]:
    """Labelled examples that all differ."""
    import dspy

    return [
        dspy.Example(question=f"{it}: {words(it, 8)}?", answer="right").with_inputs("question")
        for it in range(start, start + count)
    ]


def program(predictors: int = 1) -> Any:
    """A bare predictor, or a program that runs two in a row."""
    import dspy

    if predictors == 1:
        return dspy.Predict("question -> answer")

    class TwoSteps(dspy.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.plan = dspy.Predict("question -> hint")
            self.answer = dspy.Predict("question, hint -> answer")

        def forward(self, question: str) -> Any:
            return self.answer(question=question, hint=self.plan(question=question).hint)

    return TwoSteps()
