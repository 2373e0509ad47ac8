"""The search of BootstrapFewShotWithOptuna, seeded, and sound where a step has no demo to choose."""

from collections.abc import Callable
from typing import Any

from dspy_lens_worker.optimizers.bootstrap_keeping import keeping_bootstrap


def guarded_optuna(keep: Callable[[Any], None], seed: int) -> Any:
    """DSPy's class. Raises ImportError before anything is spent where optuna is missing."""
    import optuna
    from dspy.evaluate.evaluate import Evaluate
    from dspy.teleprompt.teleprompt_optuna import BootstrapFewShotWithOptuna

    class GuardedOptuna(BootstrapFewShotWithOptuna):  # type: ignore[misc]
        def compile(
            self, student: Any, *, max_demos: int, trainset: list[Any], valset: list[Any] | None = None
        ) -> Any:
            """As DSPy's, with a seed for the search: without it, no run could be taken up again."""
            bootstrap = keeping_bootstrap(keep)(
                metric=self.metric,
                max_bootstrapped_demos=max_demos,
                max_labeled_demos=self.max_labeled_demos,
                teacher_settings=self.teacher_settings,
                max_rounds=self.max_rounds,
            )
            self.student = student.reset_copy()
            self.evaluate = Evaluate(
                devset=valset or trainset, metric=self.metric, num_threads=self.num_threads
            )
            self.compiled_teleprompter = bootstrap.compile(student, trainset=trainset)
            self.programs: dict[int, Any] = {}
            study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
            study.optimize(self.objective, n_trials=self.num_candidate_sets)
            return self.programs[study.best_trial.number]

        def objective(self, trial: Any) -> float:
            program = self.student.deepcopy()
            steps = zip(self.compiled_teleprompter.named_predictors(), program.predictors(), strict=True)
            for (name, compiled), predictor in steps:
                if compiled.demos:
                    chosen = trial.suggest_int(f"demo_index_for_{name}", 0, len(compiled.demos) - 1)
                    predictor.demos = [compiled.demos[chosen]]
            self.programs[trial.number] = program
            return float(self.evaluate(program).score)

    return GuardedOptuna
