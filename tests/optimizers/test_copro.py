"""What COPRO is given, and what it hands back."""

from pathlib import Path

from dspy_lens_worker.optimizers import find, parse_parameters
from support.counting import counting, program
from support.materials import materials

SMALL = {"breadth": 2, "depth": 1}


def test_errors_may_be_limited_although_dspy_does_not_take_that(tmp_path: Path) -> None:
    optimizer = find("copro")
    parameters = parse_parameters(optimizer, {**SMALL, "eval_kwargs": '{"max_errors": 5}'})
    with counting(tmp_path) as bench:
        made = optimizer.compile(parameters, materials(bench, program()))
    assert made.named_predictors()


def test_the_result_holds_no_record_of_the_search(tmp_path: Path) -> None:
    optimizer = find("copro")
    parameters = parse_parameters(optimizer, {**SMALL, "track_stats": "true"})
    with counting(tmp_path) as bench:
        made = optimizer.compile(parameters, materials(bench, program()))
    assert not {"candidate_programs", "total_calls", "results_best"} & set(vars(made))


def test_instructions_are_written_by_the_prompt_model_and_kept_where_they_are_better(tmp_path: Path) -> None:
    optimizer = find("copro")
    with counting(tmp_path, 0.5, by_prompt=True) as bench:
        made = optimizer.compile(
            parse_parameters(optimizer, {"breadth": 5, "depth": 1}), materials(bench, program())
        )
    assert bench.prompt_calls == 1
    assert made.signature.instructions.startswith("proposed_instruction")
