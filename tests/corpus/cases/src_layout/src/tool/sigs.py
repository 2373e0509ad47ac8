import dspy


class InSource(dspy.Signature):
    """In src."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()
