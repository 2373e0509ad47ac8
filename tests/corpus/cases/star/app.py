from dspy import *
import dspy.signatures as sig


class Starred(Signature):
    """Starred."""

    a: str = InputField(desc="star")
    b: str = OutputField()


predict = Predict("a -> b")


class Program(Module):
    def __init__(self):
        super().__init__()
        self.think = ChainOfThought(Starred)

    def forward(self, a: str):
        return self.think(a=a)
