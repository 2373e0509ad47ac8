"""What the practice model writes for optimizers, and what it makes of prompts that only look like theirs."""

from pathlib import Path
from typing import Any

import dspy
import pytest

from dspy_lens_worker.offline import practice_lm
from support.practice import deal, gain, labelling, made_up_rows, practising, right, score

LABELS = ("anchor", "bellows", "candle", "dagger")
ROWS = made_up_rows(LABELS, each=15, seed=4)
PARTS = deal(ROWS, 0, "text")


def with_feedback(example: Any, prediction: Any, *rest: Any) -> Any:
    found = float(example.kind == prediction.kind)
    return dspy.Prediction(score=found, feedback=f"The expected kind is '{example.kind}'.")


def test_gepa_gains_by_feedback_that_quotes_the_answer(tmp_path: Path) -> None:
    def compile(program: Any, parts: Any, metric: Any) -> Any:
        optimizer = dspy.GEPA(
            metric=with_feedback, max_metric_calls=300, reflection_lm=practice_lm(temperature=1.0),
            reflection_minibatch_size=10, num_threads=1,
        )  # fmt: skip
        return optimizer.compile(program, trainset=parts.train, valset=parts.validation[:20])

    with practising(tmp_path):
        assert gain(labelling(ROWS), PARTS, right("kind"), compile) > 0.15


def test_rules_gain(tmp_path: Path) -> None:
    def compile(program: Any, parts: Any, metric: Any) -> Any:
        optimizer = dspy.InferRules(metric=metric, num_candidates=2, num_threads=1)
        return optimizer.compile(program, trainset=parts.train, valset=parts.validation)

    with practising(tmp_path):
        # InferRules changes the class of the signature, so that the program before comes first.
        before = score(labelling(ROWS), PARTS.test, right("kind"))
        assert (
            score(compile(labelling(ROWS), PARTS, right("kind")), PARTS.test, right("kind")) > before + 0.15
        )


def test_copro_never_sees_an_example_and_gains_nothing(tmp_path: Path) -> None:
    def compile(program: Any, parts: Any, metric: Any) -> Any:
        optimizer = dspy.COPRO(metric=metric, breadth=3, depth=2)
        return optimizer.compile(
            program, trainset=parts.train, eval_kwargs={"num_threads": 1, "display_progress": False}
        )

    with practising(tmp_path):
        assert gain(labelling(ROWS), PARTS, right("kind"), compile) == 0


def test_simba_finds_advice_and_demos(tmp_path: Path) -> None:
    optimizer = dspy.SIMBA(metric=right("kind"), bsize=8, num_candidates=2, max_steps=2, num_threads=1)
    with practising(tmp_path):
        found = optimizer.compile(labelling(ROWS), trainset=PARTS.train + PARTS.validation, seed=0)
        assert found(text="nothing known").kind in LABELS


def test_notes_of_several_batches_add_up(tmp_path: Path) -> None:
    first = "For `kind`, words such as oak, elm point to tree."
    second = "For `kind`, words such as ash, oak point to tree.For `kind`, words such as tuna point to fish."
    with practising(tmp_path):
        found = dspy.Predict("observations -> summary")(observations=first + second).summary
    assert "words such as oak, ash, elm point to tree." in found
    assert "words such as tuna point to fish." in found


def test_a_proposal_keeps_the_instruction_and_names_what_tells_the_answers_apart(tmp_path: Path) -> None:
    proposing = dspy.Predict("module, task_demos, basic_instruction -> proposed_instruction")
    demos = (
        "Text: Rotten planks sank the schooner\nKind: wreck\n\n"
        "Text: Gold coins filled the chest\nKind: treasure\n\n"
        "Text: Another schooner lost her mast\nKind: wreck"
    )
    with practising(tmp_path):
        asked = {"module": "Predict(text) -> kind", "task_demos": demos}
        found = proposing(**asked, basic_instruction="Say what it is.").proposed_instruction
    assert found.startswith("Say what it is.")
    assert "schooner" in found.partition(" point to wreck.")[0].splitlines()[-1]
    assert "chest" in found.partition(" point to treasure.")[0].splitlines()[-1]


def test_a_limit_of_characters_is_kept(tmp_path: Path) -> None:
    words = ", ".join(f"word{number}" for number in range(20))
    draft = f"Say what it is.\n\nFor `kind`, words such as {words} point to tree."
    shortening = dspy.Predict("instruction, length_limit -> shortened_instruction")
    with practising(tmp_path):
        limit = "The new instruction must be at most 80 characters."
        found = shortening(instruction=draft, length_limit=limit).shortened_instruction
    assert 40 < len(found) <= 80
    assert found.startswith("Say what it is.")


@pytest.mark.parametrize(
    "signature",
    [
        "examples -> observations",
        "observations -> summary",
        "program_code, program_example -> program_description",
        "examples_text -> house_rules",
        "current_instruction, examples_with_feedback -> new_instruction",
        "program_inputs, oracle_metadata, module_names -> module_advice: dict[str, str]",
        "basic_instruction, task_demos, extra -> proposed_instruction, confidence: float",
    ],
)
@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"Inputs": 3}', "[{}, 1]", "Example({'a': x}) (input_keys={'a'})"]
)
def test_a_users_own_fields_of_these_names_are_answered_whatever_they_hold(
    signature: str, text: str, tmp_path: Path
) -> None:
    asking = dspy.Predict(signature)
    with practising(tmp_path):
        found = asking(**dict.fromkeys(asking.signature.input_fields, text))
    assert set(found.keys()) == set(asking.signature.output_fields)
