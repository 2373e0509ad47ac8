"""Which metric a target has: the one that is named, or exact match where all outputs can be compared by it."""

import difflib
import re
from collections.abc import Sequence

from dspy_lens.source.annotations import annotation
from dspy_lens.source.python import Project
from dspy_lens.values.definition import Field, Problem, Severity, Span
from dspy_lens.values.target import Metric

BUILT_IN = ("exact", "normalized", "f1", "contains", "numeric", "overlap", "fields", "judge")
JUDGE = "judge"
PLUS = re.compile(r"(?<![eE*])\s*\+\s*")  # between terms; not the one of an exponent

TERM = re.compile(r"(?:[\d.]+\s*\*\s*)?(?P<name>[A-Za-z]\w*)(?::(?P<number>\d[\d.e-]*))?(?::(?P<field>\w+))?")
FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


def named_metric(
    name: str, rule: str, place: Span, outputs: Sequence[Field], project: Project
) -> tuple[Metric | None, tuple[Problem, ...]]:
    """A built-in metric, or the user's own function; a name that is neither is a problem where it stands."""
    terms = terms_of(name)
    if all(it and it["name"] in BUILT_IN for it in terms):
        wrong = [_unknown_field(it["field"], outputs) for it in terms if it and it["field"]]
        problems = [Problem(place, "metric/unknown-field", it, Severity.ERROR) for it in wrong if it]
        return (None, tuple(problems)) if problems else (Metric(name, rule), ())
    if FUNCTION.fullmatch(name):
        pieces = project.function(name)
        if pieces is not None:
            return Metric(name, rule, pieces), ()
        message = f"There is no function {name} in this workspace. Write it, or correct its name."
        return None, (Problem(place, "metric/missing", message, Severity.ERROR),)
    near = difflib.get_close_matches(name.partition(":")[0], BUILT_IN, 1)
    hint = f"Did you mean {near[0]}?" if near else f"Use pkg.mod:function, or {', '.join(BUILT_IN)}."
    message = f"There is no metric called {name}. {hint}"
    return None, (Problem(place, "metric/unknown", message, Severity.ERROR),)


def metric_by_type(outputs: Sequence[Field], labelled: frozenset[str] | None) -> Metric | None:
    """Exact match, when all outputs that are labelled are Literals, bools or numbers; None otherwise.

    `labelled` is None as long as there are no examples: then all outputs count.
    """
    judged = [it for it in outputs if labelled is None or it.name in labelled]
    return (
        Metric("exact", "type") if judged and all(annotation(it.type).comparable for it in judged) else None
    )


def compared(name: str) -> frozenset[str]:
    """The outputs that a built-in metric compares by name; none where it compares whatever is labelled."""
    return frozenset(it["field"] for it in terms_of(name) if it and it["field"] and it["name"] != JUDGE)


def judged(name: str) -> tuple[str | None, ...]:
    """What a built-in metric asks a judge about for one answer: fields, or None for the whole answer."""
    return tuple(it["field"] for it in terms_of(name) if it and it["name"] == JUDGE)


def needs_labels(name: str) -> bool:
    """Whether a built-in metric compares anything with a label; a judge does without."""
    return any(it is None or it["name"] != JUDGE for it in terms_of(name))


def terms_of(name: str) -> list[re.Match[str] | None]:
    return [TERM.fullmatch(it.strip()) for it in PLUS.split(name)]


def _unknown_field(name: str, outputs: Sequence[Field]) -> str | None:
    known = [it.name for it in outputs]
    if not known or name in known:
        return None
    near = difflib.get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"Outputs are {', '.join(known)}."
    return f"The metric compares {name}, which is no output. {hint}"
