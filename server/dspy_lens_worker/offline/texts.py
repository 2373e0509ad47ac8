"""Free text: a label seen before, a stretch of the input, a demo's answer, or the gist."""

import re
from collections.abc import Sequence

from dspy_lens_worker.offline import notes
from dspy_lens_worker.offline.cases import Case
from dspy_lens_worker.offline.choices import NEIGHBOURS, choose, nearest
from dspy_lens_worker.offline.spans import candidates, habit, is_inside

SAME_QUESTION = 0.45  # similarity from which a demo's own answer is given
LABEL_WORDS = 5
USUAL_LENGTH = 12
LENGTH = re.compile(r"(?:about|around|at most|up to|under|exactly|in|than|maximum of) (\d{1,3})[ -]words?")


def write(case: Case) -> str:
    """What to say in a field of free text."""
    labels = seen_labels(case)
    if labels:
        return str(choose(case, labels))
    copied = copy(case, many=1)
    if copied:
        return copied[0]
    found = nearest(case, 1)
    if found and found[0][1] >= SAME_QUESTION:
        return str(case.shown[found[0][0]].value)
    return gist(case)


def seen_labels(case: Case) -> tuple[str, ...]:
    """The answers to choose among, where the examples or notes show that the field holds a label."""
    noted = notes.read(case.advice).answers(case.field)
    shown = [value for value in (str(each.value) for each in case.shown) if value]
    if not noted and not are_labels(shown, [each.inputs for each in case.shown]):
        return ()
    return tuple(dict.fromkeys([*noted, *shown]))


def are_labels(answers: Sequence[str], inputs: Sequence[Sequence[str]]) -> bool:
    """Whether answers are few, short, and not taken from their inputs."""
    if len(answers) < 3 or any(len(answer.split()) > LABEL_WORDS for answer in answers):
        return False
    copied = sum(is_inside(answer, texts) for answer, texts in zip(answers, inputs, strict=True))
    return copied < len(answers) / 2 and len(set(answers)) <= max(2, 0.75 * len(answers))


def copy(case: Case, many: int) -> list[str]:
    """The stretches of the input that the demos or notes would copy, best first."""
    advised = notes.read(case.advice).copying(case.field)
    examples = tuple((each.inputs, _answers(each.value)) for each in case.shown)
    inside = [all(is_inside(answer, inputs) for answer in answers) for inputs, answers in examples if answers]
    if not advised and (not inside or sum(inside) < len(inside) / 2):
        return []
    plain_words = _copies_plain_words(examples) or bool(advised and advised.plain)
    learned = habit(examples, plain_words)
    found = candidates(case.inputs, plain_words)
    score = {span: learned.score(span) + (advised.score(span) if advised else 0) for span in found}
    ranked = sorted(found, key=lambda span: score[span] + case.draws.jitter(0.3), reverse=True)
    return list(dict.fromkeys(span.text for span in ranked))[:many]


def listed(case: Case, least: int) -> list[str]:
    """Several texts: labels seen before or stretches of the input, as many as the nearest demos give."""
    sizes = [len(case.shown[index].value) for index, _ in nearest(case, NEIGHBOURS)]
    size = max(least, round(sum(sizes) / len(sizes)) if sizes else 0)
    copied = copy(case, size)
    if copied or sizes:
        return copied or [str(item) for item in case.shown[nearest(case, 1)[0][0]].value]
    return names(case)[: max(least, 3)] or [gist(case)][:least]


def names(case: Case) -> list[str]:
    """The capitalised stretches of the input."""
    found = [span.text for span in candidates(case.inputs, plain_words=False) if "capitalised" in span.shape]
    return list(dict.fromkeys(found))


def gist(case: Case) -> str:
    """The opening of the longest input, as long as the demos' answers or as the instructions say."""
    text = max(case.inputs, key=len, default="")
    return " ".join(text.split()[: length(case)]).rstrip(" ,;:") or "nothing"


def length(case: Case) -> int:
    """How many words to write."""
    said = LENGTH.search(case.advice)
    if said:
        return max(1, int(said[1]))
    lengths = [len(str(each.value).split()) for each in case.shown]
    return max(1, round(sum(lengths) / len(lengths))) if lengths else USUAL_LENGTH


def _answers(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _copies_plain_words(examples: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]) -> bool:
    answers = [answer for _, each in examples for answer in each]
    plain = sum(answer[:1].islower() for answer in answers)
    return plain > len(answers) / 2
