"""What would mend a problem, where that is certain: edits of the text that it was found in."""

from dspy_lens.source.fixes.examples import EXAMPLES
from dspy_lens.source.fixes.fix import Fix
from dspy_lens.source.fixes.metrics import METRIC_FIXES
from dspy_lens.source.fixes.python import PYTHON_FIXES
from dspy_lens.source.fixes.settings import SETTINGS
from dspy_lens.values.definition import Problem

__all__ = ["FIXABLE", "Fix", "fixes"]

_ALL = {**PYTHON_FIXES, **METRIC_FIXES, **EXAMPLES, **SETTINGS}
FIXABLE = frozenset(_ALL)
"""Codes that some problems can be mended for by an edit."""


def fixes(problem: Problem, text: str) -> tuple[Fix, ...]:
    """The fixes of a problem in the text (a file's, or a cell's) that it was found in; none where the text moved on."""
    made = _ALL.get(problem.code)
    return tuple(made(problem, text)) if made is not None else ()
