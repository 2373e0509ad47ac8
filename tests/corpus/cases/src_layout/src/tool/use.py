import dspy
from tool.sigs import InSource


class Further(InSource):
    c: str = dspy.OutputField()
