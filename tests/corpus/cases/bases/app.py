import dspy

import shared
from shared import Root
from shared.base import Mixin as M


class Child(Root):
    question: str = dspy.InputField()
    answer: str = dspy.OutputField()


class Grandchild(Child):
    """Own instructions."""

    question: str = dspy.InputField(desc="redefined")
    extra: int = dspy.OutputField()


class Both(Child, M):
    pass


class Other(M, shared.Root):
    verdict: bool = dspy.OutputField()


class Overridden(Grandchild):
    __doc__ = "Set by name."
    extra: str = dspy.OutputField(desc="now text")
