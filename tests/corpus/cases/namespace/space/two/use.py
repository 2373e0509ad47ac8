import dspy
import space.one.sigs
from space.one import sigs
from space.one.sigs import Spaced


class First(Spaced):
    c: str = dspy.OutputField()


class Second(sigs.Spaced):
    c: str = dspy.OutputField(desc="second")


class Third(space.one.sigs.Spaced):
    c: str = dspy.OutputField(desc="third")
