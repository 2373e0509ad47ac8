"""Which problems are told, and how severely: as the settings say."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from dspy_lens.values.codes import CODES, UNASKED
from dspy_lens.values.definition import Problem, Severity

Switches = Mapping[str, bool | str]
"""By code, or by the group before its `/`: whether it is told, or how severely."""

NAMES = frozenset({*CODES, *(it.partition("/")[0] for it in CODES if "/" in it)})


def told(problem: Problem, switches: Switches) -> Problem | None:
    """The problem as it is to be told; None where it is switched off. A code stands over its group.

    Those that nobody is told unasked are told by their own code alone.
    """
    group = problem.code.partition("/")[0]
    otherwise = False if problem.code in UNASKED else switches.get(group, True)
    said = switches.get(problem.code, otherwise)
    if isinstance(said, str):
        return replace(problem, severity=Severity(said))
    return problem if said else None


def unknown(switches: Iterable[str]) -> Iterator[str]:
    """Switches of problems that there are not."""
    yield from (it for it in switches if it not in NAMES)
