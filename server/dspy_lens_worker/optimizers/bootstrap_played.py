"""Plays of bootstrapping: which prompts its scans and the programs that come of them have."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dspy_lens_worker.optimizers.base import Shape
from dspy_lens_worker.optimizers.playing import Draws, Play, Sent, means, played, steps_of, winner


@dataclass(frozen=True, slots=True)
class Demos:
    """The demos of a program: those it made itself, and labelled ones, by the numbers of their examples."""

    made: tuple[int, ...] = ()
    labelled: tuple[int, ...] = ()

    def read(self, shape: Shape) -> "Demos":
        """As a prompt shows them: where both kinds look the same, only their order counts."""
        return Demos(labelled=self.made + self.labelled) if shape.alike and shape.predictors == 1 else self


def scan(
    rng: random.Random, easy: Sequence[bool], budget: int, labeled: int, rounds: int, sent: Sent, shape: Shape
) -> Demos:
    """One scan for demos in a random order, and the program that comes of it."""
    n = len(easy)
    order = rng.sample(range(n), n)
    teacher = rng.sample(order, min(labeled, n))
    without, labelled_steps = steps_of(shape)
    found: list[int] = []
    for it in order:
        if len(found) >= budget:
            break
        shown = tuple(other for other in teacher if other != it)
        for attempt in range(rounds):
            sent(("scan", it, attempt), without)
            sent(("scan", it, attempt, shown), labelled_steps, labelled=len(shown))
            if sent.right((it, attempt, shown), easy[it], rng, shape.success):
                found.append(it)
                break
    rest = [it for it in order if it not in found]
    return Demos(tuple(found), tuple(rng.sample(rest, max(0, min(labeled - len(found), len(rest))))))


def evaluate(sent: Sent, demos: Demos, examples: int, shape: Shape, key: Any = ()) -> None:
    """A program with these demos on all validation examples; `key` tells programs apart otherwise."""
    without, labelled_steps = steps_of(shape)
    made = len(demos.made)
    sent(("first", key, demos.made), examples * without, made=made)
    sent(("last", key, demos.read(shape)), examples * labelled_steps, made=made, labelled=len(demos.labelled))


def finish(play: Play, best: Demos, shape: Shape) -> Play:
    """Notes what the result is like: a step whose demos are none asks as the student does."""
    without, labelled_steps = steps_of(shape)
    steps = without + labelled_steps
    plain = without * (not best.made) + labelled_steps * (best == Demos() and not best.labelled)
    play.again = plain / steps
    if play.again < 1:
        sent_steps = steps - plain
        play.result_made = len(best.made) * steps / sent_steps if best.made else 0.0
        play.result_labelled = len(best.labelled) * labelled_steps / sent_steps
    return play


@lru_cache(maxsize=256)
def random_search(
    shape: Shape,
    train: int,
    validation: int,
    budgets: Sequence[int],
    labeled: int,
    rounds: int,
    *,
    zero_shot: bool,
    labels_only: bool,
) -> Play:
    """Candidates with demos of one scan each, evaluated in turn."""

    def once(rng: Draws) -> Play:
        play = Play()
        sent = Sent(play)
        easy = rng.easy(train, shape.success)
        candidates = [Demos()] if zero_shot else []
        if labels_only:
            candidates.append(Demos(labelled=tuple(rng.sample(range(train), min(labeled, train)))))
        candidates += [scan(rng, easy, it, labeled, rounds, sent, shape) for it in budgets]
        for it in candidates:
            evaluate(sent, it, validation, shape)
        play.programs = float(len(set(candidates)))
        different = list({it.read(shape): it for it in reversed(candidates)}.values())[::-1]
        return finish(play, different[winner(rng, len(different), validation, shape.success)], shape)

    return means(played(once, 2 * len(budgets) * min(train, 20) + 10))


@lru_cache(maxsize=256)
def one_scan(shape: Shape, n: int, budget: int, labeled: int, rounds: int, evaluations: int = 0) -> Play:
    """One scan, whose program is the result; or is evaluated so often on other examples, each time otherwise."""

    def once(rng: Draws) -> Play:
        play = Play()
        sent = Sent(play)
        best = scan(rng, rng.easy(n, shape.success), budget, labeled, rounds, sent, shape)
        for number in range(evaluations):
            evaluate(sent, best, 1, shape, number)
        return finish(play, best, shape)

    return means(played(once, 2 * min(n, 40) + 10))


@lru_cache(maxsize=256)
def one_demo_each(
    shape: Shape, train: int, validation: int, budget: int, labeled: int, rounds: int, tried: int
) -> Play:
    """A scan, and trials of one of its demos in each step, drawn evenly at first."""
    without, labelled_steps = steps_of(shape)

    def once(rng: Draws) -> Play:
        play = Play()
        sent = Sent(play)
        easy = rng.easy(train, shape.success)
        pool = scan(rng, easy, budget, labeled, rounds, sent, shape)
        choices = [*((it, True) for it in pool.made), *((it, False) for it in pool.labelled)]
        # Each example makes one demo in a pool, so that its number alone tells which.
        trials = []
        for _ in range(tried):
            drawn = [rng.choice(choices) if choices else None for _ in range(without + labelled_steps)]
            trials.append(drawn)
            prefix: tuple[Any, ...] = ()
            for at, it in enumerate(drawn):
                shown = it if it and (it[1] or at >= without) else None
                prefix = (*prefix, shown)
                sent(
                    ("trial", prefix), validation,
                    made=int(bool(shown and shown[1])), labelled=int(bool(shown and not shown[1])),
                )  # fmt: skip
        best = trials[winner(rng, len(trials), validation, shape.success)]
        shown_best = [it if it and (it[1] or at >= without) else None for at, it in enumerate(best)]
        plain = next((at for at, it in enumerate(shown_best) if it), len(shown_best))
        play.again = plain / len(shown_best)
        others = max(1, len(shown_best) - plain)
        play.result_made = sum(bool(it and it[1]) for it in shown_best) / others
        play.result_labelled = sum(bool(it and not it[1]) for it in shown_best) / others
        return play

    return means(played(once, 2 * min(train, 40) + 3 * tried))
