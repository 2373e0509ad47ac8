"""The built-in metrics: how alike a label and an answer are, from 0 to 1. Only labelled outputs count."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dspy_lens_worker.plain import plain

Compare = Callable[[Any, Any], float]
Ask = Callable[[str | None], float]
"""Asks the judge about one output, or about all of them; how right it finds the answer, from 0 to 1."""

TOLERANCE = 1e-9
JUDGE = "judge"
PLUS = re.compile(r"(?<![eE*])\s*\+\s*")  # between terms; not the one of an exponent


class UnknownMetric(ValueError):
    """The text names no metric; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Term:
    """One built-in metric with its weight: how to compare, and the one field, or None for all labelled."""

    weight: float
    compare: Compare
    field: str | None
    all_or_nothing: bool

    def score(self, labels: Mapping[str, Any], answer: Any, ask: Ask) -> float:
        names = [self.field] if self.field is not None else list(labels)
        missing = [it for it in names if it not in labels]
        if missing or not names:
            raise ValueError(f"the example has no label for {missing[0] if missing else 'any output'}")
        scores = [self.compare(labels[it], value_of(answer, it)) for it in names]
        return float(min(scores)) if self.all_or_nothing else sum(scores) / len(scores)


@dataclass(frozen=True, slots=True)
class Judged:
    """A model's opinion with its weight: on the one field, or on the whole answer. It needs no label."""

    weight: float
    field: str | None

    def score(self, labels: Mapping[str, Any], answer: Any, ask: Ask) -> float:
        return ask(self.field)


Terms = tuple[Term | Judged, ...]


def no_judge(field: str | None) -> float:
    raise ValueError("there is no judge to ask")


def parse(text: str) -> Terms | None:
    """The built-in metric that a text names, `0.7*exact:label + 0.3*f1:reason`; None when it names none."""
    terms = [_term(part.strip()) for part in PLUS.split(text)]
    if all(it is None for it in terms):
        return None
    found = [it for it in terms if it is not None]
    if len(found) < len(terms):
        raise UnknownMetric(f"{text!r} mixes built-in metrics with others. Use built-in ones: {names()}.")
    return tuple(found)


def score(
    terms: Sequence[Term | Judged], labels: Mapping[str, Any], answer: Any, ask: Ask = no_judge
) -> float:
    """The weighted mean of the terms."""
    total = sum(it.weight for it in terms)
    return sum(it.weight * it.score(labels, answer, ask) for it in terms) / total


def names() -> str:
    return ", ".join([*COMPARE, "numeric:0.01", f"{JUDGE}:field"])


def _term(text: str) -> Term | Judged | None:
    weight, star, rest = text.partition("*")
    amount = number(weight) if star else 1.0
    name, _, arguments = (rest if star else text).strip().partition(":")
    if amount is None or (name not in COMPARE and name not in ("numeric", JUDGE)):
        return None
    if amount <= 0:
        raise UnknownMetric(f"The weight in {text!r} is not above 0. Use a positive one.")
    if name == "numeric":
        return _numeric(amount, arguments)
    if name == JUDGE:
        return Judged(amount, arguments or None)
    return Term(amount, COMPARE[name], arguments or None, all_or_nothing=name in ("exact", "normalized"))


def _numeric(weight: float, arguments: str) -> Term:
    first, _, rest = arguments.partition(":")
    tolerance = number(first)
    field = arguments if tolerance is None else rest

    def near(label: Any, answer: Any) -> float:
        wanted, given = number(label), number(answer)
        return float(None not in (wanted, given) and abs(wanted - given) <= (tolerance or TOLERANCE))  # type: ignore[operator]

    return Term(weight, near, field or None, all_or_nothing=True)


def exact(label: Any, answer: Any) -> float:
    """1 when they are the same, as values or as the text that a data file would hold."""
    label, answer = plain(label), plain(answer)
    if label == answer or text_of(label) == text_of(answer):
        return 1.0
    wanted, given = number(label), number(answer)
    return float(wanted is not None and wanted == given)


def normalized(label: Any, answer: Any) -> float:
    """1 when they are the same but for case, punctuation, articles and spaces."""
    from dspy.evaluate.metrics import normalize_text

    return float(normalize_text(text_of(label)) == normalize_text(text_of(answer)))


def f1(label: Any, answer: Any) -> float:
    """The harmonic mean of precision and recall over words."""
    from dspy.evaluate.metrics import f1_score, normalize_text

    wanted, given = text_of(label), text_of(answer)
    if not normalize_text(wanted) or not normalize_text(given):
        return float(normalize_text(wanted) == normalize_text(given))
    return float(f1_score(given, wanted))


def contains(label: Any, answer: Any) -> float:
    """1 when the answer holds the label, whatever the case; of several labels, the share that it holds."""
    wanted = items(label) if isinstance(label, list | tuple | set) else {text_of(label)}
    given = text_of(answer).casefold()
    return sum(it.casefold() in given for it in wanted) / len(wanted) if wanted else 1.0


def overlap(label: Any, answer: Any) -> float:
    """How much two collections share, of all that either holds."""
    wanted, given = items(label), items(answer)
    return len(wanted & given) / len(wanted | given) if wanted | given else 1.0


def fields(label: Any, answer: Any) -> float:
    """The share of a structured label that the answer has: field by field, item by item, all the way down.

    Items of a list are compared place by place, and those that either has more of are wrong.
    """
    label, answer = plain(label), plain(answer)
    match label:
        case Mapping() if label:
            record = answer if isinstance(answer, Mapping) else {}
            return sum(fields(it, record.get(key)) for key, it in label.items()) / len(label)
        case list() if label:
            items = answer if isinstance(answer, list) else []
            pairs = zip(label, items, strict=False)
            return sum(fields(a, b) for a, b in pairs) / max(len(label), len(items))
    return exact(label, answer)


COMPARE: dict[str, Compare] = {
    "exact": exact,
    "normalized": normalized,
    "f1": f1,
    "contains": contains,
    "overlap": overlap,
    "fields": fields,
}


def value_of(answer: Any, name: str) -> Any:
    return answer.get(name) if isinstance(answer, Mapping) else getattr(answer, name, None)


def text_of(value: Any) -> str:
    value = plain(value)
    if isinstance(value, bool):
        return str(value).lower()
    text = "" if value is None else str(value).strip()
    return text.lower() if text in ("True", "False") else text


def items(value: Any) -> set[str]:
    if isinstance(value, str):
        return {it.strip().casefold() for it in value.replace(";", ",").split(",") if it.strip()}
    return (
        {text_of(it).casefold() for it in value}
        if isinstance(value, list | tuple | set)
        else {text_of(value)}
    )


def number(value: Any) -> float | None:
    """The number that a value is or spells; None when it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(str(value).strip().replace(",", ""))
    except ValueError:
        return None
