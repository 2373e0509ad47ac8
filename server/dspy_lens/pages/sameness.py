"""Which examples say the same, and which text holds another word for word. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dspy_lens.pages.texts import as_text
from dspy_lens_worker.messages import OrderExample

WORD = re.compile(r"\w+")
FEWEST_WORDS = 6  # of a text that is recognized inside another; fewer stand in many by chance


def plain_words(value: object) -> str:
    """The words of a value, whatever their case, and what stands between them."""
    return " ".join(WORD.findall(as_text(value).casefold()))


def key_of(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """What two inputs have in common that only differ in case, spaces or punctuation."""
    return tuple(sorted((name, plain_words(it)) for name, it in values.items()))


def groups(examples: Iterable[OrderExample]) -> list[list[OrderExample]]:
    """Examples by inputs that say the same, each group in the order of its records."""
    found: dict[tuple[tuple[str, str], ...], list[OrderExample]] = {}
    for it in examples:
        found.setdefault(key_of(it.inputs), []).append(it)
    return [sorted(it, key=lambda each: each.row) for it in found.values()]


def across(examples: Sequence[OrderExample]) -> list[OrderExample]:
    """Held-out examples that say the same as one which the optimizer saw."""
    return [
        it
        for group in groups(examples)
        if {each.part for each in group} > {"test"}
        for it in group
        if it.part == "test"
    ]


def contradictions(examples: Sequence[OrderExample]) -> list[list[OrderExample]]:
    """Groups of examples with the same inputs and different labels."""
    return [it for it in groups(examples) if len({key_of(each.labels) for each in it if each.labels}) > 1]


def alike(examples: Sequence[OrderExample]) -> int:
    """How many examples say the same as an earlier one."""
    return sum(len(it) - 1 for it in groups(examples))


def quoted(text: str, examples: Iterable[OrderExample]) -> list[OrderExample]:
    """Examples of which a long input or label stands in the text word for word."""
    held = f" {plain_words(text)} "
    return [it for it in examples if any(f" {words} " in held for words in long_texts(it))]


def long_texts(example: OrderExample) -> list[str]:
    every = (plain_words(it) for it in (*example.inputs.values(), *example.labels.values()))
    return [it for it in every if it.count(" ") + 1 >= FEWEST_WORDS]


def shown_as_demo(demos: Iterable[Mapping[str, Any]], examples: Iterable[OrderExample]) -> list[OrderExample]:
    """Examples whose inputs are those of a demo."""
    held = {name for it in demos for name in it}
    known = [{name: plain_words(it) for name, it in demo.items()} for demo in demos]
    return [
        it
        for it in examples
        if it.inputs
        and it.inputs.keys() <= held
        and any(
            all(demo.get(name) == plain_words(given) for name, given in it.inputs.items()) for demo in known
        )
    ]
