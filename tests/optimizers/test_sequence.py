"""Several optimizers one after the other."""

from pathlib import Path
from typing import Any

import pytest

from dspy_lens_worker.optimizers import (
    CallPlan,
    Shape,
    WrongParameter,
    all_optimizers,
    find,
    parse_parameters,
)
from support.counting import counting, program
from support.materials import materials

NAME = "bootstrap,copro"


def test_each_begins_with_the_last_ones_best(tmp_path: Path) -> None:
    optimizer = find(NAME)
    with counting(tmp_path, 0.5, by_prompt=True) as bench:
        made = optimizer.compile(
            parse_parameters(optimizer, {"copro.breadth": 5, "depth": 1}), materials(bench, program())
        )
    assert any("augmented" in it for it in made.demos)
    assert made.signature.instructions.startswith("proposed_instruction")


def test_parameters_are_told_apart_by_the_parts_name() -> None:
    optimizer = find("bootstrap,miprov2")
    for given in (
        {"bootstrap.max_labeled_demos": "2", "miprov2.max_labeled_demos": "1", "auto": "none"},
        {"bootstrap": {"max_labeled_demos": 2}, "miprov2": {"max_labeled_demos": 1, "auto": None}},
        {"bootstrap": '{"max_labeled_demos": 2}', "max_labeled_demos": 1, "auto": "none"},
    ):
        made = parse_parameters(optimizer, given).model_dump()
        assert (made["bootstrap"]["max_labeled_demos"], made["miprov2"]["max_labeled_demos"]) == (2, 1)
        assert made["miprov2"]["auto"] is None


def test_parameters_go_through_an_order_unchanged() -> None:
    optimizer = find("bootstrap_rs,gepa")
    made = parse_parameters(optimizer, {"num_candidate_programs": 3, "gepa.seed": 4})
    assert parse_parameters(find(optimizer.name), made.model_dump(mode="json")) == made
    assert optimizer.parameters.model_validate(made.model_dump(mode="json")) == made


def test_an_optimizer_may_stand_in_it_twice() -> None:
    made = parse_parameters(find("bootstrap,bootstrap"), {"bootstrap_2.max_rounds": 3}).model_dump()
    assert (made["bootstrap"]["max_rounds"], made["bootstrap_2"]["max_rounds"]) == (1, 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"bredth": 3},
            "None of bootstrap,copro has a parameter 'bredth'. Use a name such as bootstrap.metric_",
        ),
        ({"copro.bredth": 3}, "copro has no parameter 'bredth'. Use breadth"),
        ({"copro.breadth": "many"}, "breadth=many does not suit copro"),
    ],
)
def test_a_wrong_parameter_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(WrongParameter) as raised:
        parse_parameters(find(NAME), given)
    assert message in str(raised.value)


def test_what_one_part_needs_or_refuses_holds_for_all() -> None:
    optimizer = find("copro,miprov2")
    assert optimizer.needs == ("optuna",)
    assert optimizer.wants_validation
    problem = optimizer.problem(parse_parameters(optimizer, {"miprov2.num_trials": 3}), Shape(6, 14))
    assert "`auto` decides num_trials" in str(problem)


@pytest.mark.parametrize("second", all_optimizers(), ids=lambda it: it.name)
def test_the_calls_are_those_of_all_parts(second: Any) -> None:
    shape = Shape(6, 14, success=0.5)
    both = find(f"copro,{second.name}")
    parts = (find("copro"), second)
    plans = [it.calls(parse_parameters(it, {}), shape, 0) for it in parts]
    plan = both.calls(parse_parameters(both, {}), shape, 0)
    assert plan.task.expected == pytest.approx(sum(it.task.expected for it in plans))
    assert plan.prompt.expected == pytest.approx(sum(it.prompt.expected for it in plans))
    assert plan.repeated.high <= plan.task.high


def planned(name: str, given: dict[str, Any] | None = None, success: float = 0.5) -> CallPlan:
    optimizer = find(name)
    shape = Shape(6, 14, success=success, measured=1000)
    return optimizer.calls(parse_parameters(optimizer, given or {}), shape, 0)


def test_what_follows_has_the_demos_of_what_came_before_as_often_as_there_are_any() -> None:
    first, both = planned("bootstrap_rs"), planned("bootstrap_rs,copro")
    assert first.again is not None
    assert first.again > 0.05, "the program as it was may be the best"
    assert both.result_demos.expected < first.result_demos.expected
    shown = first.result_demos.expected * (1 - first.again)
    assert both.again is not None
    assert both.result_demos.expected * (1 - both.again) == pytest.approx(shown)


def test_what_was_evaluated_by_the_one_is_known_to_the_next() -> None:
    alone, after = planned("copro"), planned("bootstrap_rs,copro")
    before = planned("bootstrap_rs")
    assert after.repeated.expected == pytest.approx(before.repeated.expected + alone.repeated.expected + 14)
    unknown = planned("bootstrap,copro").repeated.expected
    assert unknown == pytest.approx(planned("bootstrap").repeated.expected + alone.repeated.expected)


def test_miprov2_evaluates_what_it_is_given_with_its_demos_and_may_keep_it() -> None:
    alone, after = planned("miprov2"), planned("bootstrap,miprov2")
    assert after.demos.expected > alone.demos.expected
    assert after.again == 0
    demos = planned("bootstrap").result_demos.expected
    assert alone.again is not None
    kept = alone.result_demos.expected * (1 - alone.again) + demos * alone.again
    assert after.result_demos.expected == pytest.approx(kept)


def test_the_best_on_the_way_is_most_likely_of_the_step_that_chose_among_most() -> None:
    given = {"strategy": "p -> w", "w": "copro", "p_parameters.num_candidate_programs": 9}
    plan, first = planned("better_together", given), planned("bootstrap_rs", {"num_candidate_programs": 9})
    assert plan.again is not None
    assert first.again is not None
    shown = plan.result_demos.expected * (1 - plan.again)
    assert shown == pytest.approx(first.result_demos.expected * (1 - first.again))
    assert plan.task.high == plan.task.low + (first.task.high - first.task.low)


def test_prompts_that_a_model_is_trained_on_have_the_demos_that_were_found() -> None:
    given = {"strategy": "p -> w", "p_parameters.num_candidate_programs": 2}
    plan = planned("better_together", given)
    assert plan.trained_demos.expected > plan.trained_bootstrapped > 0.5
    assert planned("finetune").trained_demos.expected == 0
