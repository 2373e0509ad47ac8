"""How alike two texts are: stems and 5-grams, weighted by how rare they are among the texts at hand."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\W_]+(?:['’][^\W\d_]+)*")
SCRIPT_WITHOUT_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_EVERYDAY = """
a about above across after again against all almost along already also although always am among an
and another any anyone anything are around as at away be became because become been before began
behind being below beneath between both but by came can could did do does done down during each
either else ever every few first for from full gave get give given go goes got had half has have he
her here him his how however if in into is it its itself just kept last later least less let like
little long many may me might more most much must my near nearly never new next no none nor not now
of off often on once one only onto or other others our out over own part per put rather said same
saw say says second see seen several shall she should since so some soon still such take taken than
that the their them themselves then there these they thing this those though three through thus till
to together too took toward towards two under until up upon us use used very was way we well went
were what when where whether which while who whole whom whose why will with within without would
year years yet you your
"""
EVERYDAY = frozenset(_EVERYDAY.split())
EVERYDAY_WEIGHT = 0.3
NAME_WEIGHT = 0.4  # a name in mid-sentence says more about one text than about its kind
GRAM_WEIGHT = 0.3
GRAM = 5

Bag = Mapping[str, float]


def words(text: str) -> list[str]:
    """The words of a text in order, as written; pairs of characters in scripts without spaces."""
    found: list[str] = []
    for word in WORD.findall(text):
        if SCRIPT_WITHOUT_SPACES.match(word) and len(word) > 1:
            found.extend(word[at : at + 2] for at in range(len(word) - 1))
        else:
            found.append(word)
    return found


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A word without its commonest English endings."""
    word = re.sub(r"['’]s?$", "", word.lower())
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ingly", "edly", "ing", "ed", "ly"):
        if len(word) - len(ending) >= 3 and word.endswith(ending):
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 4 else word


def is_name(text: str, start: int) -> bool:
    """Whether the word that starts there is capitalised in mid-sentence."""
    before = text[:start].rstrip(" \"'“‘(")
    return text[start].isupper() and bool(before) and before[-1] not in ".!?:\n"


@lru_cache(maxsize=16384)
def bag(text: str) -> Bag:
    """The parts of a text: stems, and 5-grams of longer words, by weight."""
    counts: dict[str, float] = defaultdict(float)
    for mark in WORD.finditer(text):
        named = is_name(text, mark.start())
        for word in words(mark[0]):
            weight = EVERYDAY_WEIGHT if word.lower() in EVERYDAY else NAME_WEIGHT if named else 1.0
            for feature, share in parts(word):
                counts[feature] += weight * share
    return {feature: math.sqrt(count) for feature, count in counts.items()}


@lru_cache(maxsize=16384)
def parts(word: str) -> tuple[tuple[str, float], ...]:
    """The features of one word with their shares."""
    root = stem(word)
    if word.lower() in EVERYDAY or len(root) <= GRAM:
        return ((root, 1.0),)
    grams = [f"{root[at : at + GRAM]}~" for at in range(len(root) - GRAM + 1)]
    return ((root, 1.0), *((gram, GRAM_WEIGHT) for gram in grams))


class Space:
    """Texts to compare others with. Features that few of them have weigh more."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        bags = [bag(text) for text in texts]
        having = Counter(feature for each in bags for feature in each)
        self._size = len(texts)
        self._rarity = {feature: math.log(1 + self._size / n) for feature, n in having.items()}
        self._unseen = math.log(1 + self._size / 0.5)
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for index, each in enumerate(bags):
            length = self._length(each) or 1.0
            for feature, weight in each.items():
                self._postings[feature].append((index, weight * self._rarity[feature] / length))

    def similarities(self, text: str) -> list[float]:
        """How alike the text is to each of the space's texts, from 0 to 1."""
        found = [0.0] * self._size
        asked = bag(text)
        length = self._length(asked) or 1.0
        for feature, weight in asked.items():
            for index, other in self._postings.get(feature, ()):
                found[index] += weight * self._rarity[feature] * other / length
        return found

    def _length(self, each: Bag) -> float:
        return math.sqrt(sum((w * self._rarity.get(f, self._unseen)) ** 2 for f, w in each.items()))


@lru_cache(maxsize=256)
def space(texts: tuple[str, ...]) -> Space:
    """The space of these texts, remembered because many questions share their demos."""
    return Space(texts)
