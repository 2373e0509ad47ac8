"""The value of a field, by its kind; always valid, whatever the prompt shows."""

from collections import defaultdict
from typing import Any

from dspy_lens_worker.offline import texts
from dspy_lens_worker.offline.cases import Case, Shown, fits, is_number, number_of
from dspy_lens_worker.offline.choices import choose, choose_several, nearest
from dspy_lens_worker.offline.kinds import Choice, Kind, Listing, Maybe, Number, Record, Row, Table, Text
from dspy_lens_worker.offline.spans import candidates

MINIMAL = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00",
    "time": "00:00:00",
    "duration": "P0D",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "email": "nobody@example.org",
    "uri": "https://example.org/",
}


def value(case: Case, kind: Kind) -> Any:
    """What to answer in a field of this kind."""
    match kind:
        case Choice(options):
            return choose(case, options)
        case Number():
            return number(case, kind)
        case Maybe(inner):
            return optional(case, inner)
        case Listing():
            return listing(case, kind)
        case Record(fields):
            return {
                name: value(case.inside(name, _under(case.shown, name, each)), each) for name, each in fields
            }
        case Row(items):
            return [
                value(case.inside(case.field, _under(case.shown, at, each)), each)
                for at, each in enumerate(items)
            ]
        case Table():
            return _nearest_value(case, {})
        case Text(format) if format in MINIMAL:
            return _nearest_value(case, MINIMAL[format])
        case _:
            return texts.write(case)


def number(case: Case, kind: Number) -> int | float:
    """A number of the input that the demos or notes would copy, else one the nearest demos answer."""
    found = _copied_number(case)
    if found is None and case.shown:
        voted: defaultdict[float, float] = defaultdict(float)
        for index, similarity in nearest(case):
            voted[case.shown[index].value] += similarity
        found = max(voted, key=lambda each: (voted[each], -each)) if voted else case.shown[0].value
    if found is None:
        found = next(iter(_numbers(case)), 0)
    return _bounded(found, kind)


def optional(case: Case, inner: Kind) -> Any:
    """None where the nearest demos say so, else a value."""
    if nearest(case) and choose(_about_none(case), (True, False)):
        return None
    given = tuple(each for each in case.shown if each.value is not None)
    return value(case.inside(case.field, given), inner)


def listing(case: Case, kind: Listing) -> list[Any]:
    """Several values."""
    match kind.item:
        case Choice(options):
            return choose_several(case, options, kind.least)
        case Text(""):
            return list(texts.listed(case, kind.least))
        case item:
            each = tuple(Shown(one.text, one.inputs, v) for one in case.shown for v in one.value[:1])
            return [value(case.inside(case.field, each), item)] * max(1, kind.least)


def _copied_number(case: Case) -> float | None:
    shown = tuple(
        Shown(each.text, each.inputs, _written(each.value)) for each in case.shown if is_number(each.value)
    )
    for text in texts.copy(case.inside(case.field, shown), many=3):
        found = number_of(text)
        if is_number(found):
            return float(found)
    return None


def _numbers(case: Case) -> list[float]:
    found = [number_of(span.text) for span in candidates(case.inputs, plain_words=False)]
    return [float(each) for each in found if is_number(each)]


def _written(found: float) -> str:
    return str(int(found)) if found == int(found) else str(found)


def _bounded(found: float, kind: Number) -> int | float:
    if kind.least is not None:
        found = max(found, kind.least)
    if kind.most is not None:
        found = min(found, kind.most)
    return round(found) if kind.whole else float(found)


def _about_none(case: Case) -> Case:
    return case.inside(case.field, tuple(Shown(s.text, s.inputs, s.value is None) for s in case.shown))


def _under(shown: tuple[Shown, ...], key: Any, kind: Kind) -> tuple[Shown, ...]:
    """The demos of a value within a value; those that lack it, or have another kind there, are left out."""
    found = []
    for each in shown:
        try:
            inner = each.value[key]
        except (KeyError, IndexError, TypeError):
            continue
        if fits(inner, kind):
            found.append(Shown(each.text, each.inputs, inner))
    return tuple(found)


def _nearest_value(case: Case, otherwise: Any) -> Any:
    found = nearest(case, 1)
    return case.shown[found[0][0]].value if found else otherwise
