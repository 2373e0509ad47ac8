"""InferRules without its faults."""

from pathlib import Path
from typing import Any

import dspy

from dspy_lens_worker.optimizers import find, parse_parameters
from support.counting import CountingEngine, counting, program
from support.materials import materials

OWN = "Please adhere to the following rules"


class Asked(dspy.Signature):  # type: ignore[misc]
    """Answer the question."""

    question: str = dspy.InputField()
    answer: str = dspy.OutputField()


def test_the_users_signature_stays_as_it_is(tmp_path: Path) -> None:
    optimizer = find("infer_rules")
    with counting(tmp_path) as bench:
        made = optimizer.compile(
            parse_parameters(optimizer, {"num_candidates": 2}), materials(bench, dspy.Predict(Asked))
        )
    assert Asked.instructions == "Answer the question."
    assert made.signature.instructions.startswith(f"Answer the question.\n\n{OWN}")


def test_the_best_rules_are_returned_and_not_the_last_ones(tmp_path: Path) -> None:
    class Fading(CountingEngine):
        """Knows the answer as long as the rules are the first ones."""

        def value(self, name: str, last: str, prompt: str) -> str:
            first = OWN in prompt and "first rules" in prompt
            return "right" if name == "answer" and first else super().value(name, last, prompt)

        def text(self, name: str, prompt: str) -> str:
            return "later rules" if self.sent else "first rules"

    optimizer = find("infer_rules")
    with counting(tmp_path, 0.0) as bench:
        task, prompt = (dspy.LM(it, engine=Fading(0.0)) for it in ("fake/fading", "fake/rules"))
        work = materials(bench, program(), model=task, prompt_model=prompt)
        made = optimizer.compile(parse_parameters(optimizer, {"num_candidates": 3}), work)
    assert "first rules" in made.signature.instructions
    assert "later rules" not in made.signature.instructions


def test_rules_are_written_by_the_prompt_model(tmp_path: Path) -> None:
    optimizer = find("infer_rules")
    with counting(tmp_path) as bench:
        teacher = dspy.LM("fake/teacher", engine=bench.task)
        work = materials(bench, program(2), teacher_model=teacher)
        optimizer.compile(parse_parameters(optimizer, {"num_candidates": 2}), work)
    assert bench.prompt_calls == 4


def test_a_reply_without_rules_costs_no_run(tmp_path: Path) -> None:
    class Silent(CountingEngine):
        def reply(self, last: str, prompt: str) -> str:
            return "I would rather not."

    kept: list[Any] = []
    optimizer = find("infer_rules")
    with counting(tmp_path) as bench:
        work = materials(bench, program(), kept.append, prompt_model=dspy.LM("fake/silent", engine=Silent()))
        made = optimizer.compile(parse_parameters(optimizer, {"num_candidates": 1}), work)
    assert OWN not in made.signature.instructions
    assert kept[-1].demos == made.demos
