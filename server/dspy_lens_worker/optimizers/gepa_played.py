"""Plays of GEPA: which variants are tried on which examples, until the budget is used up."""

import random
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dspy_lens_worker.optimizers.base import Shape
from dspy_lens_worker.optimizers.playing import VARIES, Play, Sent, means, played

Variant = tuple[Any, ...]  # the instructions of each step: None as they were, else what they were made of


@dataclass(slots=True)
class Search:
    """One play's variants, and which examples each of them gets right."""

    rng: random.Random
    shape: Shape
    play: Play
    sent: Sent
    easy: dict[Any, bool] = field(default_factory=dict)
    right: dict[Any, bool] = field(default_factory=dict)

    def run(self, variant: Variant, example: Any) -> bool:
        """Runs a variant on an example, and says whether it is right."""
        self.play.runs += 1
        self.play.metric += 1
        for at in range(1, len(variant) + 1):
            self.sent((variant[:at], example), rewritten=float(variant[at - 1] is not None))
        rate = self.shape.success
        if (variant, example) not in self.right:
            easy = self.easy.setdefault(example, self.rng.random() < rate)
            varies = self.rng.random() < VARIES
            self.right[variant, example] = self.rng.random() < rate if varies else easy
        return self.right[variant, example]


@lru_cache(maxsize=256)
def play_of(
    shape: Shape, train: int, whole: int, budget: int, batch: int, *, every_step: bool, skip_perfect: bool
) -> Play:
    """The means of many plays."""
    steps = max(1, shape.predictors)

    def once(rng: random.Random) -> Play:
        play = Play()
        search = Search(rng, shape, play, Sent(play))
        variants: list[Variant] = [(None,) * steps]
        scores = [[search.run(variants[0], ("v", it)) for it in range(whole)]]
        asked: set[Any] = set()
        order: list[int] = []
        turn = 0
        while play.runs < budget:
            order = order or padded(rng, train, batch)
            examples, order = order[:batch], order[batch:]
            parent = variants[chosen(rng, scores)]
            before = [search.run(parent, ("t", it)) for it in examples]
            if skip_perfect and all(before):
                continue
            components = range(steps) if every_step else [turn % steps]
            turn += 1
            child = list(parent)
            for at in components:
                child[at] = (parent, at, tuple(examples))
                play.reflections += 1
                play.metric += batch
                play.proposals += child[at] not in asked
                asked.add(child[at])
                play.parents += parent[at] is not None
            after = [search.run(tuple(child), ("t", it)) for it in examples]
            if sum(after) > sum(before):
                variants.append(tuple(child))
                scores.append([search.run(tuple(child), ("v", it)) for it in range(whole)])
        return finish(play, variants[max(range(len(scores)), key=lambda it: sum(scores[it]))])

    return means(played(once, budget * steps + 2 * whole))


def padded(rng: random.Random, train: int, batch: int) -> list[int]:
    """One round of the training examples, filled up so that it comes out even."""
    order = rng.sample(range(train), train)
    return (
        order
        + rng.sample(order, -train % batch if train >= batch else 0)
        + [rng.randrange(train) for _ in range(batch - train)]
    )


def chosen(rng: random.Random, scores: list[list[bool]]) -> int:
    """A variant that is best on some validation example."""
    if len(scores) == 1:
        return 0
    it = rng.randrange(len(scores[0]))
    best = max(score[it] for score in scores)
    return rng.choice([at for at, score in enumerate(scores) if score[it] == best])


def finish(play: Play, best: Variant) -> Play:
    plain = next((at for at, it in enumerate(best) if it is not None), len(best))
    play.again = plain / len(best)
    play.parents /= max(1.0, play.reflections)
    others = max(1, len(best) - plain)
    play.result_rewritten = sum(it is not None for it in best) / others
    return play
