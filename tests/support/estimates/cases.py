"""The configurations of the estimates benchmark."""

from typing import Any

from support.estimates.sweep import Case

SIZES = (5, 10, 20, 50, 100)
RATES = (0.2, 0.5, 0.9)
NOISE = 0.25  # share of answers that follow from the prompt; the others follow from the example
QUICK_SIZES, QUICK_RATES = (5, 20), (0.5,)

TURNS: dict[str, Any] = {"strategy": "p -> w", "p_parameters.num_candidate_programs": 2}
SETTINGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("labeled", {}),
    ("labeled", {"k": 3}),
    ("bootstrap", {}),
    ("bootstrap", {"max_bootstrapped_demos": 2, "max_labeled_demos": 0}),
    ("bootstrap", {"max_rounds": 2}),
    ("bootstrap_rs", {"num_candidate_programs": 4}),
    ("bootstrap_rs", {"num_candidate_programs": 6, "max_labeled_demos": 0}),
    ("bootstrap_optuna", {"num_candidate_programs": 6}),
    ("bootstrap_optuna", {"num_candidate_programs": 4, "max_labeled_demos": 0}),
    ("copro", {"breadth": 3, "depth": 2}),
    ("copro", {"breadth": 6, "depth": 1}),
    ("miprov2", {}),
    ("miprov2", {"max_bootstrapped_demos": 0, "max_labeled_demos": 0}),
    ("miprov2", {"auto": "none", "num_candidates": 4, "num_trials": 6, "minibatch": False}),
    ("gepa", {"max_metric_calls": 80}),
    ("gepa", {"max_full_evals": 3, "reflection_minibatch_size": 2}),
    ("gepa", {"max_metric_calls": 60, "component_selector": "all"}),
    ("simba", {"bsize": 6, "max_steps": 3, "num_candidates": 3}),
    ("simba", {"bsize": 4, "max_steps": 4, "num_candidates": 2, "max_demos": 0}),
    ("infer_rules", {"num_candidates": 3}),
    ("infer_rules", {"num_candidates": 2, "max_labeled_demos": 2}),
    ("knn", {}),
    ("ensemble", {"parameters.num_candidate_programs": 4}),
    ("ensemble", {"of": "copro", "parameters.breadth": 3, "parameters.depth": 1, "best": 2}),
    ("finetune", {"training_price": 3.0}),
    ("better_together", {**TURNS, "w": "copro", "w_parameters.breadth": 3, "w_parameters.depth": 1}),
    ("better_together", {**TURNS, "w_parameters.training_price": 3.0}),
    ("bootstrap_rs,copro", {"num_candidate_programs": 2, "breadth": 3, "depth": 1}),
    ("bootstrap,miprov2", {}),
)
JUDGED = (
    "bootstrap_rs",
    "gepa",
    "copro",
    "infer_rules",
)  # with a metric that asks a model, each with its first settings

# The search as it comes, with the sizes DSPy has for it, from some of the examples: these are the large ones.
WHOLE = ("bootstrap_rs", "bootstrap_optuna", "copro", "gepa", "simba", "infer_rules")
WHOLE_SIZES, WHOLE_RATES = (20, 50), (0.5,)


def cases(*, quick: bool) -> list[Case]:
    """Every configuration in which the optimizer works: the smallest first, and last the whole searches."""
    sizes, rates = (QUICK_SIZES, QUICK_RATES) if quick else (SIZES, RATES)
    found = [
        Case(name, tuple(given.items()), n, predictors, success, NOISE, judged)
        for n in sizes
        for predictors in (1, 2)
        for success in rates
        for name, given, judged in settings()
    ]
    whole = [
        Case(name, (), n, predictors, success, NOISE)
        for n in WHOLE_SIZES
        for predictors in (1, 2)
        for success in WHOLE_RATES
        for name in WHOLE
    ]
    return [it for it in found + ([] if quick else whole) if it.works]


def settings() -> list[tuple[str, dict[str, Any], bool]]:
    """Optimizer, parameters, and whether the metric asks a model."""
    first = dict(reversed(SETTINGS))
    plain = [(name, given, False) for name, given in SETTINGS]
    return plain + [(name, first[name], True) for name in JUDGED]
