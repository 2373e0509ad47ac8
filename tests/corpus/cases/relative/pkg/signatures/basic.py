import dspy


class Basic(dspy.Signature):
    """Basic."""

    text: str = dspy.InputField()
    label: str = dspy.OutputField()
