import dspy


class Question(dspy.Signature):
    """Frontend."""

    label: str = dspy.InputField()
    text: str = dspy.OutputField()
