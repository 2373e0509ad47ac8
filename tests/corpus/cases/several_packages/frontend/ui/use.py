import dspy
from .sigs import Question


class More(Question):
    more: int = dspy.OutputField()
