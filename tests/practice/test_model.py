"""The practice model as DSPy sees it: cached, counted, saved, asynchronous, and the same every time."""

import re
from pathlib import Path
from typing import Any

import dspy
import pytest

import dspy_lens_worker.offline as offline
from dspy_lens_worker.offline import PRACTICE_MODEL, practice_lm
from support.practice import deal, demo_module, demo_rows, mipro, practising, random_search, right


def asking() -> Any:
    return dspy.Predict(demo_module("events").HistoricEvent)


@pytest.mark.parametrize("compile", [random_search, mipro])
def test_a_run_repeats_exactly(compile: Any, tmp_path: Path) -> None:
    rows = demo_rows("events")
    states = []
    for _ in range(2):
        with practising(tmp_path):
            states.append(compile(asking(), deal(rows, 0, "event"), right("category")).dump_state())
    assert states[0] == states[1]


def test_proposals_differ_by_rollout_and_replay_over_a_cache_that_holds_some(tmp_path: Path) -> None:
    def draws(rollouts: list[int]) -> list[str]:
        return [
            dspy.Predict("question -> place")(
                question=LONG, config={"rollout_id": id, "temperature": 1.0}
            ).place
            for id in rollouts
        ]

    with practising(tmp_path):
        every = draws([1, 2, 3, 4, 5, 6])
    with practising(tmp_path):
        assert draws([6, 4, 2]) == [every[5], every[3], every[1]]


def test_answers_asked_for_together_differ_from_each_other(tmp_path: Path) -> None:
    with practising(tmp_path):
        found = asking()(
            event="Something happened.", config={"n": 12, "temperature": 1.0}
        ).completions.category
    assert len(found) == 12
    assert len(set(found)) > 1


def test_without_temperature_rollouts_agree(tmp_path: Path) -> None:
    with practising(tmp_path):
        found = {asking()(event="Something happened.", config={"rollout_id": id}).category for id in range(5)}
    assert len(found) == 1


def test_a_question_asked_again_comes_from_the_cache(tmp_path: Path) -> None:
    with practising(tmp_path) as lm:
        asking()(event="The king was crowned.")
        asking()(event="The king was crowned.")
    first, again = lm.history
    assert first["usage"]["prompt_tokens"] > 50
    assert first["usage"]["completion_tokens"] > 0
    assert not again["usage"]
    assert first["outputs"] == again["outputs"]
    assert first["model"] == PRACTICE_MODEL


async def test_it_answers_asynchronously(tmp_path: Path) -> None:
    with practising(tmp_path):
        found = await asking().acall(event="The troops laid siege to the town.")
        assert found.category == asking()(event="The troops laid siege to the town.").category


def test_threads_and_copies_of_a_program_get_the_same_answers(tmp_path: Path) -> None:
    parts = deal(demo_rows("events"), 0, "event")
    metric = right("category")
    with practising(tmp_path, cache=False):
        scores = [
            dspy.Evaluate(devset=parts.test, metric=metric, num_threads=threads)(asking().deepcopy()).score
            for threads in (1, 8)
        ]
    assert scores[0] == scores[1]


def test_a_program_that_holds_the_model_is_saved_and_loaded(tmp_path: Path) -> None:
    program = asking()
    program.set_lm(practice_lm(temperature=0.5))
    program.save(tmp_path / "program.json")
    loaded = asking()
    loaded.load(tmp_path / "program.json", allow_unsafe_lm_state=True)
    with practising(tmp_path):
        assert loaded(event="The troops laid siege to the town.").category
    assert loaded.lm.kwargs["temperature"] == 0.5


def test_the_source_names_no_label_or_word_of_the_demo() -> None:
    labels = {row["category"] for row in demo_rows("events")} | {
        row["desk"] for row in demo_rows("dispatches")
    }
    words = {word.lower() for label in labels for word in re.findall(r"\w+", label)} - {"and"}
    folder = Path(str(offline.__file__)).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py")).lower()
    spoken = set(re.findall(r"[a-z]+", source))
    assert (words | {"event", "events", "category", "dispatch", "desk", "historic"}) & spoken == set()


LONG = "Anna of Lund, Tom of Malmö and Eva of Umeå saw Kiruna, Visby, Turku, Narvik and Bergen."
