"""Optimizing really changes how often the practice model is right, for the reasons that it should."""

import random
from pathlib import Path
from statistics import mean
from typing import Any

import dspy
import pytest

from support.practice import (
    Compile,
    Row,
    deal,
    demo_module,
    demo_rows,
    gain,
    labeled,
    labelling,
    made_up_rows,
    mipro,
    mipro_without_demos,
    practising,
    random_search,
    right,
)

LABELS = ("anchor", "bellows", "candle", "dagger", "easel", "flute")
SPLITS = range(3)


class SilentEngine:
    """A prompt model that always writes the same, in which no word of any example stands."""

    def complete(self, request: Any) -> Any:
        from dspy.lm15 import Message, Response, Usage

        names = (
            "observations",
            "summary",
            "program_description",
            "module_description",
            "proposed_instruction",
        )
        text = "\n\n".join(f"[[ ## {name} ## ]]\nDo it carefully." for name in names)
        return Response(
            id=None, model=request.model, message=Message.assistant(text), finish_reason="stop",
            usage=Usage(input_tokens=1, output_tokens=1),
        )  # fmt: skip


def gains_on(rows: list[Row], compile: Compile, tmp_path: Path) -> list[float]:
    """Held-out gains over several splits."""
    with practising(tmp_path):
        return [gain(labelling(rows), deal(rows, seed, "text"), right("kind"), compile) for seed in SPLITS]


def renamed(rows: list[Row], names: dict[str, str]) -> list[Row]:
    return [{**row, "kind": names[row["kind"]]} for row in rows]


def historic_rows() -> list[Row]:
    """The demo's descriptions and labels, under the names that this file's program uses."""
    return [{"text": row["event"], "kind": row["category"]} for row in demo_rows("events")]


@pytest.mark.parametrize("compile", [labeled, random_search, mipro, mipro_without_demos])
def test_held_out_scores_rise_on_the_demo(compile: Compile, tmp_path: Path) -> None:
    program = dspy.Predict(demo_module("events").HistoricEvent)
    rows = demo_rows("events")
    with practising(tmp_path):
        gains = [gain(program, deal(rows, seed, "event"), right("category"), compile) for seed in SPLITS]
    assert min(gains) > 0
    assert mean(gains) > 0.08


@pytest.mark.parametrize("compile", [random_search, mipro_without_demos])
def test_gains_stay_when_all_labels_are_renamed_to_nonsense(compile: Compile, tmp_path: Path) -> None:
    rows = historic_rows()
    names = dict(zip(sorted({row["kind"] for row in rows}), _nonsense(), strict=False))
    gains = gains_on(renamed(rows, names), compile, tmp_path)
    assert min(gains) > 0
    assert mean(gains) > 0.08


@pytest.mark.parametrize("compile", [random_search, mipro_without_demos])
def test_shuffled_labels_teach_nothing_about_held_out_examples(compile: Compile, tmp_path: Path) -> None:
    rows = historic_rows()
    gains = []
    with practising(tmp_path):
        for seed in SPLITS:
            parts = deal(rows, seed, "text")
            seen = [*parts.train, *parts.validation]
            labels = [it.kind for it in seen]
            random.Random(seed).shuffle(labels)
            for it, label in zip(seen, labels, strict=True):
                it.kind = label
            gains.append(gain(labelling(rows), parts, right("kind"), compile))
    assert mean(gains) < 0.04


@pytest.mark.parametrize("compile", [labeled, mipro_without_demos])
def test_gains_do_not_rest_on_any_language(compile: Compile, tmp_path: Path) -> None:
    gains = gains_on(made_up_rows(LABELS, each=20, seed=1), compile, tmp_path)
    assert mean(gains) > 0.2


def test_instructions_that_name_no_words_gain_nothing(tmp_path: Path) -> None:
    silent = dspy.LM("silent/writer", engine=SilentEngine())

    def compile(program: Any, parts: Any, metric: Any) -> Any:
        return mipro_without_demos(program, parts, metric, prompt_model=silent)

    assert gains_on(made_up_rows(LABELS, each=15, seed=2), compile, tmp_path) == [0, 0, 0]


def test_hints_written_by_hand_help(tmp_path: Path) -> None:
    rows = made_up_rows(LABELS, each=15, seed=3)
    words: dict[str, set[str]] = {label: set() for label in LABELS}
    for row in rows:
        words[row["kind"]].update(row["text"].split())
    own = {
        label: sorted(found - set().union(*(words[other] for other in LABELS if other != label)))
        for label, found in words.items()
    }
    hints = "\n".join(f"- {label}: {', '.join(found)}." for label, found in own.items())

    def write(program: Any, parts: Any, metric: Any) -> Any:
        program.signature = program.signature.with_instructions(f"Say which kind the text is of.\n{hints}")
        return program

    assert mean(gains_on(rows, write, tmp_path)) > 0.5


def _nonsense() -> list[str]:
    return [
        "vorb",
        "quim",
        "tasple",
        "drinok",
        "felgu",
        "morvit",
        "zabble",
        "ollik",
        "pranu",
        "hexin",
        "wubbet",
    ]
