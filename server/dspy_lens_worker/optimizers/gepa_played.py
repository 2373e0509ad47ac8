"""Plays of GEPA: which variants are tried on which examples, until the budget is used up."""

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dspy_lens_worker.optimizers.base import Shape
from dspy_lens_worker.optimizers.playing import Draws, Play, Sent, means, played

Variant = tuple[Any, ...]  # the instructions of each step: None as they were, else what they were made of


@dataclass(slots=True)
class Search:
    """One play's variants, and which examples each of them gets right."""

    rng: random.Random
    shape: Shape
    play: Play
    sent: Sent
    easy: dict[Any, bool]

    def run(self, variant: Variant, example: Any) -> bool:
        """Runs a variant on an example, and says whether it is right."""
        self.play.runs += 1
        self.play.metric += 1
        for at in range(1, len(variant) + 1):
            self.sent((variant[:at], example), rewritten=float(variant[at - 1] is not None))
        return self.sent.right((variant, example), self.easy[example], self.rng, self.shape.success)


@lru_cache(maxsize=256)
def play_of(
    shape: Shape, train: int, whole: int, budget: int, batch: int, *, every_step: bool, skip_perfect: bool
) -> Play:
    """The means of many plays."""
    steps = max(1, shape.predictors)

    def once(rng: Draws) -> Play:
        play = Play()
        easy = {("t", at): it for at, it in enumerate(rng.easy(train, shape.success))}
        easy |= {("v", at): rng.random() < shape.success for at in range(whole)}
        search = Search(rng, shape, play, Sent(play), easy)
        variants: list[Variant] = [(None,) * steps]
        scores = [[search.run(variants[0], ("v", it)) for it in range(whole)]]
        asked: set[Any] = set()
        order: list[int] = []
        turns = [0]  # which step of each variant is rewritten next
        parents = [0]
        while play.runs < budget:
            order = order or padded(rng, train, batch)
            examples, order = order[:batch], order[batch:]
            at = rng.choice(parents)
            parent = variants[at]
            before = [search.run(parent, ("t", it)) for it in examples]
            if skip_perfect and all(before):
                continue
            rewritten = range(steps) if every_step else [turns[at] % steps]
            turns[at] += 1
            child = list(parent)
            for step in rewritten:
                child[step] = (parent, step, tuple(examples))
                play.reflections += 1
                play.metric += batch
                play.proposals += child[step] not in asked
                asked.add(child[step])
                play.parents += parent[step] is not None
            after = [search.run(tuple(child), ("t", it)) for it in examples]
            if sum(after) > sum(before):
                variants.append(tuple(child))
                turns.append(turns[at])
                scores.append([search.run(tuple(child), ("v", it)) for it in range(whole)])
                parents = worth_improving(scores)
        return finish(play, variants[max(range(len(scores)), key=lambda it: sum(scores[it]))])

    return means(played(once, budget * steps + 2 * whole))


def padded(rng: random.Random, train: int, batch: int) -> list[int]:
    """One round of the training examples, filled up from its end so that it comes out even."""
    order = rng.sample(range(train), train)
    return order + [order[-1 - it % train] for it in range(-train % batch)]


def worth_improving(scores: list[list[bool]]) -> list[int]:
    """The variants that are best on a validation example, once for each of these.

    Variants without which each example still has one of its best are left out, the worse ones first.
    """
    tops = [max(every) for every in zip(*scores, strict=True)]
    fronts = [{at for at, it in enumerate(scores) if it[example] == top} for example, top in enumerate(tops)]
    kept: set[int] = set().union(*fronts)
    for at in sorted(kept, key=lambda it: sum(scores[it])):
        if all(len(front & kept) > 1 for front in fronts if at in front):
            kept.discard(at)
    return [at for front in fronts for at in sorted(front & kept)]


def finish(play: Play, best: Variant) -> Play:
    plain = next((at for at, it in enumerate(best) if it is not None), len(best))
    play.again = plain / len(best)
    play.parents /= max(1.0, play.reflections)
    others = max(1, len(best) - plain)
    play.result_rewritten = sum(it is not None for it in best) / others
    return play
