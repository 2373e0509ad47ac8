import inspect
from inspect import Signature

import dspy
import pydantic
import signature
from signature import InputField, OutputField


class NotOne(signature.Signature):
    a: str = OutputField(desc="no")


class NorThis(Signature):
    pass


class Record(pydantic.BaseModel):
    said: str = dspy.InputField(desc="a field of a record")


def einsum(text, *args):
    return text


class Example:
    def __init__(self, **kwargs):
        pass


class Predict:
    def __init__(self, text):
        pass


shape = einsum("ij, jk -> ik", 1, 2)
strategy = "p -> w -> p"
text = """
import dspy
class InText(dspy.Signature):
    a: str = dspy.InputField()
p = dspy.Predict("a -> b")
"""
predict = Predict("a -> b")
example = Example(question="q", answer="a")
