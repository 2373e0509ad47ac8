import lib
from lib import InputField, OutputField, Signature, dspy as d


class A(Signature):
    """A."""

    x: str = InputField()
    y: str = OutputField()


class B(lib.Signature):
    """B."""

    x: str = lib.InputField(desc="in")
    y: str = lib.OutputField()


class C(lib.dspy.Signature):
    """C."""

    x: str = lib.dspy.InputField()
    y: str = d.OutputField()


p = d.Predict("x -> y")
