import sys

import dspy

VERBOSE = True
TRACE = False


class Conditional(dspy.Signature):
    """Conditional."""

    a: str = dspy.InputField()
    if VERBOSE:
        detail: str = dspy.OutputField(desc="long")
    else:
        detail: str = dspy.OutputField(desc="short")
    if TRACE:
        trace: str = dspy.OutputField()
    if sys.version_info >= (3, 9):
        modern: str = dspy.OutputField()
    else:
        old: str = dspy.OutputField()
    if not TRACE:
        plain: str = dspy.OutputField()
    b: str = dspy.OutputField()
