"""`# dspy-lens: …` above a definition."""

import re
import shlex

from dspy_lens.values.definition import JoinComment, Problem, Span

_MARK = re.compile(r"\s*#\s*dspy-lens:(.*)")
_KEYS = ("examples", "metric", "map", "module")


def comment_above(
    lines: list[str], path: str, starts: tuple[int, ...]
) -> tuple[JoinComment | None, tuple[Problem, ...]]:
    """The join comment right above one of the lines that a definition starts on, and what is wrong in it."""
    for start in starts:
        at = start - 1
        while at > 0 and lines[at - 1].lstrip().startswith("#"):
            if match := _MARK.match(lines[at - 1]):
                span = Span(path, at, at, lines[at - 1].index("#"), len(lines[at - 1]))
                return _comment(match.group(1), span)
            at -= 1
    return None, ()


def _comment(text: str, span: Span) -> tuple[JoinComment, tuple[Problem, ...]]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    given: dict[str, str] = {}
    problems: list[Problem] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key in _KEYS:
            given[key] = value
        else:
            known = ", ".join(f"{it}=…" for it in _KEYS)
            problems.append(Problem(span, "comment", f"“{word}” means nothing to DSPy Lens. Write {known}."))
    pairs = tuple(
        (field.strip(), column.strip())
        for it in given.get("map", "").split(",")
        for column, colon, field in [it.partition(":")]
        if colon
    )
    made = JoinComment(span, given.get("examples"), given.get("metric"), pairs, given.get("module"))
    return made, tuple(problems)
