"""MIPROv2 with two of its faults mended: it gives up late without optuna, and with few combinations."""

from typing import Any


def guarded_miprov2() -> Any:
    """DSPy's class. Raises ImportError before anything is spent where optuna is missing."""
    import optuna  # noqa: F401 - DSPy itself looks for it only after two thirds of the spending.
    from dspy.teleprompt import MIPROv2

    class GuardedMIPROv2(MIPROv2):  # type: ignore[misc]
        def _perform_full_evaluation(
            self,
            trial_num: int,
            adjusted_num_trials: int,
            param_score_dict: dict[str, Any],
            fully_evaled_param_combos: dict[str, Any],
            evaluate: Any,
            valset: list[Any],
            trial_logs: dict[int, Any],
            total_eval_calls: int,
            score_data: Any,
            best_score: float,
            best_program: Any,
            *others: Any,
        ) -> Any:
            # Where every combination that was tried has had its full evaluation, DSPy raises in mid-run.
            if all(it in fully_evaled_param_combos for it in param_score_dict):
                return best_score, best_program, total_eval_calls
            return super()._perform_full_evaluation(
                trial_num, adjusted_num_trials, param_score_dict, fully_evaled_param_combos, evaluate,
                valset, trial_logs, total_eval_calls, score_data, best_score, best_program, *others,
            )  # fmt: skip

    return GuardedMIPROv2
