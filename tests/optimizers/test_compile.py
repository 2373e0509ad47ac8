"""What compiled programs are like, and what is kept when a run stops."""

from pathlib import Path
from typing import Any

import pytest

from dspy_lens_worker.optimizers import find, parse_parameters
from support.counting import counting, program
from support.materials import materials


def test_labelled_examples_become_demos_without_a_call(tmp_path: Path) -> None:
    optimizer = find("labeled")
    with counting(tmp_path) as bench:
        made = optimizer.compile(parse_parameters(optimizer, {"k": 5}), materials(bench, program()))
    assert len(made.demos) == 5
    assert bench.task_calls == 0


def test_bootstrapping_keeps_what_it_has_after_each_demo(tmp_path: Path) -> None:
    kept: list[Any] = []
    optimizer = find("bootstrap")
    with counting(tmp_path, 0.5) as bench:
        made = optimizer.compile(parse_parameters(optimizer, {}), materials(bench, program(), kept.append))
    own = [sum(1 for demo in it.demos if "augmented" in demo) for it in kept]
    assert own == list(range(1, len(own) + 1))
    assert kept[-1].dump_state() == made.dump_state()


def test_a_stop_in_the_middle_leaves_the_demos_so_far(tmp_path: Path) -> None:
    kept: list[Any] = []

    def stopping(*given: Any) -> float:
        if len(kept) == 2:
            raise KeyboardInterrupt
        return 1.0

    optimizer = find("bootstrap")
    with counting(tmp_path, 1.0) as bench:
        work = materials(bench, program(), kept.append, metric=stopping)
        with pytest.raises(KeyboardInterrupt):
            optimizer.compile(parse_parameters(optimizer, {}), work)
    assert sum(1 for it in kept[-1].demos if "augmented" in it) == 2


def test_a_program_that_was_compiled_before_can_be_compiled_again(tmp_path: Path) -> None:
    optimizer = find("bootstrap_rs")
    parameters = parse_parameters(optimizer, {"num_candidate_programs": 1})
    with counting(tmp_path) as bench:
        once = optimizer.compile(parameters, materials(bench, program(2)))
        twice = optimizer.compile(parameters, materials(bench, once))
    assert [name for name, _ in twice.named_predictors()] == ["plan", "answer"]


def test_demos_are_made_by_the_teachers_model(tmp_path: Path) -> None:
    import dspy

    optimizer = find("bootstrap")
    with counting(tmp_path) as bench:
        teacher = dspy.LM("fake/teacher", engine=bench.task)
        work = materials(bench, program(), teacher_model=teacher)
        optimizer.compile(parse_parameters(optimizer, {}), work)
    assert bench.counted.calls.keys() == {"fake/teacher"}


def test_another_seed_orders_the_examples_otherwise(tmp_path: Path) -> None:
    optimizer = find("bootstrap")
    parameters = parse_parameters(optimizer, {})
    with counting(tmp_path) as bench:
        made = [optimizer.compile(parameters, materials(bench, program(), seed=it)) for it in (0, 0, 7)]
    states = [it.dump_state() for it in made]
    assert states[0] == states[1] != states[2]


def test_the_result_holds_no_record_of_the_search(tmp_path: Path) -> None:
    for name in ("bootstrap_rs", "miprov2"):
        optimizer = find(name)
        given = {"num_candidate_programs": 1} if name == "bootstrap_rs" else {}
        with counting(tmp_path) as bench:
            made = optimizer.compile(parse_parameters(optimizer, given), materials(bench, program()))
        assert not {"candidate_programs", "trial_logs"} & set(vars(made))


def test_the_same_seed_asks_the_same_questions_again(tmp_path: Path) -> None:
    optimizer = find("miprov2")
    parameters = parse_parameters(optimizer, {})
    with counting(tmp_path) as bench:
        first = optimizer.compile(parameters, materials(bench, program(2), seed=3))
        sent = len(bench.task.sent) + len(bench.prompt.sent)
        second = optimizer.compile(parameters, materials(bench, program(2), seed=3))
        assert len(bench.task.sent) + len(bench.prompt.sent) == sent
    assert first.dump_state() == second.dump_state()
