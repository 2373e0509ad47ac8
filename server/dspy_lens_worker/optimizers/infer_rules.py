"""InferRules: demos as BootstrapFewShot makes them, and rules that a model reads out of the examples."""

import random
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field

from dspy_lens_worker.optimizers.base import CallPlan, Figure, Materials, Parameters, Shape
from dspy_lens_worker.optimizers.bootstrap import (
    BootstrapParameters,
    examples_problem,
    student_demos,
    teacher_problem,
)
from dspy_lens_worker.optimizers.bootstrap_played import one_scan
from dspy_lens_worker.optimizers.counting import bootstrap_runs
from dspy_lens_worker.optimizers.playing import with_play
from dspy_lens_worker.optimizers.running import (
    fresh,
    halved,
    model_of,
    number_of,
    only_program,
    ordered,
    teacher_settings,
)

RULES = Figure(20, 98, 500)  # tokens that the rules add to the instructions


class InferRulesParameters(BootstrapParameters):
    """Of `dspy.InferRules`, with those of BootstrapFewShot; its models are those of the run."""

    num_candidates: int = Field(10, ge=1, description="Sets of rules to try; the best on validation is kept.")
    num_rules: int = Field(10, ge=1, description="Rules in a set, as far as the model heeds it.")
    num_threads: int | None = Field(None, ge=1, description="Examples at the same time; default: the run's.")


class InferRules:
    """Reads rules out of the examples, writes them into the instructions, and adds demos."""

    name: ClassVar[str] = "infer_rules"
    aliases: ClassVar[tuple[str, ...]] = ("InferRules",)
    summary: ClassVar[str] = (
        "Reads rules out of the examples, and adds them to the instructions beside demos."
    )
    needs: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[type[Parameters]] = InferRulesParameters
    wants_validation: ClassVar[bool] = True
    favours: ClassVar[Literal["validation", "train"]] = "validation"

    def problem(self, parameters: InferRulesParameters, shape: Shape) -> str | None:
        return teacher_problem(parameters.teacher_settings) or examples_problem(shape)

    def calls(self, parameters: InferRulesParameters, shape: Shape, seed: int) -> CallPlan:
        train, validation = (len(it) for it in halved(range(shape.train), range(shape.validation)))
        bootstrapped, labeled = parameters.max_bootstrapped_demos, parameters.max_labeled_demos
        scan = bootstrap_runs(train, [bootstrapped], shape.success, shape.measured, parameters.max_rounds)
        evaluated = parameters.num_candidates * validation
        runs = scan + Figure.exactly(evaluated)
        share = evaluated / max(1.0, runs.expected)
        plan = CallPlan(
            task=runs.times(shape.calls_per_run),
            prompt=Figure.exactly(parameters.num_candidates * max(1, shape.predictors)),
            prompt_plain_examples=Figure.exactly(train),
            prompt_given=Figure(180, 225, 400),
            prompt_written=Figure(40, 144, 600),
            sequential=scan.times(shape.calls_per_run),
            trials=parameters.num_candidates,
            demos=Figure(0, 1, max(bootstrapped, labeled)),
            result_demos=student_demos(train, bootstrapped, labeled),
            longer=RULES * share,
            result_longer=RULES,
        )
        play = one_scan(shape, train, bootstrapped, labeled, parameters.max_rounds, evaluated)
        # Every set of rules makes other prompts than the student's.
        plan = replace(with_play(plan, play, shape), again=0.0)
        if not shape.practice:
            return plan
        most = shape.calls_per_run.high * (evaluated - validation)  # were all sets of rules the same
        return replace(
            plan, repeated=replace(plan.repeated, high=plan.repeated.high + most), again=None, unchanged=True
        )

    def compile(self, parameters: InferRulesParameters, materials: Materials) -> Any:
        from dspy_lens_worker.optimizers.bootstrap_keeping import keeping_bootstrap
        from dspy_lens_worker.optimizers.infer_rules_guarded import guarded_infer_rules, own_signatures

        given = parameters.model_dump()
        given["teacher_settings"] = teacher_settings(parameters.teacher_settings, materials)
        given["num_threads"] = parameters.num_threads or materials.threads
        optimizer = keeping_bootstrap(materials.keep, guarded_infer_rules())(
            metric=number_of(materials.metric), **given
        )
        # DSPy asks the teacher's model for rules; here the one that writes instructions does.
        induction = optimizer.rules_induction_program
        induction.teacher_settings = {"lm": materials.prompt_model or materials.model}
        induction.rng = random.Random(materials.seed)
        train, validation = halved(ordered(materials.train, materials.seed), materials.validation)
        with model_of(materials):
            compiled = optimizer.compile(
                own_signatures(fresh(materials.student)), trainset=list(train), valset=list(validation)
            )
        return only_program(compiled)
