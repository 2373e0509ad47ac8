"""Optimizers by name, which one `auto` takes, and parameters from text."""

import inspect
from typing import Any

import pytest

from dspy_lens_worker.optimizers import (
    Shape,
    UnknownOptimizer,
    WrongParameter,
    all_optimizers,
    choose,
    find,
    parse_parameters,
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("labeled", "labeled"),
        ("LabeledFewShot", "labeled"),
        ("dspy.BootstrapFewShot", "bootstrap"),
        ("BOOTSTRAPRS", "bootstrap_rs"),
        ("BootstrapFewShotWithRandomSearch", "bootstrap_rs"),
        ("MIPROv2", "miprov2"),
        ("MIPRO", "miprov2"),
        ("BayesianSignatureOptimizer", "miprov2"),
        ("COPRO", "copro"),
        ("SignatureOptimizer", "copro"),
        ("dspy.GEPA", "gepa"),
        ("SIMBA", "simba"),
        ("InferRules", "infer_rules"),
        ("BootstrapFewShotWithOptuna", "bootstrap_optuna"),
        ("KNNFewShot", "knn"),
        ("dspy.Ensemble", "ensemble"),
        ("BetterTogether", "better_together"),
        ("dspy.BootstrapFinetune", "finetune"),
        ("BootstrapRS, dspy.MIPROv2", "bootstrap_rs,miprov2"),
    ],
)
def test_an_optimizer_is_found_by_our_name_and_by_dspys_old_and_new(name: str, found: str) -> None:
    assert find(name).name == found


def test_an_unknown_name_lists_the_nearest() -> None:
    with pytest.raises(UnknownOptimizer, match=r"no optimizer called 'mipro2'\. Use miprov2"):
        find("mipro2")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("AvatarOptimizer", "AvatarOptimizer is not supported yet: it does not work in DSPy 3.4"),
        ("bootstrap, mipro2", "no optimizer called 'mipro2'. Use miprov2"),
        ("bootstrap,", "no optimizer called ''"),
    ],
)
def test_what_cannot_be_used_says_why(name: str, message: str) -> None:
    with pytest.raises(UnknownOptimizer) as raised:
        find(name)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("labelled", "name"),
    [(1, "miprov2"), (2, "miprov2"), (3, "bootstrap"), (19, "bootstrap"), (20, "bootstrap_rs"),
     (299, "bootstrap_rs"), (300, "miprov2")],
)  # fmt: skip
def test_auto_chooses_by_the_number_of_labelled_examples(labelled: int, name: str) -> None:
    assert choose(labelled)[0] == name


def test_auto_is_zero_shot_for_one_or_two_examples() -> None:
    name, given = choose(2)
    parameters = parse_parameters(find(name), given).model_dump()
    assert (parameters["max_bootstrapped_demos"], parameters["max_labeled_demos"]) == (0, 0)


def test_text_becomes_the_parameters_type() -> None:
    given = {"restrict": "[-3, 0]", "stop_at_score": "none", "labeled_sample": "false", "max_rounds": "2"}
    parameters = parse_parameters(find("bootstrap_rs"), given).model_dump()
    assert {key: parameters[key] for key in given} == {
        "restrict": [-3, 0],
        "stop_at_score": None,
        "labeled_sample": False,
        "max_rounds": 2,
    }


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("bootstrap", {"max_bootstraped_demos": "3"}, r"no parameter 'max_bootstraped_demos'\. Use max_boot"),
        ("bootstrap", {"max_rounds": "0"}, r"max_rounds=0 does not suit bootstrap: input should be greater"),
        ("miprov2", {"auto": "lite"}, r"auto=lite does not suit miprov2: .*'light', 'medium' or 'heavy'"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_would_do(
    name: str, given: dict[str, str], message: str
) -> None:
    with pytest.raises(WrongParameter, match=message):
        parse_parameters(find(name), given)


ELSEWHERE = {
    "self": "is no parameter",
    "metric": "is the run's",
    "student": "is the target",
    "task_model": "is the run's model",
    "prompt_model": "is the run's prompt model",
    "reflection_lm": "is the run's prompt model",
    "teacher": "is the target itself, asked through the run's teacher model",
    "trainset": "is dealt out of the examples",
    "valset": "is dealt out of the examples",
    "programs": "are made by the optimizer that Ensemble's `of` names, or by earlier runs",
}
ADDED = {
    "ensemble": {"of", "parameters", "best", "runs", "field"},
    "better_together": {"p", "w", "p_parameters", "w_parameters"},
    "finetune": {"provider", "training_price"},
}
"""What DSPy leaves to whoever calls it."""
OTHERWISE = {("ensemble", "reduce_fn")}
"""Whose default is another: without it DSPy answers with a list, which no metric can score."""


@pytest.mark.parametrize("optimizer", all_optimizers(), ids=lambda it: it.name)
def test_every_parameter_of_dspy_is_there_with_its_default_and_a_description(optimizer: Any) -> None:
    import dspy

    made = getattr(dspy.teleprompt, next(it for it in optimizer.aliases if hasattr(dspy.teleprompt, it)))
    theirs = {
        key: it
        for function in functions_of(made)
        for key, it in inspect.signature(function).parameters.items()
        if key not in ELSEWHERE and it.kind is not it.VAR_KEYWORD
    }
    fields = optimizer.parameters.model_fields
    assert set(fields) == set(theirs) | ADDED.get(optimizer.name, set())
    given = {
        key: it.default
        for key, it in theirs.items()
        if it.default is not it.empty and (optimizer.name, key) not in OTHERWISE
    }
    assert {key: fields[key].default for key in given} == given
    assert all(it.description for it in fields.values())


KEYWORDS_OF = {"KNNFewShot": "BootstrapFewShot", "InferRules": "BootstrapFewShot"}
"""Whose parameters the open keywords of a constructor are."""


def functions_of(made: Any) -> list[Any]:
    """`compile` and the constructor; that of another class too where keywords are handed on to it."""
    import dspy

    other = KEYWORDS_OF.get(made.__name__)
    return [
        *([getattr(dspy.teleprompt, other).__init__] if other else []),
        made.compile,
        made.__init__,
    ]


def test_open_keywords_are_those_of_a_known_class_or_take_nothing() -> None:
    import dspy

    open_ended = set()
    for optimizer in all_optimizers():
        made = getattr(dspy.teleprompt, next(it for it in optimizer.aliases if hasattr(dspy.teleprompt, it)))
        parameters = inspect.signature(made.__init__).parameters.values()
        if any(it.kind is it.VAR_KEYWORD for it in parameters):
            open_ended.add(made.__name__)
    # COPRO swallows whatever it is given besides, so that here a wrong name is refused; those of
    # BetterTogether are its optimizers.
    assert open_ended == {*KEYWORDS_OF, "COPRO", "BetterTogether"}


@pytest.mark.parametrize(
    ("name", "given", "shape", "message"),
    [
        ("miprov2", {"max_bootstrapped_demos": 0}, Shape(5, 20), "cannot use labelled demos alone"),
        ("miprov2", {"num_trials": 5}, Shape(5, 20), "`auto` decides num_trials itself"),
        (
            "miprov2",
            {"auto": "none", "num_candidates": 4},
            Shape(5, 20),
            "needs num_candidates and num_trials",
        ),
        (
            "miprov2",
            {"auto": "none", "num_candidates": 4, "num_trials": 5},
            Shape(5, 20),
            "A minibatch of 35 is larger than the validation part of 20",
        ),
        ("miprov2", {}, Shape(0, 0), "no example"),
        ("bootstrap_rs", {"restrict": [99]}, Shape(5, 20), "`restrict` matches no candidate"),
        ("bootstrap_rs", {"max_bootstrapped_demos": 0}, Shape(5, 20), "needs bootstrapped demos"),
        ("bootstrap_rs", {}, Shape(0, 0), "no example"),
        ("bootstrap", {"teacher_settings": {"lm": "x"}}, Shape(5, 20), "run's `teacher`"),
        ("labeled", {}, Shape(0, 0), "no labelled example"),
        ("copro", {"eval_kwargs": {"failure_score": 1}}, Shape(5, 20), "COPRO cannot pass failure_score on"),
        ("copro", {}, Shape(0, 0), "no example"),
        (
            "gepa",
            {"auto": "light", "max_metric_calls": 50},
            Shape(5, 20),
            "takes one budget, not auto and max_metric",
        ),
        ("gepa", {"track_best_outputs": True}, Shape(5, 20), "Set track_stats=true as well"),
        ("gepa", {"gepa_kwargs": {"run_dir": "x"}}, Shape(5, 20), "takes no run_dir in gepa_kwargs"),
        (
            "gepa",
            {"instruction_proposer": {"skills": "x"}},
            Shape(5, 20),
            "takes no skills in instruction_proposer",
        ),
        ("gepa", {}, Shape(0, 0), "no example"),
        ("simba", {"teacher_settings": {"lm": "x"}}, Shape(5, 20), "run's `teacher`"),
        ("simba", {}, Shape(0, 0), "no example"),
        ("infer_rules", {}, Shape(0, 0), "no example"),
        (
            "bootstrap_optuna",
            {"max_demos": 0, "max_labeled_demos": 0},
            Shape(5, 20),
            "no demo to choose from",
        ),
        ("bootstrap_optuna", {}, Shape(0, 0), "no example"),
        ("knn", {"k": 5}, Shape(2, 3), "looks up 5 examples of 5"),
        ("knn", {"vectorizer": "bert"}, Shape(5, 20), "no vectorizer called bert"),
        ("knn", {}, Shape(5, 20, metric="judge:answer"), "a judge would be paid each time"),
        ("ensemble", {"size": 2}, Shape(5, 20), "Set deterministic=true as well"),
        ("ensemble", {"reduce_fn": "vote"}, Shape(5, 20), "cannot be joined by vote"),
        ("ensemble", {"of": "bootstrap"}, Shape(5, 20), "makes one program only"),
        ("ensemble", {"runs": ["a"]}, Shape(5, 20), "One run is no ensemble"),
        (
            "ensemble",
            {"of": "miprov2", "parameters.num_trials": 5},
            Shape(5, 20),
            "`auto` decides num_trials",
        ),
        ("finetune", {}, Shape(5, 20, model="offline"), "The practice model cannot be trained"),
        ("finetune", {}, Shape(5, 20, model="ollama/x"), "cannot be trained by OpenAI's protocol"),
        ("finetune", {}, Shape(5, 4), "Training takes 10 right answers, and there are 9 examples"),
        ("better_together", {}, Shape(5, 20), "Training takes 10 right answers, and there are 5 examples"),
        ("better_together", {"strategy": "p -> q"}, Shape(20, 20), "Use p and w"),
        ("better_together", {"w": "knn"}, Shape(20, 20), "knn changes how a program runs"),
        ("finetune,better_together", {"w": "copro"}, Shape(5, 4), "Training takes 10 right answers"),
        ("knn,bootstrap", {}, Shape(5, 20), "knn changes how a program runs, so nothing can follow it"),
        ("bootstrap,miprov2", {"num_trials": 5}, Shape(5, 20), "`auto` decides num_trials itself"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_spent(
    name: str, given: dict[str, Any], shape: Shape, message: str
) -> None:
    optimizer = find(name)
    problem = optimizer.problem(parse_parameters(optimizer, given), shape)
    assert problem is not None
    assert message in problem


@pytest.mark.parametrize("optimizer", all_optimizers(), ids=lambda it: it.name)
def test_defaults_work_for_twenty_examples(optimizer: Any) -> None:
    shape = Shape(14, 6) if optimizer.favours == "train" else Shape(6, 14)
    assert optimizer.problem(parse_parameters(optimizer, {}), shape) is None
