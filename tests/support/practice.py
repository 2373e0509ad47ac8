"""Optimizing with the practice model through plain DSPy: data to learn from, and scores before and after."""

import importlib.util
import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import dspy

from dspy_lens_worker.offline import practice_lm

DEMO = Path(__file__).parents[2] / "server" / "dspy_lens" / "cli" / "demo_workspace"
VOWELS, CONSONANTS = "aeiou", "bdfgklmnprstvz"

Compile = Callable[[Any, "Parts", Callable[..., float]], Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Parts:
    """Examples dealt out 20 : 50 : 30."""

    train: list[Any]
    validation: list[Any]
    test: list[Any]


@contextmanager
def practising(folder: Path, **parameters: Any) -> Iterator[Any]:
    """The practice model as DSPy's model, over a cache of its own."""
    before = dspy.cache
    dspy.configure_cache(disk_cache_dir=str(folder / "lm"), enable_disk_cache=False, restrict_pickle=True)
    try:
        lm = practice_lm(**parameters)
        with dspy.context(lm=lm, adapter=dspy.ChatAdapter(use_json_adapter_fallback=False)):
            yield lm
    finally:
        dspy.cache = before


def demo_rows(name: str) -> list[Row]:
    """The examples of a file of the demo workspace."""
    text = (DEMO / "data" / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def demo_module(name: str) -> ModuleType:
    """A module of the demo workspace, imported afresh."""
    spec = importlib.util.spec_from_file_location(f"demo_{name}", DEMO / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def made_up_rows(labels: Sequence[str], each: int, seed: int) -> list[Row]:
    """Texts of invented words: each label has twelve words of its own, and all share sixty others."""
    chance = random.Random(seed)
    shared = [_word(chance) for _ in range(60)]
    own = {label: [_word(chance) for _ in range(12)] for label in labels}
    rows = []
    for label in labels:
        for _ in range(each):
            spoken = chance.sample(own[label], 3) + chance.sample(shared, 8)
            chance.shuffle(spoken)
            rows.append({"text": " ".join(spoken), "kind": label})
    chance.shuffle(rows)
    return rows


def labelling(rows: Sequence[Row]) -> Any:
    """A program that gives each row's text one of the labels that the rows have."""
    options: Any = Literal[tuple(sorted({row["kind"] for row in rows}))]
    fields = {"text": (str, dspy.InputField()), "kind": (options, dspy.OutputField())}
    return dspy.Predict(dspy.Signature(fields, "Say which kind the text is of."))


def deal(rows: Sequence[Row], seed: int, *inputs: str) -> Parts:
    """The rows as DSPy examples, dealt out."""
    mixed = [dspy.Example(**row).with_inputs(*inputs) for row in rows]
    random.Random(seed).shuffle(mixed)
    test, validation = int(0.3 * len(mixed)), int(0.5 * len(mixed))
    return Parts(mixed[test + validation :], mixed[test : test + validation], mixed[:test])


def right(field: str) -> Callable[..., float]:
    """A metric: whether one output is as the example has it."""
    return lambda example, prediction, trace=None: float(example[field] == prediction[field])


def score(program: Any, examples: Sequence[Any], metric: Callable[..., float]) -> float:
    """The mean of a metric over examples, from 0 to 1."""
    return sum(metric(it, program(**it.inputs())) for it in examples) / len(examples)


def gain(program: Any, parts: Parts, metric: Callable[..., float], compile: Compile) -> float:
    """How much a compiled program scores above the plain one on held-out examples."""
    before = score(program, parts.test, metric)
    return score(compile(program.deepcopy(), parts, metric), parts.test, metric) - before


def labeled(program: Any, parts: Parts, metric: Callable[..., float]) -> Any:
    return dspy.LabeledFewShot(k=16).compile(program, trainset=parts.train)


def random_search(program: Any, parts: Parts, metric: Callable[..., float]) -> Any:
    # Few candidates and half of the validation part: enough to gain, and quick.
    optimizer = dspy.BootstrapFewShotWithRandomSearch(metric, num_candidate_programs=2, num_threads=1)
    return optimizer.compile(program, trainset=parts.train, valset=parts.validation[::2])


def mipro(program: Any, parts: Parts, metric: Callable[..., float]) -> Any:
    optimizer = dspy.MIPROv2(metric, auto="light", num_threads=1)
    return optimizer.compile(program, trainset=parts.train, valset=parts.validation)


def mipro_without_demos(program: Any, parts: Parts, metric: Callable[..., float], **settings: Any) -> Any:
    optimizer = dspy.MIPROv2(
        metric, auto="light", num_threads=1, max_bootstrapped_demos=0, max_labeled_demos=0, **settings
    )
    return optimizer.compile(program, trainset=parts.train, valset=parts.validation)


def _word(chance: random.Random) -> str:
    return "".join(chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in range(chance.randint(2, 4)))
