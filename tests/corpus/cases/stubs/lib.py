import dspy


class FromSource(dspy.Signature):
    """The source counts, not its stub."""

    a: str = dspy.InputField()
    b: str = dspy.OutputField(desc="real")
