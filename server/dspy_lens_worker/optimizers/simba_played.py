"""Plays of SIMBA: which programs answer which examples, and what is learnt from the difference."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dspy_lens_worker.optimizers.base import Shape
from dspy_lens_worker.optimizers.playing import Draws, Play, Sent, means, played

Content = tuple[tuple[Any, ...], tuple[Any, ...]]  # rules and demos, which tell programs apart
PLAIN: Content = ((), ())


@dataclass(slots=True)
class Pool:
    """One play's programs, with the scores they had so far."""

    rng: random.Random
    shape: Shape
    sent: Sent
    easy: list[bool]
    programs: list[Content] = field(default_factory=lambda: [PLAIN])
    scores: list[list[bool]] = field(default_factory=lambda: [[]])
    advice: set[Any] = field(default_factory=set)

    def run(self, content: Content, example: int, rollout: int | None) -> bool:
        rules, demos = content
        key = (content, example, rollout)
        self.sent(key, max(1, self.shape.predictors), made=len(demos), rewritten=float(len(rules)))
        return self.sent.right(key, self.easy[example], self.rng, self.shape.success)

    def mean(self, at: int) -> float:
        scores = self.scores[at]
        return sum(scores) / len(scores) if scores else 0.0

    def best(self, most: int) -> list[int]:
        """The best programs, the first one always among them."""
        ordered = sorted(range(len(self.programs)), key=self.mean, reverse=True)[:most]
        return ordered if 0 in ordered else [*ordered[:-1], 0]

    def drawn(self, among: Sequence[int], temperature: float, times: int) -> list[int]:
        weights = [math.exp(self.mean(it) / temperature) for it in among]
        return self.rng.choices(among, weights, k=times)


@lru_cache(maxsize=256)
def play_of(
    shape: Shape, n: int, batch: int, candidates: int, steps: int, most_demos: int,
    sampling: float, developing: float,
) -> Play:  # fmt: skip
    """The means of many plays."""

    def once(rng: Draws) -> Play:
        play = Play()
        pool = Pool(rng, shape, Sent(play), rng.easy(n, shape.success))
        winners = [PLAIN]
        order: list[int] = []
        for _ in range(steps):
            order = order if len(order) >= batch else rng.sample(range(n), n)
            examples, order = order[:batch], order[batch:]
            buckets = sampled(pool, examples, candidates, sampling)
            new = [
                learnt(pool, it, play, most_demos, candidates, developing) for it in buckets[: candidates + 1]
            ]
            scores = [[pool.run(it, example, None) for example in examples] for it in new]
            winners.append(new[max(range(len(new)), key=lambda it: sum(scores[it]))])
            pool.programs += new
            pool.scores += scores
        picked = dict.fromkeys(round(it * steps / candidates) for it in range(candidates + 1))
        finals = [winners[it] for it in picked]
        totals = [sum(pool.run(it, example, None) for example in range(n)) for it in finals]
        return finish(play, finals[totals.index(max(totals))])

    return means(played(once, 3 * steps * batch * (2 * candidates + 1)))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to an example, and which prompt it is to."""

    right: bool
    asked: tuple[Content, int]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Answers to one example, the right ones first, and what counts as good or bad in its batch."""

    example: int
    answers: tuple[Answer, ...]
    low: float
    high: float

    @property
    def good(self) -> Answer:
        return self.answers[0]

    @property
    def bad(self) -> Answer:
        return self.answers[-1]

    @property
    def order(self) -> tuple[float, float, float]:
        mean = sum(it.right for it in self.answers) / len(self.answers)
        return self.good.right - self.bad.right, float(self.good.right), self.good.right - mean


def sampled(pool: Pool, examples: Sequence[int], times: int, temperature: float) -> list[Bucket]:
    """Several answers to each example, by programs that did well so far; the most telling ones first."""
    top = pool.best(times)
    answers: dict[int, list[Answer]] = {it: [] for it in examples}
    for rollout in range(times):
        for example, program in zip(examples, pool.drawn(top, temperature, len(examples)), strict=True):
            asked = pool.programs[program], rollout
            answers[example].append(Answer(pool.run(asked[0], example, rollout), asked))
    every = sorted(it.right for given in answers.values() for it in given)
    low, high = every[int(0.1 * (len(every) - 1))], every[math.ceil(0.9 * (len(every) - 1))]
    buckets = [
        Bucket(example, tuple(sorted(given, key=lambda it: not it.right)), low, high)
        for example, given in answers.items()
    ]
    return sorted(buckets, key=lambda it: it.order, reverse=True)


def learnt(
    pool: Pool, bucket: Bucket, play: Play, most_demos: int, candidates: int, temperature: float
) -> Content:
    """A program that was developed further: some demos fewer, and a demo or a rule more."""
    rng = pool.rng
    rules, demos = pool.programs[pool.drawn(pool.best(candidates), temperature, 1)[0]]
    most = most_demos or 3
    dropped = min(len(demos), max(poisson(rng, len(demos) / most), int(len(demos) >= most)))
    gone = {rng.randrange(len(demos)) for _ in range(dropped)}
    demos = tuple(it for at, it in enumerate(demos) if at not in gone)
    good, bad = bucket.good, bucket.bad
    if most_demos and rng.random() < 0.5:
        return (rules, (*demos, bucket.example)) if good.right > bucket.low else (rules, demos)
    if good.right <= bucket.low or bad.right >= bucket.high:
        return rules, demos
    play.reflections += 1
    # Bare answers that are right or wrong look the same whoever gave them, and the cache has the advice.
    bare = pool.shape.alike and pool.shape.predictors == 1
    rule = (rules, bucket.example) if bare else (rules, bucket.example, good.asked, bad.asked)
    play.proposals += rule not in pool.advice
    pool.advice.add(rule)
    return (*rules, rule), demos


def poisson(rng: random.Random, mean: float) -> int:
    """Knuth's way; `mean` is small."""
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def finish(play: Play, best: Content) -> Play:
    rules, demos = best
    play.again = float(best == PLAIN)
    play.result_made, play.result_rewritten = float(len(demos)), float(len(rules))
    return play
