import dspy


class Spaced(dspy.Signature):
    """No __init__ anywhere."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField()
