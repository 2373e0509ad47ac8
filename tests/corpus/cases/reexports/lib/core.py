import dspy
from dspy import InputField, OutputField

Sig = dspy.Signature
__all__ = ["InputField", "OutputField", "Sig"]
