import dspy


class Question(dspy.Signature):
    """Backend."""

    question: str = dspy.InputField()
    answer: str = dspy.OutputField()
