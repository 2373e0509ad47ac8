import dspy
from lib import FromSource


class Further(FromSource):
    c: str = dspy.OutputField()
