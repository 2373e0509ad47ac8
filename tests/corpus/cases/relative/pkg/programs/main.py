import dspy

from ..signatures import Basic
from ..signatures.basic import Basic as Again
from .. import signatures


class More(Basic):
    reason: str = dspy.OutputField()


class Most(signatures.Basic):
    score: int = dspy.OutputField()


class Program(dspy.Module):
    def __init__(self):
        super().__init__()
        self.label = dspy.Predict(Again)
        self.explain = dspy.ChainOfThought(signatures.basic.Basic)

    def forward(self, text: str):
        return self.label(text=text)
