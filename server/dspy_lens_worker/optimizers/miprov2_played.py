"""Plays of MIPROv2: its sets of demos, and the trials that combine them with instructions."""

import random
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from dspy_lens_worker.optimizers.base import Shape
from dspy_lens_worker.optimizers.bootstrap_played import Demos, scan
from dspy_lens_worker.optimizers.miprov2_layout import Layout
from dspy_lens_worker.optimizers.playing import Draws, Play, Sent, means, played, steps_of, winner

AT_RANDOM = 10  # trials, the default program among them, before the search leans on what it knows
LEANING = 0.35  # share of later choices that take what was best so far

Step = tuple[int, int]  # an instruction and a set of demos, by number
Program = tuple[Step, ...]


@lru_cache(maxsize=256)
def play_of(plan: Layout, shape: Shape, labeled: int, batch: int, every: int) -> Play:
    """The means of many plays; a minibatch is a sample of the validation part, and `every` so many come full ones."""

    def once(rng: Draws) -> Play:
        play = Play()
        sent = Sent(play)
        sets = demo_sets(rng, plan, shape, labeled, sent)
        trials: list[Program] = [((0, 0),) * max(1, shape.predictors)]
        full: list[Program] = [*trials]
        best = trials[0]
        whole = range(plan.validation)
        evaluate(sent, trials[0], sets, whole, shape)
        for number in range(1, plan.trials + 1):
            trial = drawn(rng, plan, len(sets), shape, best if number >= AT_RANDOM else None)
            trials.append(trial)
            evaluate(sent, trial, sets, rng.sample(whole, batch) if plan.minibatch else whole, shape)
            best = rng.choice(trials) if rng.random() < 2 / number else best
            if plan.minibatch and (number % every == 0 or number == plan.trials):
                new = [it for it in trials if it not in full]
                if new:
                    full.append(rng.choice(new))
                    evaluate(sent, full[-1], sets, whole, shape)
        tried = list(dict.fromkeys(full if plan.minibatch else trials))
        return finish(play, tried[winner(rng, len(tried), plan.validation, shape.success)], sets, shape)

    size = plan.trials * (batch if plan.minibatch else plan.validation) * max(1, shape.predictors)
    return means(played(once, size + 2 * len(plan.budgets) * min(plan.train, 20)))


def demo_sets(rng: Draws, plan: Layout, shape: Shape, labeled: int, sent: Sent) -> list[Demos]:
    easy = rng.easy(plan.train, shape.success)
    made = [scan(rng, easy, it, labeled, 1, sent, shape) for it in plan.budgets]
    if plan.zero_shot or not plan.sets:
        return [Demos()]
    labels = [Demos(labelled=tuple(rng.sample(range(plan.train), min(labeled, plan.train))))]
    return [Demos(), *(labels if plan.labels_only else []), *made]


def drawn(rng: random.Random, plan: Layout, sets: int, shape: Shape, best: Program | None) -> Program:
    even = tuple(
        (rng.randrange(max(1, plan.instructions)), rng.randrange(sets))
        for _ in range(max(1, shape.predictors))
    )
    if best is None:
        return even
    return tuple(
        (
            known[0] if rng.random() < LEANING else new[0],
            known[1] if rng.random() < LEANING else new[1],
        )
        for known, new in zip(best, even, strict=True)
    )


def evaluate(sent: Sent, program: Program, sets: list[Demos], examples: Iterable[int], shape: Shape) -> None:
    """Each step's prompt hangs on what the steps before it are like."""
    without, _ = steps_of(shape)
    asked = list(examples)
    prefix: tuple[Any, ...] = ()
    for at, (instruction, number) in enumerate(program):
        demos = sets[number].read(shape)
        prefix = (*prefix, instruction, demos.made if at < without else demos)
        made, labelled = len(sets[number].made), len(sets[number].labelled) * (at >= without)
        for it in asked:
            sent((prefix, it), made=made, labelled=labelled, rewritten=float(instruction > 0))


def finish(play: Play, best: Program, sets: list[Demos], shape: Shape) -> Play:
    without, _ = steps_of(shape)
    plain = 0
    shown: list[tuple[int, int, bool]] = []
    for at, (instruction, number) in enumerate(best):
        labelled = sets[number].labelled if at >= without else ()
        if len(shown) == 0 and instruction == 0 and not sets[number].made and not labelled:
            plain += 1
            continue
        shown.append((len(sets[number].made), len(labelled), instruction > 0))
    play.again = plain / len(best)
    others = max(1, len(shown))
    play.result_made = sum(it[0] for it in shown) / others
    play.result_labelled = sum(it[1] for it in shown) / others
    play.result_rewritten = sum(it[2] for it in shown) / others
    return play
