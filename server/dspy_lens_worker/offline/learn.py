"""Notes on what tells the answers of some examples apart."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from dspy_lens_worker.offline.answers import REASONS
from dspy_lens_worker.offline.cases import NO_VALUE, value_of
from dspy_lens_worker.offline.draws import Draws
from dspy_lens_worker.offline.features import EVERYDAY, NAME_WEIGHT, WORD, is_name, stem
from dspy_lens_worker.offline.kinds import Listing, Text
from dspy_lens_worker.offline.notes import LengthNote, Note, WordsNote, copy_note
from dspy_lens_worker.offline.samples import Sample, names_of
from dspy_lens_worker.offline.spans import candidates, is_inside
from dspy_lens_worker.offline.texts import LABEL_WORDS

LIST = Listing(Text())
WORDS_EACH = 16
JITTER = 0.15


def learn(samples: Sequence[Sample], draws: Draws) -> list[Note]:
    """What these examples show about each of their outputs."""
    found: list[Note] = []
    for field in names_of(samples):
        pairs = [(sample.inputs, sample.outputs[field]) for sample in samples if field in sample.outputs]
        if field not in REASONS:
            found.extend(_about(field, [(inputs, _answers(value)) for inputs, value in pairs], draws))
    return found


def _about(field: str, pairs: list[tuple[tuple[str, ...], list[str]]], draws: Draws) -> Iterator[Note]:
    answers = [answer for _, each in pairs for answer in each]
    copied = sum(is_inside(answer, inputs) for inputs, each in pairs for answer in each)
    if answers and copied > len(answers) / 2:
        before = _words_before(pairs)
        if before:
            yield copy_note(field, answers, before)
    elif answers and all(
        1 <= len(answer.split()) <= LABEL_WORDS + 3 and "\n" not in answer for answer in answers
    ):
        yield from _telling_words(field, pairs, draws)
    elif answers:
        yield LengthNote(field, max(1, round(sum(len(answer.split()) for answer in answers) / len(answers))))


def _telling_words(
    field: str, pairs: list[tuple[tuple[str, ...], list[str]]], draws: Draws
) -> Iterator[WordsNote]:
    """For each answer the words that stand in its examples and not in the others."""
    texts: dict[str, list[str]] = defaultdict(list)
    for inputs, answers in pairs:
        for answer in dict.fromkeys(answers):
            texts[answer].append("\n".join(inputs))
    having = Counter(
        root for inputs, _ in pairs for root in {stem(word) for word, _ in _words("\n".join(inputs))}
    )
    for answer, own in texts.items():
        telling = _ranked(own, having, len(pairs), draws)
        if telling:
            yield WordsNote(field, answer, tuple(telling[:WORDS_EACH]))


def _ranked(own: list[str], having: Counter[str], total: int, draws: Draws) -> list[str]:
    """The words of some texts, the most telling first."""
    inside = Counter(root for text in own for root in {stem(word) for word, _ in _words(text)})
    written: dict[str, tuple[str, float]] = {}
    for text in own:
        for word, weight in _words(text):
            written.setdefault(stem(word), (word.lower(), weight))
    scores = {}
    for root, (_, weight) in written.items():
        elsewhere = (having[root] - inside[root] + 0.5) / (total - len(own) + 1)
        score = (
            weight * math.log(((inside[root] + 0.5) / (len(own) + 1)) / elsewhere)
            if total > len(own)
            else weight
        )
        if score > 0:
            scores[root] = score + draws.jitter(JITTER)
    return [written[root][0] for root in sorted(scores, key=lambda root: -scores[root])]


def _words(text: str) -> Iterator[tuple[str, float]]:
    for mark in WORD.finditer(text):
        word = mark[0]
        if word.lower() not in EVERYDAY and len(word) > 2 and not word.isdigit():
            yield word, NAME_WEIGHT if is_name(text, mark.start()) else 1.0


def _words_before(pairs: Iterable[tuple[tuple[str, ...], list[str]]]) -> list[str]:
    """The words that stand before copied answers, the commonest first."""
    before: Counter[str] = Counter()
    for inputs, answers in pairs:
        wanted = {answer.lower() for answer in answers}
        spans = (span for span in candidates(inputs, plain_words=True) if span.text.lower() in wanted)
        before.update(span.before for span in spans if span.before.isalpha())
    return [word for word, _ in before.most_common(8)]


def _answers(value: object) -> list[str]:
    """The answers in a value; some meta-prompts print lists as text."""
    if isinstance(value, str) and value.startswith("["):
        read = value_of(value, LIST)
        value = value if read is NO_VALUE else read
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
