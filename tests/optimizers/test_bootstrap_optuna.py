"""The search for one demo a step."""

from pathlib import Path
from typing import Any

from dspy_lens_worker.optimizers import find, parse_parameters
from support.counting import counting, program
from support.materials import materials


def compiled(tmp_path: Path, given: dict[str, Any], success: float = 0.5, **work: Any) -> Any:
    optimizer = find("bootstrap_optuna")
    parameters = parse_parameters(optimizer, {"num_candidate_programs": 4, **given})
    with counting(tmp_path, success, by_prompt=True) as bench:
        return optimizer.compile(parameters, materials(bench, program(2), **work))


def test_each_step_has_one_demo(tmp_path: Path) -> None:
    assert [len(it.demos) for it in compiled(tmp_path, {}).predictors()] == [1, 1]


def test_where_nothing_succeeds_there_is_no_demo_and_no_error(tmp_path: Path) -> None:
    made = compiled(tmp_path, {"max_labeled_demos": 0}, success=0.0)
    assert [len(it.demos) for it in made.predictors()] == [0, 0]


def test_the_search_is_the_same_again_for_the_same_seed(tmp_path: Path) -> None:
    first, again, other = (compiled(tmp_path, {}, seed=it).dump_state() for it in (1, 1, 2))
    assert first == again != other


def test_demos_are_kept_while_they_are_made(tmp_path: Path) -> None:
    kept: list[Any] = []
    compiled(tmp_path, {"max_demos": 2}, success=1.0, keep=kept.append)
    assert len(kept) == 2
