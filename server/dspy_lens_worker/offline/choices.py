"""Which option fits: votes of the nearest demos, words that instructions tie to it, and its own name."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dspy_lens_worker.offline.cases import Case
from dspy_lens_worker.offline.draws import steady
from dspy_lens_worker.offline.evidence import named_words, strength, tied_words
from dspy_lens_worker.offline.features import bag, space

NEIGHBOURS = 3
SHARPNESS = 1.5
VOTE = 1.0
TIED = 0.08
NAMED = 0.08
CHANCE = 0.01
TIE = 1e-6


def choose(case: Case, options: Sequence[Any]) -> Any:
    """The option with the most evidence."""
    scores = weigh(case, options)
    return options[max(range(len(options)), key=scores.__getitem__)]


def choose_several(case: Case, options: Sequence[Any], least: int) -> list[Any]:
    """As many options as the nearest demos give, the best first; one where there are no demos."""
    sizes = [len(case.shown[index].value) for index, _ in nearest(case)]
    size = max(least, round(sum(sizes) / len(sizes)) if sizes else 1)
    scores = weigh(case, options)
    ranked = sorted(range(len(options)), key=scores.__getitem__, reverse=True)
    return [options[index] for index in ranked[: min(size, len(options))]]


def weigh(case: Case, options: Sequence[Any]) -> list[float]:
    """The evidence for each option."""
    every = tuple(options)
    scores = votes(case, every)
    tied, named = tied_words(case.advice, case.field, every), named_words(every)
    # Long inputs hold more words by chance.
    length = max(1.0, sum(bag(case.text).values()) ** 0.5)
    for index, option in enumerate(every):
        scores[index] += TIED * strength(tied[index], case.text) * 4 / length
        scores[index] += NAMED * strength(named[index], case.text) * 4 / length
        # Ties must not depend on the rest of the prompt, or an irrelevant edit would change answers.
        scores[index] += TIE * steady(case.text, option) + case.draws.jitter(CHANCE)
    return scores


def votes(case: Case, options: tuple[Any, ...]) -> list[float]:
    """What the nearest demos say for each option; a list votes for each of its values."""
    totals: dict[Any, float] = defaultdict(float)
    for index, similarity in nearest(case):
        value = case.shown[index].value
        for each in value if isinstance(value, list) else [value]:
            totals[_key(each)] += similarity**SHARPNESS
    return [VOTE * totals[_key(option)] for option in options]


def nearest(case: Case, many: int = NEIGHBOURS) -> list[tuple[int, float]]:
    """The demos most like the question, with their similarity."""
    if not case.shown:
        return []
    found = space(tuple(each.text for each in case.shown)).similarities(case.text)
    ranked = sorted(enumerate(found), key=lambda pair: (-pair[1], pair[0]))
    return [pair for pair in ranked[:many] if pair[1] > 0]


def _key(value: Any) -> tuple[type, str]:
    """Tells True from 1 and lets unhashable values vote."""
    return type(value), str(value)
