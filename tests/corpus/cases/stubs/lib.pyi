import dspy

class FromSource(dspy.Signature):
    a: str
    b: str
